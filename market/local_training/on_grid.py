"""Theta on the grid: the k integers that a trainer commits to, sends, and is paid for."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from circuits.shape import DELTA_BOUND
from market.errors import InputError

SCALE_BITS = 13
_MOST = DELTA_BOUND - 1
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
    theta: npt.NDArray[np.floating],
    limit: int | None = None,
    scale_bits: int = SCALE_BITS,
    fit: bool = False,
) -> OnGrid:
    """Theta as integers, each to the nearest; shortened as a whole where that is asked for.

    The contract shortens deltas to the median norm of those that are worth something, so who is
    above pays in precision what it does not earn in length. Nobody knows the median before all
    have committed; that of the last round is what there is to go by.

    Args:
        theta: (k,).
        limit: largest squared norm in integers, such as the largest K_ii of last round's deltas
            that entered whole; None for any length. A shortened theta is rounded towards 0.
        scale_bits: of the grid.
        fit: whether a theta with an entry beyond what a circuit takes is shortened too.

    Raises:
        InputError: NaN or infinity, a limit below 0, or an entry beyond what a circuit takes.
    """
    if not np.isfinite(theta).all():
        raise InputError("theta holds NaN or infinity", "lower training.learning_rate")
    if limit is not None and limit < 0:
        raise InputError(f"a squared norm of at most {limit}")
    scaled = np.asarray(theta, dtype=np.float64) * 2.0**scale_bits
    integers = _whole(np.rint(scaled))
    largest = max((abs(entry) for entry in integers), default=0)
    kept = 1.0
    if limit is not None and _square(integers) > limit:
        kept = min(1.0, math.sqrt(limit) / float(np.linalg.norm(scaled)))
        while _square(integers := _whole(np.trunc(scaled * kept))) > limit:
            kept *= _FINER
    if fit and largest * kept > _MOST:
        kept = _MOST / float(np.abs(scaled).max())
        integers = _whole(np.trunc(scaled * kept))
    beyond = max((abs(entry) for entry in integers), default=0)
    if beyond > _MOST:
        raise InputError(
            f"theta has an entry of {beyond / 2**scale_bits:.3g}: "
            f"the grid ends at {_MOST / 2**scale_bits:.4g}",
            "lower training.learning_rate, training.epochs or training.clip_norm",
        )
    return OnGrid(integers, _square(integers), kept)


def _whole(values: npt.NDArray[np.float64]) -> list[int]:
    return [int(value) for value in values]


def _square(integers: list[int]) -> int:
    return sum(entry * entry for entry in integers)
