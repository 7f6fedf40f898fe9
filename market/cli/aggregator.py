"""The command of an aggregator."""

from __future__ import annotations

from pathlib import Path

import click

from market.aggregator.basis import Basis, LinearBasis
from market.aggregator.service import AggregatorService
from market.chain.market import Market, project_id
from market.cli.context import Settings, shared_options
from market.exclusive import exclusive
from market.flower.coordinator import Coordinator
from market.identity import encryption_key
from market.project import open_project
from market.storage.base import Storage

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(epilog="Example: market aggregate 0x5c... --home ./aggregator")
@shared_options
@click.argument("project")
@click.option(
    "--flower-host",
    default="127.0.0.1",
    show_default=True,
    help="Address that trainers reach this machine at.",
)
@click.option(
    "--flower-port",
    type=click.IntRange(0, 65535),
    default=0,
    help="Port for trainers.  [default: a free one]",
)
def aggregate(settings: Settings, project: str, flower_host: str, flower_port: int) -> None:
    """Aggregate for PROJECT until it is closed: stake, invite, prove, settle."""
    id = project_id(project)
    market = settings.market()
    # A second one would fight for Flower's port and database, and settle the same rounds.
    with (
        exclusive(settings.home / "aggregate.lock", "`market aggregate`"),
        settings.storage() as storage,
    ):
        basis = _basis(settings, market, storage, id)
        with Coordinator(settings.home / "flower", flower_host, flower_port) as coordinator:
            service = AggregatorService(
                market, storage, settings.home, basis, coordinator, settings.output.progress
            )
            state = service.run()
    settings.output.result(
        f"project {state.phase.name.lower()} after {state.round} rounds\n"
        f"its models are to be had while `market serve --home {settings.home}` runs",
        {"phase": state.phase.name.lower(), "rounds": state.round},
    )


def _basis(settings: Settings, market: Market, storage: Storage, id: bytes) -> Basis:
    """What the project's rounds are settled by."""
    key, progress = encryption_key(settings.home), settings.output.progress
    if not market.created(id).terms.is_measured:
        return LinearBasis(market, storage, open_project(market, storage, id, progress), key)
    from market.aggregator.measured import MeasuredBasis
    from market.measured.project import open_measured

    return MeasuredBasis(market, storage, open_measured(market, storage, id, progress), key)
