"""Distances from a random projection, against exact ones: `python -m benchmarks.projection`.

A projection by k rows of signs, drawn after the deltas are committed, keeps squared distances up
to a relative error of about sqrt(2 / k) (Achlioptas 2003, Johnson-Lindenstrauss with signs). Its
statement takes a product of length d for each row; the exact one, folded, takes one in all. This
measures what the error does to multi-Krum's choice and to payouts on a real round.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import numpy as np
import numpy.typing as npt

from circuits.shape import FoldedShape
from market.attacks.data import label_flip
from market.contribution.grid import Grid
from market.datasets import catalogue
from market.datasets.partition import partition_iid, stratified_split
from market.datasets.table import Table
from market.errors import MarketError
from market.game.outliers import multi_krum
from market.training.linear import train
from zk.planner import choose

Integers = npt.NDArray[np.int64]
_DRAWS = 200


@dataclass(frozen=True)
class Distorted:
    """What k rows of signs make of one round, over all draws.

    Args:
        rows: k.
        error: root mean square of the relative error of the squared distances.
        chosen_otherwise: share of draws in which multi-Krum selects another set.
        attackers_kept: share of draws in which it keeps an attacker.
        products: terms of the projection's products, k d.
    """

    rows: int
    error: float
    chosen_otherwise: float
    attackers_kept: float
    products: int


def round_of(name: str, trainers: int, attackers: int, seed: int) -> Integers:
    """(n, d) integer deltas of a first round; the last `attackers` flipped their labels."""
    dataset = catalogue.load(name)
    raw, y, classes = dataset.table.X, dataset.table.y, dataset.classes
    split = stratified_split(y, seed)
    X = dataset.scaling(Table(raw[split.validation], y[split.validation])).design(raw)
    start = np.zeros((X.shape[1], classes))
    grid, deltas = Grid(trainers), []
    for number, part in enumerate(partition_iid(len(split.pool), trainers, seed)):
        chosen = split.pool[part]
        labels = y[chosen]
        if number >= trainers - attackers:
            labels = label_flip(labels, classes)
        trained = train(start, X[chosen], labels, dataset.plan, seed)
        deltas.append(grid.quantise(trained)[0].reshape(-1))
    return np.stack(deltas)


def distort(deltas: Integers, attackers: int, rows: int) -> Distorted:
    """Projects the deltas `_DRAWS` times."""
    n, d = deltas.shape
    exact = _gram(deltas)
    order = list(range(n))
    selected = set(multi_krum(exact, attackers, order).order[: n - attackers])
    poisoned = set(range(n - attackers, n))
    distances = _distances(np.array(exact, dtype=np.float64))
    errors, otherwise, kept = [], 0, 0
    for draw in range(_DRAWS):
        signs = np.random.default_rng((rows, draw)).integers(0, 2, (rows, d)) * 2 - 1
        # k times the estimate: multi-Krum does not see a common factor.
        sketch = _gram(deltas @ signs.T)
        found = set(multi_krum(sketch, attackers, order).order[: n - attackers])
        otherwise += found != selected
        kept += bool(poisoned & found)
        errors.append(_distances(np.array(sketch, dtype=np.float64)) / rows / distances - 1)
    return Distorted(
        rows,
        float(np.sqrt(np.mean(np.square(errors)))),
        otherwise / _DRAWS,
        kept / _DRAWS,
        rows * d,
    )


def _gram(vectors: Integers) -> list[list[int]]:
    found: list[list[int]] = (vectors @ vectors.T).tolist()
    return found


def _distances(gram: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    square = np.diag(gram)
    full = square[:, None] + square[None, :] - 2 * gram
    return full[np.triu_indices(len(gram), 1)]


@click.command()
@click.option("--dataset", type=click.Choice(catalogue.NAMES), default="digits", show_default=True)
@click.option("--trainers", default=16, show_default=True)
@click.option("--attackers", default=3, show_default=True, help="Who flip their labels.")
@click.option("--seed", default=0, show_default=True)
@click.option("--json", "path", type=click.Path(path_type=Path), help="Write the figures here too.")
def main(dataset: str, trainers: int, attackers: int, seed: int, path: Path | None) -> None:
    """Prints, for 16 to 1,024 rows of signs, the error and what it changes."""
    try:
        deltas = round_of(dataset, trainers, attackers, seed)
    except MarketError as error:
        raise click.ClickException(str(error)) from error
    n, d = deltas.shape
    print(f"{dataset}: {n} deltas of {d} parameters, {attackers} with flipped labels")
    classes = catalogue.load(dataset).classes
    whole = choose(FoldedShape(n, d // classes, classes))
    print(f"exact, folded: products of {d} terms in all; the whole statement: {whole.rows} rows")
    print(
        f"{'rows of signs':>14}{'error':>9}{'other choice':>14}{'attacker kept':>15}{'terms':>12}"
    )
    rows = [distort(deltas, attackers, k) for k in (16, 64, 256, 1024)]
    for row in rows:
        print(
            f"{row.rows:>14,}{row.error:>9.1%}{row.chosen_otherwise:>14.1%}"
            f"{row.attackers_kept:>15.1%}{row.products:>12,}"
        )
    if path is not None:
        path.write_text(json.dumps([asdict(row) for row in rows], indent=2))


if __name__ == "__main__":
    main()
