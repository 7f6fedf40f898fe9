"""Games whose Shapley values are known on paper."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.contribution.enumeration import MAX_PLAYERS, shapley_by_enumeration
from market.errors import InputError


def test_glove_game() -> None:
    left, right = {0, 1}, {2}
    shares = shapley_by_enumeration(3, lambda S: min(len(S & left), len(S & right)))
    assert shares == [Fraction(1, 6), Fraction(1, 6), Fraction(2, 3)]


def test_weighted_voting() -> None:
    weights = [4, 2, 1, 1]
    shares = shapley_by_enumeration(4, lambda S: int(sum(weights[i] for i in S) >= 5))
    assert shares == [Fraction(3, 4), *[Fraction(1, 12)] * 3]


@given(st.lists(st.integers(0, 100), min_size=1, max_size=6))
def test_airport_game(costs: list[int]) -> None:
    costs.sort()
    shares = shapley_by_enumeration(len(costs), lambda S: max((costs[i] for i in S), default=0))
    expected, paid = [], Fraction(0)
    for i, cost in enumerate(costs):
        paid += Fraction(cost - (costs[i - 1] if i else 0), len(costs) - i)
        expected.append(paid)
    assert shares == expected


@pytest.mark.parametrize("players", [0, MAX_PLAYERS + 1])
def test_too_few_or_too_many_players(players: int) -> None:
    with pytest.raises(InputError, match="players"):
        shapley_by_enumeration(players, len)
