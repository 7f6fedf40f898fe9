from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.contribution.payouts import split_budget
from market.errors import InputError

trainers = st.lists(
    st.tuples(st.integers(-(2**200), 2**200), st.booleans()), min_size=1, max_size=32
)


@given(st.integers(0, 2**120), st.integers(0, 10_000), trainers)
def test_paid_plus_unspent_is_the_budget_and_nobody_earns_more_than_their_due(
    budget: int, bps: int, rows: list[tuple[int, bool]]
) -> None:
    scores = [score for score, _ in rows]
    zero = [idle for _, idle in rows]
    payouts = split_budget(budget, bps, scores, zero)
    assert sum(payouts.amounts) + payouts.unspent == budget
    assert payouts.unspent >= 0
    floor_pool = budget * bps // 10_000
    floor_each = floor_pool // len(rows)
    total = sum(max(score, 0) for score, idle in rows if not idle)
    for amount, (score, idle) in zip(payouts.amounts, rows, strict=True):
        if idle or score <= 0:
            assert amount == floor_each
        else:
            due = (budget - floor_pool) * score
            assert (amount - floor_each) * total <= due < (amount - floor_each + 1) * total
    if total:
        # Rounding loses less than one wei for each division.
        assert payouts.unspent < 2 * len(rows)


def test_a_round_that_nobody_improved_pays_the_floor_only() -> None:
    payouts = split_budget(1_000, 1_000, [-5, 0, -1], [False, False, False])
    assert payouts.amounts == [33, 33, 33]
    assert payouts.unspent == 901


def test_a_free_rider_earns_the_floor_whatever_its_score() -> None:
    assert split_budget(1_000, 500, [900, 100], [True, False]).amounts == [25, 975]


@pytest.mark.parametrize(
    ("budget", "bps", "scores", "zero"),
    [
        (-1, 0, [1], [False]),
        (1, -1, [1], [False]),
        (1, 10_001, [1], [False]),
        (1, 0, [], []),
        (1, 0, [1], []),
    ],
)
def test_bad_input(budget: int, bps: int, scores: list[int], zero: list[bool]) -> None:
    with pytest.raises(InputError):
        split_budget(budget, bps, scores, zero)
