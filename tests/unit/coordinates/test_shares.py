"""Shares add up, stay within their bounds, and follow the roots of sizes."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.coordinates.shares import shares
from market.errors import InputError


@st.composite
def sizes_and_k(draw: st.DrawFn) -> tuple[list[int], int]:
    sizes = draw(st.lists(st.integers(1, 10**7), min_size=1, max_size=30))
    return sizes, draw(st.integers(len(sizes), min(sum(sizes), 10**6)))


@given(sizes_and_k())
def test_all_coordinates_are_shared_out_within_bounds(case: tuple[list[int], int]) -> None:
    sizes, k = case
    found = shares(sizes, k)
    assert sum(found) == k
    assert all(1 <= share <= size for share, size in zip(found, sizes, strict=True))


@given(sizes_and_k())
def test_between_bounds_shares_are_in_proportion_to_roots(case: tuple[list[int], int]) -> None:
    """There is one factor of which every such share is the quota, rounded up or down."""
    sizes, k = case
    between = [
        (share, math.sqrt(size))
        for share, size in zip(shares(sizes, k), sizes, strict=True)
        if 1 < share < size
    ]
    least = max(((share - 1) / root for share, root in between), default=0.0)
    most = min(((share + 1) / root for share, root in between), default=1.0)
    assert least <= most * (1 + 1e-9)


def test_by_hand() -> None:
    assert shares([100, 400], 30) == [10, 20]
    assert shares([100, 100, 100], 31) == [11, 10, 10], "the earlier first where two are equal"
    assert shares([4, 10_000], 60) == [1, 59]
    assert shares([4, 10_000], 1000) == [4, 996], "no more than its size"
    assert shares([1, 1_000_000], 2) == [1, 1], "no less than one"
    assert shares([100, 225], 11) == [4, 7], "4.4 and 6.6: the larger remainder"
    assert shares([3, 5], 8) == [3, 5]


@pytest.mark.parametrize("k", [-1, 0, 1, 7])
def test_too_few_and_too_many_are_refused(k: int) -> None:
    with pytest.raises(InputError, match=f"from 2 to 6 coordinates, not {k}"):
        shares([3, 3], k)


def test_an_empty_tensor_is_refused() -> None:
    with pytest.raises(InputError, match="without entries"):
        shares([3, 0], 2)
