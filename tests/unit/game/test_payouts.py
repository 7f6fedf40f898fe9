from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.errors import InputError
from market.game.payouts import CAP, attend, divide, weigh

pots = st.integers(0, 2**120)
one = st.one_of(st.integers(0, 12), st.integers(-(2**200), 2**200))
scores = st.lists(st.tuples(one, st.integers(0, 2**200)), min_size=0, max_size=32)


def cap_of(pot: int, given_: list[tuple[int, int]]) -> int:
    """Twice an equal share among those whose score is above its error, or all with a score."""
    certain = sum(score > 0 and score > error for score, error in given_)
    return CAP * pot // (certain or max(sum(score > 0 for score, _ in given_), 1))


def divided(pot: int, given_: list[tuple[int, int]]) -> list[int]:
    return divide(pot, [score for score, _ in given_], [error for _, error in given_])


@given(pots, scores)
def test_no_more_than_the_pot_and_nobody_above_the_cap(
    pot: int, given_: list[tuple[int, int]]
) -> None:
    shares = divided(pot, given_)
    positive = [i for i, (score, _) in enumerate(given_) if score > 0]
    assert sum(shares) <= pot
    assert all(shares[i] == 0 for i in range(len(given_)) if i not in positive)
    cap = cap_of(pot, given_)
    assert all(share <= cap for share in shares)
    if positive and cap * len(positive) >= pot:
        # Each division loses less than a unit; so does the cap.
        assert sum(shares) >= pot - 2 * len(positive)
    for i in positive:
        assert all(shares[i] <= shares[j] for j in positive if given_[i][0] < given_[j][0])


@given(pots, scores)
def test_those_below_the_cap_are_paid_in_proportion(
    pot: int, given_: list[tuple[int, int]]
) -> None:
    shares = divided(pot, given_)
    positive = [i for i, (score, _) in enumerate(given_) if score > 0]
    below = [i for i in positive if shares[i] < cap_of(pot, given_)]
    total = sum(given_[i][0] for i in below)
    left = sum(shares[i] for i in below)
    for i in below:
        assert shares[i] >= pot * given_[i][0] // sum(given_[j][0] for j in positive)
        assert abs(Fraction(left * given_[i][0], total) - shares[i]) <= len(below)


def test_known_divisions() -> None:
    def sure(pot: int, scores: list[int]) -> list[int]:
        return divide(pot, scores, [0] * len(scores))

    assert sure(1_000, [900, 100]) == [900, 100]
    assert sure(900, [7, 0, -3]) == [900, 0, 0]
    # 600 is twice an equal share among three; the rest goes 2 to 1.
    assert sure(900, [1_000, 2, 1]) == [600, 200, 100]
    # Once the first is capped, the second's part of the rest is above the cap too.
    assert sure(1_000, [1_000, 100, 1, 1, 1]) == [400, 400, 66, 66, 66]
    assert sure(800, [0, -1]) == [0, 0]
    assert sure(800, []) == []
    with pytest.raises(InputError):
        sure(-1, [1])


def test_those_above_zero_by_luck_do_not_lower_the_cap() -> None:
    honest, lucky = [100] * 5, [1] * 10
    scores, errors = honest + lucky, [5] * 15
    assert divide(5_100, scores, errors) == [1_000] * 5 + [10] * 10
    # Where nobody is certain the cap is among all of them.
    assert divide(5_100, scores, [500] * 15) == [680] * 5 + [170] * 10


def test_attendance_is_even_among_those_with_a_score() -> None:
    assert attend(100, [5, 0, 1, -1], [0, 1, 2], moved=True) == [50, 0, 50, 0]
    assert attend(100, [0, 0, 0, 0], [0, 1, 3], moved=True) == [0] * 4
    assert attend(100, [0, 0, 0, 0], [0, 1, 3], moved=False) == [33, 33, 0, 33]


# --- what is sure --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scores", "errors", "shares", "sure"),
    [
        ([6, 3, 3], [1, 2, 3], [5, 1, 0], True),  # just half of what is likely
        ([6, 4, 3], [1, 3, 3], [6, 4, 3], False),
        ([6, 4, 3], [6, 0, 0], [0, 4, 3], True),
        ([6, -4, 3], [9, 9, 9], [6, 0, 3], False),
        ([-1, -2, 0], [0, 0, 0], [0, 0, 0], False),
        ([3, 2, -9], [0, 0, 0], [3, 2, 0], True),
        ([], [], [], False),
    ],
)
def test_money_is_divided_by_what_is_sure_if_that_is_enough(
    scores: list[int], errors: list[int], shares: list[int], sure: bool
) -> None:
    assert weigh(scores, errors) == (shares, sure)


@given(st.lists(st.tuples(st.integers(-(2**90), 2**90), st.integers(0, 2**90)), max_size=32))
def test_one_of_whom_alone_the_rows_are_sure_has_no_more_than_is_likely(
    pairs: list[tuple[int, int]],
) -> None:
    """An accomplice cannot have what others seem to have gained by their being doubtful."""
    scores, errors = [score for score, _ in pairs], [error for _, error in pairs]
    shares, _ = weigh(scores, errors)
    likely = [max(score, 0) for score in scores]
    assert all(share <= own for share, own in zip(shares, likely, strict=True))
    # Over the sum of shares nobody has more than twice what it has of all that is likely.
    assert 2 * sum(shares) >= sum(likely)
