"""Who has which rows in a benchmark of pay, and how they train."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from market.datasets.catalogue import Dataset
from market.datasets.partition import partition_dirichlet, partition_iid
from market.training.expectation import expected_gain
from market.training.plan import TrainingPlan

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

TEST_ROWS = 330
"""Of digits; Fashion-MNIST has ten times as many."""


@dataclass(frozen=True)
class World:
    """A project's rows, scaled, with the bias column last.

    Args:
        X, y: (s, F) and (s,) the owner's validation rows.
        held_out: rows and labels that nobody has.
        parts: rows of each trainer.
        classes: C.
        plan: of local training.
        expected: the owner's own estimate of what the project may gain.
    """

    X: Floats
    y: Labels
    held_out: tuple[Floats, Labels]
    parts: tuple[tuple[Floats, Labels], ...]
    classes: int
    plan: TrainingPlan
    expected: float

    def accuracy(self, weights: Floats) -> float:
        X, y = self.held_out
        return float(((X @ weights).argmax(axis=1) == y).mean())

    def with_parts(self, parts: tuple[tuple[Floats, Labels], ...]) -> World:
        """The same owner with other trainers."""
        return replace(self, parts=parts)

    def among(self, trainers: list[int]) -> World:
        """The same project with some of the trainers only."""
        return self.with_parts(tuple(self.parts[i] for i in trainers))


def deal(
    dataset: Dataset,
    seed: int,
    trainers: int,
    alpha: float | None,
    rows: int = 270,
    pool: int | None = None,
) -> World:
    """Deals a data set: `rows` to the owner, some held out, the others to the trainers.

    Args:
        alpha: labels skewed by Dirichlet(alpha); alike if None.
        pool: rows of all trainers together; all that are left if None.
    """
    order = np.random.default_rng(seed).permutation(len(dataset.table))
    first = 270 if rows <= 270 else rows
    held = TEST_ROWS * (10 if len(order) > 10_000 else 1)
    owned, test, left = order[:rows], order[first : first + held], order[first + held :][:pool]
    table = dataset.table
    scaling = dataset.scaling(table.rows(owned))
    X, y = scaling.design(table.X[left]), table.y[left]
    if alpha is None:
        parts = partition_iid(len(left), trainers, seed)
    else:
        parts = partition_dirichlet(y, trainers, alpha, seed, minimum=6)
    mine = scaling.design(table.X[owned])
    return World(
        mine,
        table.y[owned],
        (scaling.design(table.X[test]), table.y[test]),
        tuple((X[part], y[part]) for part in parts),
        dataset.classes,
        dataset.plan,
        expected_gain(mine, table.y[owned], dataset.classes),
    )


def train(
    weights: Floats, X: Floats, Y: Floats, plan: TrainingPlan, generator: np.random.Generator
) -> Floats:
    """The delta (F, C) of SGD on the squared loss: the market's own training, in NumPy.

    Args:
        Y: (t, C) targets.
    """
    w, size = weights.copy(), plan.batch_size
    for _ in range(plan.epochs):
        order = generator.permutation(len(X))
        for start in range(0, len(X), size):
            rows = order[start : start + size]
            x = X[rows]
            w -= (plan.learning_rate / len(rows)) * (x.T @ (x @ w - Y[rows]))
    return np.asarray(w - weights)
