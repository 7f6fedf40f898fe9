"""Theta on the grid: the k integers that a trainer commits to, sends, and is paid for."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from circuits.shape import DELTA_BOUND
from market.errors import InputError

SCALE_BITS = 13
_FINER = 1 - 2.0**-20


@dataclass(frozen=True)
class OnGrid:
    """A delta as it is traded.

    Args:
        integers: k, theta in units of 2**-scale_bits.
        square: their squared norm, K_ii of the contract.
        kept: what of theta's length is left; 1.0 where it was within the limit.
    """

    integers: list[int]
    square: int
    kept: float


def quantise(
    theta: npt.NDArray[np.floating], limit: int | None = None, scale_bits: int = SCALE_BITS
) -> OnGrid:
    """Theta as integers, each to the nearest; shortened to the limit where one is given.

    The contract shortens deltas to the median norm of those that are worth something, so who is
    above pays in precision what it does not earn in length. Nobody knows the median before all
    have committed; that of the last round is what there is to go by.

    Args:
        theta: (k,).
        limit: largest squared norm in integers, such as the largest K_ii of last round's deltas
            that entered whole; None for any length. A shortened theta is rounded towards 0.
        scale_bits: of the grid.

    Raises:
        InputError: NaN or infinity, or an entry beyond what a circuit takes.
    """
    if not np.isfinite(theta).all():
        raise InputError("theta holds NaN or infinity", "lower training.learning_rate")
    scaled = np.asarray(theta, dtype=np.float64) * 2.0**scale_bits
    integers = _whole(np.rint(scaled))
    square, kept = _square(integers), 1.0
    if limit is not None and square > limit:
        kept = math.sqrt(max(limit, 0)) / float(np.linalg.norm(scaled))
        kept = min(kept, 1.0)
        integers = _whole(np.trunc(scaled * kept))
        while (square := _square(integers)) > max(limit, 0):
            kept *= _FINER
            integers = _whole(np.trunc(scaled * kept))
    largest = max((abs(entry) for entry in integers), default=0)
    if largest >= DELTA_BOUND:
        raise InputError(
            f"theta has an entry of {largest / 2**scale_bits:.3g}: "
            f"the grid ends at {(DELTA_BOUND - 1) / 2**scale_bits:.4g}",
            "lower training.learning_rate or training.epochs, or set training.clip_norm",
        )
    return OnGrid(integers, square, kept)


def _whole(values: npt.NDArray[np.float64]) -> list[int]:
    return [int(value) for value in values]


def _square(integers: list[int]) -> int:
    return sum(entry * entry for entry in integers)
