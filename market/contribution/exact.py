"""Integer matrix products that never wrap around: int64 where a bound allows, else bignums.

Scores decide payouts, so they are computed in exact integers. NumPy's int64 wraps silently; here
every product is bounded first. Where the bound is too wide the wider factor is taken apart into
narrower ones, and only the sums are arrays of Python ints.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from market.errors import InputError

Integers: TypeAlias = npt.NDArray[Any]
"""An array of exact integers: dtype int64, or object holding Python ints."""

_BITS = 63
_WORD = 2**_BITS


def as_integers(values: npt.ArrayLike) -> Integers:
    """`values` as int64 if every entry fits, else as Python ints in an object array.

    Raises:
        InputError: an entry is not an integer (floats are refused even when whole).
    """
    array = np.asarray(values)
    if array.dtype.kind in "iu" and array.dtype != np.uint64:
        return array.astype(np.int64)
    exact = np.asarray(values, dtype=object)
    entries = [_as_int(entry) for entry in exact.ravel()]
    word = all(-_WORD <= entry < _WORD for entry in entries)
    result = np.empty(len(entries), dtype=np.int64 if word else object)
    result[:] = entries
    return result.reshape(exact.shape)


def round_to_integers(values: npt.NDArray[np.float64]) -> Integers:
    """Each entry rounded half to even, exact beyond 64 bits too.

    Raises:
        InputError: an entry is NaN or infinite.
    """
    if not np.isfinite(values).all():
        raise InputError("cannot round: an entry is NaN or infinite")
    if values.size == 0 or float(np.abs(values).max()) < 2.0**62:
        return np.rint(values).astype(np.int64)
    exact = np.empty(values.shape, dtype=object)
    exact.ravel()[:] = [int(entry) for entry in np.rint(values).ravel()]
    return exact


def product(left: Integers, right: Integers) -> Integers:
    """The exact matrix product of shapes (a, k) and (k, b): (a, b)."""
    widths = magnitude(left).bit_length(), magnitude(right).bit_length()
    if sum(widths) + left.shape[-1].bit_length() < _BITS:
        return np.asarray(left.astype(np.int64) @ right.astype(np.int64))
    # x = high 2^half + low, with low below 2^half and not negative.
    half = (max(widths) + 1) // 2
    if widths[0] >= widths[1]:
        high, low = product(left >> half, right), product(left & ((1 << half) - 1), right)
    else:
        high, low = product(left, right >> half), product(left, right & ((1 << half) - 1))
    return np.asarray((high.astype(object) << half) + low.astype(object))


def difference(left: Integers, right: Integers) -> Integers:
    """The exact `left - right`, entry by entry."""
    if _is_word(left) and _is_word(right) and magnitude(left) + magnitude(right) < _WORD:
        return np.asarray(left - right)
    return np.asarray(left.astype(object) - right.astype(object))


def inner(left: Integers, right: Integers) -> int:
    """The exact inner product of two arrays of one shape."""
    return int(product(left.reshape(1, -1), right.reshape(-1, 1))[0, 0])


def magnitude(values: Integers) -> int:
    """The largest absolute value, 0 for an empty array."""
    if values.size == 0:
        return 0
    return max(int(values.max()), -int(values.min()))


def _is_word(values: Integers) -> bool:
    return values.dtype == np.int64


def _as_int(entry: object) -> int:
    if isinstance(entry, bool | np.bool_) or not isinstance(entry, int | np.integer):
        raise InputError(f"expected an integer, got {entry!r}")
    return int(entry)
