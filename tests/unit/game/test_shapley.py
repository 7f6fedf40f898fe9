from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.contribution.enumeration import shapley_by_enumeration
from market.errors import InputError
from market.game.leave_one_out import leave_one_out
from market.game.shapley import coalition_value, shapley

Case = tuple[list[list[int]], list[int], int]


@st.composite
def games(draw: st.DrawFn, low: int, high: int) -> tuple[list[list[int]], list[int], int]:
    """(G, b, lattice) with low to high trainers, entries as wide as real ones, any lattice."""
    m = draw(st.integers(low, high))
    entry = st.integers(-(2**70), 2**70)
    G = [[0] * m for _ in range(m)]
    for i in range(m):
        for j in range(i + 1):
            G[i][j] = G[j][i] = draw(entry)
    b = draw(st.lists(entry, min_size=m, max_size=m))
    return G, b, math.lcm(*range(1, m + 1)) * draw(st.integers(1, 1000))


@settings(deadline=None, max_examples=30)
@given(games(3, 8))
def test_the_closed_form_equals_enumeration(case: Case) -> None:
    G, b, lattice = case
    scores = shapley(G, b, lattice)
    by_orders = shapley_by_enumeration(
        len(b), lambda coalition: coalition_value(G, b, lattice, sorted(coalition))
    )
    assert scores.fractions() == by_orders


@given(games(3, 32))
def test_scores_share_the_value_of_everyone_exactly(case: Case) -> None:
    G, b, lattice = case
    total = sum(shapley(G, b, lattice).fractions())
    assert total == coalition_value(G, b, lattice, range(len(b)))


@given(games(3, 10), st.randoms())
def test_scores_follow_the_trainers_and_not_their_slots(case: Case, random: st.Random) -> None:
    G, b, lattice = case
    order = list(range(len(b)))
    random.shuffle(order)
    shuffled = shapley([[G[i][j] for j in order] for i in order], [b[i] for i in order], lattice)
    scores = shapley(G, b, lattice)
    assert shuffled.numerators == [scores.numerators[i] for i in order]


@given(games(2, 10))
def test_leave_one_out_is_the_loss_of_value_without_the_trainer(case: Case) -> None:
    G, b, lattice = case
    everyone = range(len(b))
    value = coalition_value(G, b, lattice, everyone)
    expected = [
        value - coalition_value(G, b, lattice, [j for j in everyone if j != i]) for i in everyone
    ]
    assert leave_one_out(G, b, lattice).fractions() == expected


def test_what_is_no_game_is_refused() -> None:
    square = [[1, 2, 0], [2, 1, 0], [0, 0, 1]]
    with pytest.raises(InputError, match="3 trainers"):
        shapley([[1, 2], [2, 1]], [1, 2], 60)
    with pytest.raises(InputError, match="3 x 3"):
        shapley(square[:2], [1, 2, 3], 60)
    with pytest.raises(InputError, match="symmetric"):
        shapley([[1, 2, 9], *square[1:]], [1, 2, 3], 60)
    with pytest.raises(InputError, match="Python ints"):
        shapley(np.eye(3, dtype=np.int64).tolist(), list(np.ones(3, dtype=np.int64)), 60)
    with pytest.raises(InputError, match="no lattice"):
        shapley(square, [1, 2, 3], 4)
    with pytest.raises(InputError, match="2 trainers"):
        leave_one_out([[1]], [1], 60)


def test_trainers_who_send_the_same_delta_earn_the_same() -> None:
    scores = shapley([[5] * 3] * 3, [7] * 3, 6)
    assert scores.fractions() == [Fraction(2 * 6 * 7 - 36 * 5, 3)] * 3
