"""Estimators against exact values, by what they say of their own error.

The statement: simultaneous 99% intervals (Student's t, Bonferroni over players) hold all players
at once in at least 95 of 100 seeds. That alone would let errors be overstated, so the squared
error in units of the squared standard error must also average near 1.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t

from market.valuation import (
    AntitheticPermutation,
    GuidedPermutation,
    MaximumSampleReuse,
    NumberOfDraws,
    Owen,
    Permutation,
    Sampler,
    TruncatedPermutation,
    estimate,
    exact_banzhaf,
    exact_beta_shapley,
    exact_shapley,
)
from market.valuation.game import Floats, Game
from market.valuation.known import airport, random_quadratic, voting

GAMES = {
    "voting": voting([4, 3, 2, 1, 1]).game,
    "airport": airport([1, 1, 2, 3, 5, 8, 8]).game,
    "quadratic": random_quadratic(6, 3).game,
}
SAMPLERS: dict[str, tuple[Sampler, int]] = {
    "permutation": (Permutation(), 300),
    "antithetic": (AntitheticPermutation(), 200),
    "beta": (Permutation(4, 1), 400),
    "untruncated": (TruncatedPermutation(1e-12), 200),
    "guided": (GuidedPermutation(0.0), 80),
    "owen": (Owen(4), 150),
    "antithetic owen": (Owen(2, antithetic=True), 150),
    "banzhaf": (MaximumSampleReuse(), 800),
}


def _truth(name: str, game: Game) -> Floats:
    if name == "banzhaf":
        return exact_banzhaf(game).values
    if name == "beta":
        return exact_beta_shapley(game, 4, 1).values
    return exact_shapley(game).values


@pytest.mark.parametrize("title", GAMES)
@pytest.mark.parametrize("name", SAMPLERS)
def test_an_estimate_is_within_its_own_error(name: str, title: str) -> None:
    game, (sampler, draws) = GAMES[title], SAMPLERS[name]
    truth = _truth(name, game)
    multiple = float(t.ppf(1 - 0.01 / (2 * game.players), draws - 1))
    within, squares = 0, []
    for seed in range(100):
        found = estimate(game, sampler, NumberOfDraws(draws), seed=seed)
        error = np.abs(found.values - truth)
        within += bool((error <= multiple * found.standard_errors + 1e-9).all())
        shown = found.standard_errors > 1e-9
        squares.append(np.mean((error[shown] / found.standard_errors[shown]) ** 2))
    assert within >= 95
    assert 0.7 < np.mean(squares) < 1.35


def test_truncation_stays_within_its_tolerance_in_a_monotone_game() -> None:
    game = GAMES["airport"]
    found = estimate(game, TruncatedPermutation(1.0), NumberOfDraws(2000), seed=1)
    full = estimate(game, Permutation(), NumberOfDraws(2000), seed=1)
    assert found.evaluations < full.evaluations
    error = np.abs(found.values - exact_shapley(game).values)
    assert (error <= 1.0 + 4 * found.standard_errors).all()


def test_antithetic_orders_beat_plain_ones_at_the_same_budget() -> None:
    known = random_quadratic(10, 8)
    plain = estimate(known.game, Permutation(), NumberOfDraws(400), seed=2)
    paired = estimate(known.game, AntitheticPermutation(), NumberOfDraws(200), seed=2)
    assert plain.evaluations == paired.evaluations
    assert paired.standard_errors.mean() < plain.standard_errors.mean()
