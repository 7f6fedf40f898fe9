"""Committed rows: their root, what it binds, and packages of strangers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from market.errors import InputError, StorageError
from market.yardstick.package import MAGIC, pack_rows, package_bytes, unpack_rows
from market.yardstick.rows import new_salts, rows_root

FLOATS = st.floats(-1e6, 1e6)


@st.composite
def rows(draw: st.DrawFn) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64], list[bytes]]:
    count, features = draw(st.integers(1, 12)), draw(st.integers(1, 5))
    X = draw(arrays(np.float64, (count, features), elements=FLOATS))
    y = draw(arrays(np.int64, count, elements=st.integers(0, 2**32 - 1)))
    return X, y, new_salts(count)


Rows = tuple[npt.NDArray[np.float64], npt.NDArray[np.int64], list[bytes]]


def test_one_row_is_the_hash_that_is_documented() -> None:
    X, y, salt = np.array([[1.0, -0.0]]), np.array([7]), b"\x05" * 32
    one = bytes.fromhex("000000000000f03f")
    assert rows_root(X, y, [salt]) == keccak(salt + one + bytes(8) + b"\x07\0\0\0")


@given(rows(), st.data())
def test_every_row_is_bound(given_rows: Rows, data: st.DataObject) -> None:
    X, y, salts = given_rows
    root = rows_root(X, y, salts)
    number = data.draw(st.integers(0, len(y) - 1))
    column = data.draw(st.integers(0, X.shape[1] - 1))
    moved, relabelled, resalted = X.copy(), y.copy(), list(salts)
    moved[number, column] += 1.0
    relabelled[number] ^= 1
    resalted[number] = bytes(keccak(salts[number]))
    assert rows_root(moved, y, salts) != root
    assert rows_root(X, relabelled, salts) != root
    assert rows_root(X, y, resalted) != root


@given(rows())
def test_the_order_of_rows_and_their_salts_are_bound(given_rows: Rows) -> None:
    X, y, salts = given_rows
    root = rows_root(X, y, salts)
    assert rows_root(X, y, new_salts(len(y))) != root
    if len(y) > 1:
        assert rows_root(X[::-1], y[::-1], salts[::-1]) != root


@given(rows(), st.lists(st.integers(-(2**120), 2**120), max_size=9))
def test_a_package_comes_back_bit_for_bit(given_rows: Rows, statistics: list[int]) -> None:
    X, y, salts = given_rows
    data = pack_rows(X, y, salts, statistics)
    assert len(data) == package_bytes(len(y), X.shape[1], len(statistics))
    found = unpack_rows(data)
    assert (found.X == X).all()
    assert (found.y == y).all()
    assert found.statistics == tuple(statistics)
    assert found.root == rows_root(X, y, salts)


@given(rows(), st.data())
def test_a_damaged_package_is_another_or_none(given_rows: Rows, data: st.DataObject) -> None:
    X, y, salts = given_rows
    packed = bytearray(pack_rows(X, y, salts, [1, 2]))
    place = data.draw(st.integers(0, len(packed) - 1))
    packed[place] ^= data.draw(st.integers(1, 255))
    try:
        found = unpack_rows(bytes(packed))
    except StorageError:
        return
    same_rows = found.root == rows_root(X, y, salts)
    # A changed sign of zero is the same row.
    assert not same_rows or found.statistics != (1, 2) or (found.X == X).all()


@given(st.binary(max_size=200))
def test_bytes_of_a_stranger_are_no_package(content: bytes) -> None:
    for data in (content, MAGIC + content):
        with pytest.raises(StorageError):
            unpack_rows(data)


def test_sizes_are_believed_only_where_the_bytes_are_there() -> None:
    claims = MAGIC + b"\xff\xff\x0f\0" + b"\xff\xff\xff\xff" * 2
    with pytest.raises(StorageError, match="has 20 bytes"):
        unpack_rows(claims)


@pytest.mark.parametrize("broken", [np.nan, np.inf, -1e101])
def test_a_feature_is_a_number(broken: float) -> None:
    X, y, salts = np.array([[1.0]]), np.array([0]), new_salts(1)
    with pytest.raises(InputError, match="NaN, or beyond"):
        rows_root(np.array([[broken]]), y, salts)
    packed = pack_rows(X, y, salts, [])
    hostile = packed.replace(np.float64(1.0).tobytes(), np.float64(broken).tobytes())
    with pytest.raises(StorageError, match="malformed"):
        unpack_rows(hostile)


def test_shapes_and_sizes_that_are_refused() -> None:
    X, y = np.ones((2, 1)), np.array([0, 1])
    with pytest.raises(InputError, match="1 salts"):
        rows_root(X, y, new_salts(1))
    with pytest.raises(InputError, match="32 bytes"):
        rows_root(X, y, [b"", b""])
    with pytest.raises(InputError, match="0 rows"):
        rows_root(X[:0], y[:0], [])
    with pytest.raises(InputError, match="negative"):
        rows_root(X, y - 1, new_salts(2))
    with pytest.raises(InputError, match="fewer rows"):
        pack_rows(np.ones((2, 2**24)), y, new_salts(2), [])
