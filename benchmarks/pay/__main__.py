"""What each rule pays whom, and what it buys, through the contract's own integers.

    python -m benchmarks.pay [digits|fashion] [--seeds N] [--json FILE] [--plots DIR]

Every selection, scoring, step and payment that go together, on rows that are alike and on rows
whose labels are skewed by Dirichlet(0.5): how much equals differ, what misbehaviour earns, how
accurate the model is under it, whom it costs its place, and what the owner gets for its money.
4 rounds and 270 validation rows unless said. Fashion-MNIST plays fewer scenes, and needs its files
(docs/simulation.md).
"""

from __future__ import annotations

from pathlib import Path

import click

from benchmarks.experiments.record import Record
from benchmarks.pay.cases import EQUALS, EVERY, FLIPPED, HONEST, IDLE, PAIR, SCALED, TURNED
from benchmarks.pay.plots import draw
from benchmarks.pay.tables import Results, Setting, report
from market.datasets.catalogue import load
from market.errors import MarketError

SHORT = (EQUALS, HONEST, FLIPPED[1], FLIPPED[5], TURNED[1], TURNED[5], *IDLE[:4], PAIR, SCALED)
"""What Fashion-MNIST plays."""


SETTINGS = {
    "digits": Setting("digits", None, 20, EVERY),
    "fashion": Setting("fashion-mnist", 2_000, 5, SHORT),
}


@click.command()
@click.argument("name", type=click.Choice(list(SETTINGS)), default="digits")
@click.option("--seeds", type=click.IntRange(1), help="[default: the setting's]")
@click.option("--json", "file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--plots", "folder", type=click.Path(path_type=Path, file_okay=False))
def main(name: str, seeds: int | None, file: Path | None, folder: Path | None) -> None:
    setting = SETTINGS[name]
    record = Record(file, {"dataset": setting.dataset, "pool": setting.pool})
    results = Results(record, load(setting.dataset), setting, seeds or setting.seeds)
    for title, table in report(results, setting.scenes):
        click.echo(f"\n{title}\n\n{table}")
    click.echo(f"\n{record.seconds:.0f} s of processor time")
    if folder is not None:
        draw(results, folder, name)


if __name__ == "__main__":
    try:
        main()
    except MarketError as error:
        raise SystemExit(str(error)) from error
