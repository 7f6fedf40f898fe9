"""The command of an evaluator, and of an arbiter where models are measured."""

from __future__ import annotations

import click

from market.chain.market import Market, project_id
from market.cli.context import Settings, shared_options
from market.data.read import read
from market.data.rows import Rows
from market.errors import InputError
from market.evaluator.bench import Bench
from market.evaluator.service import EvaluatorService
from market.exclusive import exclusive
from market.identity import encryption_key
from market.measured.lineage import Networks
from market.measured.project import MAX_MODEL_BYTES, MeasuredProject, open_measured
from market.measured.rows import unpack_rows
from market.project import connect_peers
from market.storage.base import Storage
from market.storage.envelope import open_envelope
from market.training.linear import pick_device

FETCH_SECONDS = 300.0


@click.command(
    "evaluate", epilog="Example: market evaluate 0x5c... --data validation.npz --home ./owner"
)
@shared_options
@click.argument("project")
@click.option(
    "--data",
    metavar="DATA",
    help="The validation rows, as the owner has them.  [default: as they were sealed to you]",
)
@click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda.")
def evaluate_command(settings: Settings, project: str, data: str | None, device: str) -> None:
    """Measure PROJECT's models until it is closed, as its evaluator or arbiter."""
    id = project_id(project)
    chosen = pick_device(device)
    market = settings.market()
    lock = settings.home / "measurements" / id.hex() / "lock"
    with exclusive(lock, "`market evaluate` for this project"), settings.storage() as storage:
        progress = settings.output.progress
        opened = open_measured(market, storage, id, progress)
        if data is not None:
            rows = read(data, opened.document.schema)
        else:
            rows = _sealed_rows(settings, market, storage, opened)
        if len(rows) != opened.terms.rows:
            raise InputError(
                f"there are {len(rows)} rows, the terms say {opened.terms.rows}",
                "give the rows that the project was created with",
            )
        opened.network.check_rows(rows.tensors()[0])
        networks = Networks(market, storage, opened, chosen)
        bench = Bench(opened, networks, rows, chosen)
        state = EvaluatorService(market, storage, settings.home, opened, bench, progress).run()
    settings.output.result(
        f"project {state.phase.name.lower()} after {state.measure.number} measurements",
        {"phase": state.phase.name.lower(), "measurements": state.measure.number},
    )


def _sealed_rows(
    settings: Settings, market: Market, storage: Storage, opened: MeasuredProject
) -> Rows:
    """The validation rows that the owner sealed to this account.

    Raises:
        InputError: they were sealed to nobody.
        StorageError: they cannot be fetched, or are not those that the terms commit to.
    """
    document = opened.document
    if not document.rows_cid:
        raise InputError(
            "the owner alone has the validation rows", "give them with --data, if you are the owner"
        )
    connect_peers(market, storage, (opened.terms.owner,))
    sealed = storage.get(document.rows_cid, MAX_MODEL_BYTES, FETCH_SECONDS)
    package = open_envelope(sealed, encryption_key(settings.home))
    return unpack_rows(package, document.schema, opened.terms.rows_root)
