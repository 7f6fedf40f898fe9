"""What the next model's commitment costs: `python -m benchmarks.aggregate`.

Rows, bytes and gas are exact; seconds are of this machine, and of nothing else if it is quiet.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from benchmarks.aggregate import points
from benchmarks.aggregate.circuit import keys_of, proven
from benchmarks.aggregate.statement import WeightedShape
from benchmarks.tables import Row, publish
from circuits.shape import FoldedShape
from market.chain.devnet import Devnet
from market.errors import MarketError

_FEATURES, _CLASSES = 65, 10
"""Of digits."""


@click.command()
@click.option("--slots", "sizes", multiple=True, type=int, default=(5, 32), help="To prove.")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Also write a file.")
def main(sizes: tuple[int, ...], json_path: Path | None) -> None:
    """Compares sums of points with one more statement in the circuit."""
    figures: dict[str, list[Row]] = {"Sum of points": [], "Folded proof": []}
    try:
        with tempfile.TemporaryDirectory() as home, Devnet(Path(home)) as chain:
            for slots in (5, 8, 16, 32):
                figures["Sum of points"].append(points.measure(slots, chain))
            for slots in sizes:
                for kind in (FoldedShape, WeightedShape):
                    with tempfile.TemporaryDirectory() as folder:
                        keys = keys_of(kind(slots, _FEATURES, _CLASSES), Path(folder))
                        figures["Folded proof"].append(proven(keys, chain))
    except MarketError as error:
        raise click.ClickException(str(error)) from error
    publish(figures, json_path)


if __name__ == "__main__":
    main()
