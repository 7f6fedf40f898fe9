"""Commands of a project's owner."""

from __future__ import annotations

import io
from pathlib import Path

import click
import numpy as np

from market import durable
from market.chain.market import project_id
from market.cli.context import Settings, shared_options
from market.cli.offer import offer_json, show_offer
from market.datasets.table import check_file, read_table
from market.errors import NotFoundError
from market.owner.create import CreatedProject, create_project
from market.project import open_project
from market.specification.amounts import Currency
from market.specification.conditions import is_measured
from market.specification.owner import read_specification
from market.training.evaluation import evaluate

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(
    "create-project",
    epilog="Example: market create-project examples/digits.toml --deposit 1ether --home ./owner",
)
@shared_options
@click.argument("spec", type=FILE)
@click.option(
    "--deposit",
    required=True,
    metavar="AMOUNT",
    help="Budget, as 1ether or 10gwei; as 100token where SPEC names a token.",
)
def create(settings: Settings, spec: Path, deposit: str) -> None:
    """Create the project that SPEC describes, and lock its budget."""
    make = _create_measured if is_measured(spec) else _create_linear
    created, currency = make(settings, spec, deposit)
    how = "deployed now" if created.deployed else "shared with other projects"
    if not settings.output.as_json:
        show_offer(settings.output.results, created, currency)
    settings.output.result(
        f"0x{created.id.hex()}\nverifier {created.verifier}, {how}",
        {
            "project": "0x" + created.id.hex(),
            "verifier": created.verifier,
            "verifier_deployed": created.deployed,
            "offer": offer_json(created),
        },
    )


def _create_linear(settings: Settings, spec: Path, deposit: str) -> tuple[CreatedProject, Currency]:
    # The chain is asked only about a token: other mistakes show without one.
    specification = read_specification(
        spec, lambda token: settings.market(signing=False).currency(token)
    )
    specification.require_chain()
    amount = specification.currency.parse(deposit)
    check_file(specification.validation)
    market, told = settings.market(), settings.output.progress
    with settings.storage() as storage:
        created = create_project(market, storage, settings.home, specification, amount, told)
    return created, specification.currency


def _create_measured(
    settings: Settings, spec: Path, deposit: str
) -> tuple[CreatedProject, Currency]:
    from market.owner.create_measured import create_measured_project
    from market.specification.measured import read_measured

    specification = read_measured(
        spec, lambda token: settings.market(signing=False).currency(token)
    )
    specification.methods.require_proofs()
    amount = specification.currency.parse(deposit)
    market, told = settings.market(), settings.output.progress
    with settings.storage() as storage:
        created = create_measured_project(
            market, storage, settings.home, specification, amount, told
        )
    return created, specification.currency


@click.command(epilog="Example: market fund 0x5c... 0.5ether --home ./sponsor")
@shared_options
@click.argument("project")
@click.argument("amount")
def fund(settings: Settings, project: str, amount: str) -> None:
    """Add AMOUNT to the trainers' budget of PROJECT. Anyone may.

    What the trainers do not earn goes to the project's owner in the end.
    """
    market = settings.market()
    id = project_id(project)
    terms = market.created(id).terms
    currency = market.currency(terms.token)
    units = currency.parse(amount)
    receipt = market.fund(terms, units)
    settings.output.result(
        f"{project} has {currency.show(market.project(id).trainer_budget)} for trainers",
        {
            "project": project,
            "amount_wei": str(units),
            "transaction": "0x" + bytes(receipt["transactionHash"]).hex(),
        },
    )


@click.command(epilog="Example: market cancel 0x5c... --home ./owner")
@shared_options
@click.argument("project")
def cancel(settings: Settings, project: str) -> None:
    """Close PROJECT before anyone has joined; the deposit becomes withdrawable."""
    market = settings.market_of_any_version()
    market.cancel(market.created(project_id(project)).terms)
    settings.output.result(f"{project} is cancelled", {"project": project})


@click.command(
    epilog="Example: market model 0x5c... --out model.npz --test held-out.csv --home ./owner"
)
@shared_options
@click.argument("project")
@click.option("--out", type=FILE, help="Write the weights (F x C, float64) to an .npz file.")
@click.option("--test", type=FILE, help="Measure the accuracy on this data file.")
@click.option(
    "--round",
    "after",
    type=click.IntRange(0, 255),
    help="The model after so many settled rounds, instead of the newest.",
)
def model(
    settings: Settings, project: str, out: Path | None, test: Path | None, after: int | None
) -> None:
    """Fetch PROJECT's newest model, checked against its commitment on chain.

    With --test, the accuracy of every round's model on that file.
    """
    id = project_id(project)
    if test is not None:
        check_file(test)
    market = settings.market(signing=False)
    with settings.storage() as storage:
        opened = open_project(market, storage, id, settings.output.progress)
        versions = [(opened.created.model_cid, opened.terms.model)]
        versions += [(found.model_cid, found.model) for found in market.settled(opened.id)]
        if after is not None and after >= len(versions):
            raise NotFoundError(
                f"{len(versions) - 1} rounds are settled, not {after}", "see `market status`"
            )
        versions = versions if after is None else versions[: after + 1]
        weights = [
            opened.fetch_weights(storage, cid, point)
            for cid, point in (versions if test else versions[-1:])
        ]
    if out is not None:
        buffer = io.BytesIO()
        np.savez(buffer, weights=weights[-1])
        durable.write_bytes(out, buffer.getvalue(), mode=0o644)
    accuracy: list[float] = []
    if test is not None:
        table = read_table(
            test,
            opened.document.features,
            opened.document.classes,
            columns=opened.document.columns,
        )
        rows = opened.document.scaling.design(table.X)
        accuracy = [evaluate(each, rows, table.y) for each in weights]
    settings.output.result(
        f"model {versions[-1][0]} after {len(versions) - 1} rounds"
        + "".join(
            f"\n  {f'after round {n - 1}' if n else 'at the start'}: accuracy {value:.4f}"
            for n, value in enumerate(accuracy)
        ),
        {"model_cid": versions[-1][0], "rounds": len(versions) - 1, "accuracy": accuracy},
    )
