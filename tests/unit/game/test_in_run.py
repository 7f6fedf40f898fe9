"""The game with fixed weights, against the enumeration of its coalitions."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from market.contribution.enumeration import shapley_by_enumeration
from market.game.in_run import in_run, weighted_value
from market.game.leave_one_out import fixed_leave_one_out

Case = tuple[list[list[int]], list[int], list[int]]


@st.composite
def games(draw: st.DrawFn, high: int) -> Case:
    """(G, linear, weights), entries as wide as real ones, some weights 0."""
    n = draw(st.integers(1, high))
    entry = st.integers(-(2**70), 2**70)
    G = [[0] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            G[i][j] = G[j][i] = draw(entry)
    linear = draw(st.lists(entry, min_size=n, max_size=n))
    weights = draw(st.lists(st.integers(0, 2**32), min_size=n, max_size=n))
    return G, linear, weights


@settings(max_examples=30)
@given(games(8))
def test_scores_are_shapley_values_by_enumeration(case: Case) -> None:
    G, linear, weights = case
    by_orders = shapley_by_enumeration(
        len(linear), lambda coalition: weighted_value(G, linear, weights, sorted(coalition))
    )
    assert in_run(G, linear, weights).fractions() == by_orders


@given(games(32))
def test_scores_share_the_gain_and_weight_zero_has_none(case: Case) -> None:
    G, linear, weights = case
    scores = in_run(G, linear, weights)
    assert scores.denominator == 1
    assert sum(scores.numerators) == weighted_value(G, linear, weights, range(len(linear)))
    assert all(score == 0 for score, q in zip(scores.numerators, weights, strict=True) if q == 0)


@given(games(10))
def test_leave_one_out_is_what_the_others_would_have_missed(case: Case) -> None:
    G, linear, weights = case
    everyone = range(len(linear))
    gain = weighted_value(G, linear, weights, everyone)
    assert fixed_leave_one_out(G, linear, weights).numerators == [
        gain - weighted_value(G, linear, weights, [j for j in everyone if j != i]) for i in everyone
    ]


def test_a_worked_example() -> None:
    # U(w) = 4 w - w^2 at w = 0, deltas 1, 2, 3: b = 2 D, G = D_i D_j, each counts a third.
    # In units of 1/9: v(S) = 3 sum 2 b - (sum D)^2, so phi_i = 3 * 4 D_i - 6 D_i = 6 D_i.
    G = [[1, 2, 3], [2, 4, 6], [3, 6, 9]]
    # b counts the lattice (3) once, the weights once more.
    assert in_run(G, [2 * 3 * 2 * d for d in (1, 2, 3)], [1, 1, 1]).numerators == [6, 12, 18]
