"""How many of the k coordinates each tensor gets.

In proportion to the root of its size: a bias then keeps a coordinate or two beside a matrix a
thousand times as large, and the matrix still gets most. In integers throughout, so that everybody
arrives at the same shares.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from market.errors import InputError

_ROOT_BITS = 32
_QUOTA_BITS = 128
"""Fractional bits; enough that one unit of the factor below moves no quota visibly."""


def shares(sizes: Sequence[int], k: int) -> list[int]:
    """Coordinates for each tensor, k in all.

    The quota of a tensor is factor * sqrt(size), no less than 1 and no more than its size, with
    the largest factor for which quotas add to at most k. Each tensor gets the integer part; what
    remains goes to the largest remainders, one each, the earlier tensor first where two are equal.

    Args:
        sizes: entries of each tensor, in order.
        k: coordinates to share out.

    Raises:
        InputError: a tensor is empty; k is less than there are tensors, or more than entries.
    """
    if any(size < 1 for size in sizes):
        raise InputError("a tensor without entries cannot be traded", "leave it out of the scope")
    if not len(sizes) <= k <= sum(sizes):
        raise InputError(
            f"{len(sizes)} tensors of {sum(sizes)} entries take from {len(sizes)} to {sum(sizes)} "
            f"coordinates, not {k}",
            "each tensor has at least one, and no entry more than one",
        )
    roots = [math.isqrt(size << 2 * _ROOT_BITS) for size in sizes]
    quotas = _quotas(sizes, roots, _largest_factor(sizes, roots, k))
    found = [quota >> _QUOTA_BITS for quota in quotas]
    remainders = [quota % (1 << _QUOTA_BITS) for quota in quotas]
    by_remainder = sorted(range(len(sizes)), key=lambda tensor: (-remainders[tensor], tensor))
    for tensor in by_remainder[: k - sum(found)]:
        found[tensor] += 1
    return found


def _quotas(sizes: Sequence[int], roots: Sequence[int], factor: int) -> list[int]:
    """In units of 2**-128."""
    return [
        min(max(factor * root, 1 << _QUOTA_BITS), size << _QUOTA_BITS)
        for size, root in zip(sizes, roots, strict=True)
    ]


def _largest_factor(sizes: Sequence[int], roots: Sequence[int], k: int) -> int:
    """The largest for which quotas add to at most k, by bisection: they grow with it."""
    low, high = 0, k << _QUOTA_BITS
    while low < high:
        middle = (low + high + 1) // 2
        if sum(_quotas(sizes, roots, middle)) <= k << _QUOTA_BITS:
            low = middle
        else:
            high = middle - 1
    return low
