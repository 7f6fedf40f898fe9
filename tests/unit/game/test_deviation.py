"""The standard errors against other draws of the validation rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.contribution.grid import Grid, Step
from market.contribution.statistics import RoundGame, round_game, validation_statistics
from market.datasets.catalogue import load
from market.game.deviation import SATURATED, deviations
from market.game.in_run import in_run
from market.game.rules import Yardstick
from market.training.linear import train
from market.training.plan import TrainingPlan

ROWS, DRAWS = 100, 400
GRID = Grid(4, moves=Step.EXACT)
Floats = npt.NDArray[np.float64]


def drawn(
    X: Floats, y: npt.NDArray[np.int64], classes: int, w: Floats, deltas: list[Floats]
) -> tuple[list[RoundGame], Yardstick]:
    """The round as so many owners with other rows of the same kind would see it."""
    generator = np.random.default_rng(1)
    model = GRID.model(w)
    sent = [GRID.quantise(delta)[0] for delta in deltas]
    games = []
    for _ in range(DRAWS):
        rows = generator.integers(0, len(X), ROWS)
        statistics = validation_statistics(X[rows], y[rows], classes, GRID)
        games.append(round_game(statistics, model, sent))
    return games, Yardstick(ROWS, classes, model.size, statistics.energy)


def digits() -> tuple[Floats, npt.NDArray[np.int64], list[Floats]]:
    dataset = load("digits")
    X = dataset.scaling(dataset.table).design(dataset.table.X)
    y = dataset.table.y
    plan = TrainingPlan(epochs=3)
    zero = np.zeros((X.shape[1], 10))
    deltas = [
        train(zero, X[k::9][:120], (y[k::9][:120] + flip) % 10, plan, seed=k)
        for k, flip in ((0, 0), (1, 0), (2, 1))
    ]
    return X, y, deltas


@pytest.mark.parametrize("trained", [0.0, 0.5, 1.0])
def test_the_errors_are_those_of_other_rows(trained: float) -> None:
    X, y, deltas = digits()
    games, yardstick = drawn(X, y, 10, trained * deltas[0], deltas)
    n = len(deltas)
    seen = np.std([[float(b) for b in game.b] for game in games], axis=0)
    said = np.mean(
        [
            [float(v) for v in deviations([g.G[i][i] for i in range(n)], g.U, yardstick)]
            for g in games
        ],
        axis=0,
    )
    # Residuals of digits are neither alike nor independent of the inputs, and far from the best
    # model they have a mean that does not vary: the errors said are the wider ones.
    assert (said / seen > 0.9).all()
    assert (said / seen < 1.7).all()


def test_where_residuals_are_alike_the_errors_are_right() -> None:
    generator = np.random.default_rng(0)
    X = generator.normal(size=(4000, 6))
    y = generator.integers(0, 4, 4000)
    deltas = [generator.normal(0, 0.02, (6, 4)) for _ in range(3)]
    games, yardstick = drawn(X, y, 4, np.zeros((6, 4)), deltas)
    said = [
        [2.0 * v for v in deviations([g.G[i][i] for i in range(3)], g.U, yardstick)] for g in games
    ]
    weights = [GRID.lattice // 3] * 3
    scores = [
        [float(v) for v in in_run(g.G, [2 * b for b in g.b], weights).numerators] for g in games
    ]
    ratio = np.mean(said, axis=0) * weights[0] / np.std(scores, axis=0)
    np.testing.assert_allclose(ratio, 1.0, atol=0.12)


@given(
    st.integers(-(2**160), 2**160),
    st.integers(-(2**160), 2**160),
    st.integers(1, 2**32),
    st.integers(1, 1024),
)
def test_rounded_down_nothing_for_a_perfect_model_and_saturating(
    unexplained: int, own: int, rows: int, outputs: int
) -> None:
    yardstick = Yardstick(rows, outputs, 1, energy=unexplained)
    (sigma,) = deviations([own], 0, yardstick)
    square = max(unexplained, 0) * max(own, 0)
    if sigma == SATURATED:
        assert square >= SATURATED**2 * rows * outputs
    else:
        assert sigma**2 * rows * outputs <= square < (sigma + 1) ** 2 * rows * outputs
