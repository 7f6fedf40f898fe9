from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circuits.shape import DELTA_BOUND
from market.contribution.grid import Grid
from market.contribution.statistics import round_game, utility, validation_statistics
from market.errors import InputError
from market.game.outliers import multi_krum
from market.game.shapley import coalition_value, shapley


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(3, 20), st.integers(1, 6), st.integers(2, 4))
def test_scores_of_a_random_round_add_up_to_the_utility_gained(
    seed: int, n: int, F: int, C: int
) -> None:
    generator = np.random.default_rng(seed)
    grid = Grid(slots=n)
    X = generator.normal(size=(7, F))
    statistics = validation_statistics(X, generator.integers(0, C, 7), C, grid)
    model = grid.model(generator.normal(size=(F, C)))
    deltas = [generator.integers(1 - DELTA_BOUND, DELTA_BOUND, (F, C)) for _ in range(n)]
    game = round_game(statistics, model, deltas)
    assert utility(statistics, model) == game.U

    chosen = multi_krum(game.K, (n - 3) // 2, range(n)).selected
    part = game.among(chosen)
    scores = shapley(part.G, part.b, grid.lattice)
    after = grid.step(model, [deltas[i] for i in chosen])
    assert sum(scores.fractions()) == utility(statistics, after) - game.U

    alone = grid.step(model, [deltas[0]])
    assert utility(statistics, alone) - game.U == coalition_value(game.G, game.b, grid.lattice, [0])


@given(st.integers(0, 2**32 - 1))
def test_integers_agree_with_plain_loops_over_fractions(seed: int) -> None:
    generator = np.random.default_rng(seed)
    grid = Grid(slots=4, scale_bits=4, stats_bits=5)
    X, y = generator.normal(size=(5, 2)), generator.integers(0, 3, 5)
    statistics = validation_statistics(X, y, 3, grid)
    W = grid.model(generator.normal(size=(2, 3)))
    P, Q = generator.integers(-50, 50, (2, 2, 3))
    game = round_game(statistics, W, [P, Q])
    H, c = statistics.H.tolist(), statistics.c.tolist()
    w, p, q = W.tolist(), P.tolist(), Q.tolist()
    entries = [(f, k) for f in range(2) for k in range(3)]

    def curved(left: list[list[int]], right: list[list[int]]) -> int:
        return sum(left[f][k] * H[f][g] * right[g][k] for f, k in entries for g in range(2))

    assert game.K[0][1] == sum(p[f][k] * q[f][k] for f, k in entries)
    assert [[curved(p, p), curved(p, q)], [curved(q, p), curved(q, q)]] == game.G
    assert game.b[1] == sum(c[f][k] * q[f][k] for f, k in entries) - curved(q, w)
    assert 2 * sum(c[f][k] * w[f][k] for f, k in entries) - curved(w, w) == game.U


def test_utility_is_the_validation_loss_turned_around() -> None:
    generator = np.random.default_rng(1)
    grid = Grid(slots=5)
    X, y = generator.normal(size=(50, 4)), generator.integers(0, 3, 50)
    statistics = validation_statistics(X, y, 3, grid)
    model = grid.model(generator.normal(size=(4, 3)))
    residual = X @ grid.weights(model) - np.eye(3)[y]
    loss = float((residual**2).sum() / 100)
    scaled = Fraction(utility(statistics, model), grid.utility_unit)
    assert float(1 - scaled) / 2 == pytest.approx(loss, abs=1e-2)


def test_statistics_are_exactly_symmetric_and_rounded_to_the_grid() -> None:
    grid = Grid(slots=3)
    X = np.array([[0.25, -1.0], [0.5, 3.0]])
    statistics = validation_statistics(X, np.array([0, 1]), 2, grid)
    assert statistics.H.tolist() == [[1280, 5120], [5120, 40960]]
    unit = grid.model_unit << grid.stats_bits
    assert statistics.c.tolist() == [[unit // 8, unit // 4], [-unit // 2, 3 * unit // 2]]


def test_bad_rows_are_refused() -> None:
    grid = Grid(slots=3)
    X = np.ones((2, 2))
    for rows, labels in (
        (X[:0], [0]),
        (X, [0]),
        (X, [0, 2]),
        (X * np.nan, [0, 1]),
    ):
        with pytest.raises(InputError):
            validation_statistics(rows, np.array(labels), 2, grid)
    statistics = validation_statistics(X, np.array([0, 1]), 2, grid)
    model = np.zeros((2, 2), np.int64)
    with pytest.raises(InputError, match="shape"):
        round_game(statistics, model, [])
    with pytest.raises(InputError, match="shape"):
        round_game(statistics, model, [model[:1]])
