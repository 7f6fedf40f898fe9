"""Long deltas enter shortened, so that length alone earns nothing.

The reference is the median norm of those whose value alone is above one standard error: senders of
nothing cannot drag it down, and no bound of an earlier round can drag it up.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt

A_BITS = 16
ONE = 1 << A_BITS
"""The weight of a delta that enters as it is."""


def sure_of(squares: Sequence[int], linear: Sequence[int], sigma: Sequence[int]) -> list[int]:
    """Slots of those that move, and whose value alone is above one standard error."""
    return [i for i, square in enumerate(squares) if square > 0 and linear[i] > 2 * sigma[i]]


def clip(squares: Sequence[int], linear: Sequence[int], sigma: Sequence[int]) -> list[int]:
    """A_i: what of each delta enters, ONE for all of it, rounded down.

    Args:
        squares: n, squared norms K_ii.
        linear: n, 2 b_i.
        sigma: n, standard errors of b_i.
    """
    moved = [i for i, square in enumerate(squares) if square > 0]
    reference = sure_of(squares, linear, sigma) or moved
    if not reference:
        return [ONE] * len(squares)
    norms = sorted(squares[i] for i in reference)
    limit = norms[(len(norms) - 1) // 2]
    return [
        ONE if square <= limit else isqrt((limit << 2 * A_BITS) // square) for square in squares
    ]
