from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from circuits.shape import DELTA_BOUND, SALT_ENTRIES, FoldedShape
from market.errors import StorageError
from market.vectors import (
    ENTRY_BYTES,
    curvature_and_target,
    decode,
    encode,
    matrix,
    salted,
    triangle,
)

WIDEST = 2 ** (8 * ENTRY_BYTES - 1)


@given(st.lists(st.integers(-WIDEST + 1, WIDEST - 1), max_size=20))
def test_what_was_encoded_is_decoded(vector: list[int]) -> None:
    data = encode(vector)
    assert len(data) == ENTRY_BYTES * len(vector)
    assert decode(data, len(vector), WIDEST) == vector


@given(st.binary(max_size=100), st.integers(0, 6), st.integers(1, WIDEST))
def test_any_bytes_are_in_bounds_or_refused(data: bytes, length: int, bound: int) -> None:
    try:
        vector = decode(data, length, bound)
    except StorageError:
        return
    assert len(vector) == length
    assert all(abs(value) < bound for value in vector)
    assert encode(vector) == data


def test_the_bound_is_exclusive_on_both_sides() -> None:
    assert decode(encode([7, -7]), 2, 8) == [7, -7]
    for value in (8, -8, -WIDEST):
        with pytest.raises(StorageError, match=r"entry 1 is -?\d+, beyond the bound 8"):
            decode(encode([0, value]), 2, 8)


@pytest.mark.parametrize("size", [0, 1, ENTRY_BYTES * 3 - 1, ENTRY_BYTES * 3 + 1, ENTRY_BYTES * 4])
def test_another_length_is_refused(size: int) -> None:
    with pytest.raises(StorageError, match=f"has {3 * ENTRY_BYTES} bytes, this one has {size}"):
        decode(bytes(size), 3, 1 << 40)


def test_salt_is_fresh_in_range_and_behind_the_values() -> None:
    values = [3, -4, 5]
    drawn = [salted(np.array(values), 3 + SALT_ENTRIES) for _ in range(500)]
    assert all(vector[:3] == values for vector in drawn)
    assert all(type(entry) is int for entry in drawn[0])
    salts = [vector[3:] for vector in drawn]
    assert {len(salt) for salt in salts} == {SALT_ENTRIES}
    # Two of 500 salts of 270 bits are alike once in 10**75 runs.
    assert len({tuple(salt) for salt in salts}) == len(salts)
    entries = [entry for salt in salts for entry in salt]
    assert all(abs(entry) < DELTA_BOUND for entry in entries)
    # Both ends of the range are drawn from: 9,000 entries miss an eighth once in 10**520 runs.
    assert min(entries) < -DELTA_BOUND * 3 // 4
    assert max(entries) > DELTA_BOUND * 3 // 4


def test_matrix_leaves_the_salt_out() -> None:
    vector = [*range(6), *[99] * SALT_ENTRIES]
    assert matrix(vector, 2, 3).tolist() == [[0, 1, 2], [3, 4, 5]]


def test_a_symmetric_matrix_is_its_triangle() -> None:
    shape = FoldedShape(3, 3, 2)
    H = np.array([[1, 2, 3], [2, 4, 5], [3, 5, 6]])
    assert triangle(H) == [1, 2, 3, 4, 5, 6]
    statistics = salted([*triangle(H), *range(10, 16)], shape.statistics_length)
    found, c = curvature_and_target(statistics, shape)
    assert found.tolist() == H.tolist()
    assert c.tolist() == [[10, 11], [12, 13], [14, 15]]
