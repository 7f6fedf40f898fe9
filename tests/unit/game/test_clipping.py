from __future__ import annotations

from math import isqrt

from hypothesis import given
from hypothesis import strategies as st

from market.game.clipping import ONE, clip

rounds = st.lists(
    st.tuples(
        st.one_of(st.just(0), st.integers(0, 2**50)),
        st.integers(-(2**60), 2**60),
        st.integers(0, 2**55),
    ),
    min_size=1,
    max_size=32,
)


@given(rounds)
def test_nobody_is_longer_than_the_reference_and_short_ones_enter_whole(
    round: list[tuple[int, int, int]],
) -> None:
    squares, linear, sigma = (list(column) for column in zip(*round, strict=True))
    clipped = clip(squares, linear, sigma)
    above = sorted(K for K, up, error in round if K > 0 and up > 2 * error)
    among = above or sorted(K for K in squares if K > 0)
    if not among:
        assert clipped == [ONE] * len(round)
        return
    reference = among[(len(among) - 1) // 2]
    for square, A in zip(squares, clipped, strict=True):
        assert 0 <= A <= ONE
        if square <= reference:
            assert A == ONE
        else:
            assert A**2 * square <= reference * ONE**2 < (A + 1) ** 2 * square


@given(st.integers(1, 2**40), st.integers(2, 2**10))
def test_multiplying_a_delta_gains_no_length(square: int, factor: int) -> None:
    squares = [square, square, square * factor**2]
    clipped = clip(squares, [1] * 3, [0] * 3)
    assert clipped == [ONE, ONE, isqrt(ONE**2 // factor**2)]


def test_senders_of_nothing_do_not_move_the_reference() -> None:
    squares, linear = [1] * 27 + [10**6] * 5, [0] * 27 + [100] * 5
    assert clip(squares, linear, [10] * 32) == [ONE] * 32
