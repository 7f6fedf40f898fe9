"""Commands that use a network that a project bought."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import numpy as np

from market import durable
from market.chain.market import project_id
from market.cli.context import Settings, shared_options
from market.coordinates import Weights
from market.data.read import read_inputs
from market.data.target import Classes
from market.errors import InputError, NotFoundError
from market.local_training.evaluation import outputs_of
from market.measured.lineage import Networks
from market.measured.project import MeasuredProject, open_measured
from market.objectives import Loss
from market.owner.export import FORMS
from market.project import connect_peers

FILE = click.Path(path_type=Path, dir_okay=False)
_ROUND = click.option(
    "--round",
    "after",
    type=click.IntRange(0, 255),
    help="The model after so many settled rounds, instead of the newest.",
)
_READABLE = 0o644


@click.command(
    epilog="Example: market predict 0x5c... --data new-rows.npz --out predictions.csv --home ./owner"
)
@shared_options
@click.argument("project")
@click.option("--data", required=True, metavar="DATA", help="Rows, with labels or without.")
@click.option("--out", type=FILE, required=True, help="A .csv file: a line for each row.")
@_ROUND
def predict(settings: Settings, project: str, data: str, out: Path, after: int | None) -> None:
    """Say what PROJECT's newest network says of rows of your own."""
    with _network(settings, project, after) as (opened, weights):
        rows = read_inputs(data, opened.document.schema)
        outputs = outputs_of(opened.network, weights, rows)
        header, lines = _predictions(opened, outputs)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(lines)
    durable.write_bytes(out, text.getvalue().encode(), mode=_READABLE)
    settings.output.result(
        f"{len(lines)} predictions in {out}", {"rows": len(lines), "out": str(out)}
    )


@click.command("export", epilog="Example: market export 0x5c... --out model.onnx --home ./owner")
@shared_options
@click.argument("project")
@click.option(
    "--out", type=FILE, required=True, help=f"A file that ends in {', '.join(FORMS)}."
)
@_ROUND
def export_command(settings: Settings, project: str, out: Path, after: int | None) -> None:
    """Write PROJECT's newest network for other programs: weights, rows and class names."""
    if out.suffix not in FORMS:
        raise InputError(
            f"{out} ends in none of {', '.join(FORMS)}", "the ending says what is written"
        )
    with _network(settings, project, after) as (opened, weights):
        data = FORMS[out.suffix](opened.network, weights, opened.document)
    durable.write_bytes(out, data, mode=_READABLE)
    settings.output.result(f"{out}, {len(data)} bytes", {"out": str(out), "bytes": len(data)})


@contextmanager
def _network(
    settings: Settings, project: str, after: int | None
) -> Iterator[tuple[MeasuredProject, Weights]]:
    """The project, and its weights after so many rounds, checked against the chain."""
    id, market = project_id(project), settings.market(signing=False)
    with settings.storage() as storage:
        opened = open_measured(market, storage, id, settings.output.progress)
        connect_peers(market, storage, opened.terms.aggregators)
        state = market.project(id)
        if after is not None and after > state.round:
            raise NotFoundError(
                f"{state.round} rounds are settled, not {after}", "see `market status`"
            )
        rounds = state.round if after is None else after
        yield opened, Networks(market, storage, opened).after(state, rounds)


def _predictions(
    opened: MeasuredProject, outputs: np.ndarray[tuple[int, ...], np.dtype[np.float32]]
) -> tuple[list[str], list[list[str]]]:
    """A header and a line for each row.

    Args:
        outputs: (n, C) of the network.
    """
    target, loss = opened.document.schema.target, opened.document.recipe.loss
    names = list(target.names)
    if loss is Loss.CROSS_ENTROPY and isinstance(target, Classes):
        shifted = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        shares = shifted / shifted.sum(axis=1, keepdims=True)
        best = shares.argmax(axis=1)
        return ["prediction", *names], [
            [names[k], *(f"{share:.6g}" for share in row)]
            for k, row in zip(best, shares, strict=True)
        ]
    if loss is Loss.BCE:
        outputs = 1 / (1 + np.exp(-outputs))
    return names, [[f"{value:.6g}" for value in row] for row in outputs]
