"""Selection by value, against one that computes everything anew for each departure."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from market.contribution.grid import Step
from market.game.clipping import ONE
from market.game.proven_value import Z, proven_value
from market.game.stride import T_BITS, stride


def exact(count: int, linear: int, quadratic: int) -> int:
    return stride(Step.EXACT, count, 0, 1 << 20, linear, quadratic)


@st.composite
def rounds(draw: st.DrawFn) -> tuple[list[list[int]], list[int], list[int], list[int]]:
    """(G, linear, sigma, A) of deltas of which some point downhill."""
    n, d = draw(st.integers(1, 9)), 4
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    Q = generator.integers(-1000, 1000, (n, d))
    residual = generator.integers(-(2**20), 2**20, d)
    G, b = Q @ Q.T, Q @ residual
    sigma = generator.integers(0, 2**26, n)
    A = generator.integers(1, ONE + 1, n)
    return G.tolist(), (2 * b).tolist(), sigma.tolist(), A.tolist()


@settings(max_examples=200)
@given(rounds(), st.integers(1, 3))
def test_the_one_furthest_below_leaves_until_none_is(
    case: tuple[list[list[int]], list[int], list[int], list[int]], fewest: int
) -> None:
    G, linear, sigma, A = case
    left = list(range(len(linear)))
    while len(left) > fewest:
        along = sum(A[i] * linear[i] for i in left)
        curved = sum(A[i] * A[j] * G[i][j] for i in left for j in left)
        T = exact(len(left), along, curved)
        values = {i: linear[i] - (T * sum(A[j] * G[i][j] for j in left) >> T_BITS) for i in left}
        leaving = [i for i in left if values[i] < -2 * Z * sigma[i]]
        if not leaving:
            break
        left.remove(min(leaving, key=lambda i: (A[i] * values[i], i)))
    assert proven_value(G, linear, sigma, A, fewest, exact) == left


def test_a_majority_of_sign_flippers_leaves() -> None:
    directions = [3, 3, 3] + [-3] * 6
    G = [[a * b for b in directions] for a in directions]
    linear = [2 * 1000 * a for a in directions]
    stay = proven_value(G, linear, [10] * 9, [ONE] * 9, 1, exact)
    assert stay == [0, 1, 2]


def test_within_chance_everybody_stays_and_ties_leave_from_the_lowest_slot() -> None:
    G = [[1, 0], [0, 1]]
    assert proven_value(G, [-60, -60], [10, 10], [ONE] * 2, 1, exact) == [0, 1]
    assert proven_value(G, [-61, -61], [10, 10], [ONE] * 2, 1, exact) == [1]


def test_values_are_those_of_the_step_that_would_be_taken() -> None:
    # The second goes the same way four times as far: with both the step overshoots for it alone.
    G, linear = [[1, 4], [4, 16]], [100, 40]
    T = exact(2, ONE * 140, ONE**2 * 25)
    values = [Fraction(linear[i] * 2**T_BITS - T * ONE * sum(G[i]), 2**T_BITS) for i in (0, 1)]
    assert values[1] < 0 < values[0]
    assert proven_value(G, linear, [0, 0], [ONE] * 2, 1, exact) == [0]
