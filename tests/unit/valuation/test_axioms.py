from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.valuation import (
    AntitheticPermutation,
    Estimate,
    Game,
    GuidedPermutation,
    NumberOfDraws,
    Permutation,
    estimate,
    exact_banzhaf,
    exact_beta_shapley,
    exact_shapley,
)
from market.valuation.game import Coalitions, Floats

Method = Callable[[Game], Estimate]


def _table(values: Floats) -> Game:
    players = len(values).bit_length() - 1
    powers = 1 << np.arange(players)
    return Game(players, lambda rows: values[rows @ powers])


@st.composite
def tables(draw: st.DrawFn) -> Floats:
    players = draw(st.integers(2, 6))
    entry = st.floats(-1e3, 1e3, allow_nan=False)
    size = 1 << players
    return np.array(draw(st.lists(entry, min_size=size, max_size=size)))


EXACT: dict[str, Method] = {
    "shapley": exact_shapley,
    "banzhaf": exact_banzhaf,
    "beta": lambda game: exact_beta_shapley(game, 4, 1),
}
EFFICIENT: dict[str, Method] = {
    "exact": exact_shapley,
    "permutation": lambda game: estimate(game, Permutation(), NumberOfDraws(3)),
    "antithetic": lambda game: estimate(game, AntitheticPermutation(), NumberOfDraws(3)),
    "guided": lambda game: estimate(game, GuidedPermutation(), NumberOfDraws(1)),
}


@pytest.mark.parametrize("method", EFFICIENT.values(), ids=EFFICIENT)
@given(values=tables())
@settings(max_examples=25)
def test_efficiency(method: Method, values: Floats) -> None:
    np.testing.assert_allclose(
        method(_table(values)).values.sum(), values[-1] - values[0], atol=1e-8
    )


@pytest.mark.parametrize("method", EXACT.values(), ids=EXACT)
@given(values=tables())
@settings(max_examples=25)
def test_a_null_player_gets_nothing(method: Method, values: Floats) -> None:
    half = values[: len(values) // 2]
    extended = np.concatenate([half, half])  # the last player changes nothing
    np.testing.assert_allclose(method(_table(extended)).values[-1], 0, atol=1e-9)


@pytest.mark.parametrize("method", EXACT.values(), ids=EXACT)
@given(values=tables())
@settings(max_examples=25)
def test_players_who_can_replace_each_other_get_the_same(method: Method, values: Floats) -> None:
    game = _table(values)

    def swapped(rows: Coalitions) -> Floats:
        other = rows.copy()
        other[:, [0, 1]] = rows[:, [1, 0]]
        return (game.values(rows) + game.values(other)) / 2

    found = method(Game(game.players, swapped)).values
    np.testing.assert_allclose(found[0], found[1], atol=1e-8)


@pytest.mark.parametrize("method", EXACT.values(), ids=EXACT)
@given(values=tables(), seed=st.integers(0, 2**32))
@settings(max_examples=25)
def test_additivity(method: Method, values: Floats, seed: int) -> None:
    other = np.random.default_rng(seed).normal(size=len(values))
    together = method(_table(values + other)).values
    apart = method(_table(values)).values + method(_table(other)).values
    np.testing.assert_allclose(together, apart, atol=1e-8)
