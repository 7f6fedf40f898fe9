"""The public feature scaling of a project: fixed by the owner, applied by every trainer."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from market.errors import InputError

_LARGEST = 1e12


@dataclass(frozen=True)
class Scaling:
    """x -> (x - offset) / scale for each feature.

    Args:
        offset: one finite number for each raw feature.
        scale: one positive number for each raw feature.
    """

    offset: tuple[float, ...]
    scale: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.offset) != len(self.scale) or not self.offset:
            raise InputError(f"scaling has {len(self.offset)} offsets, {len(self.scale)} scales")
        for feature, (offset, scale) in enumerate(zip(self.offset, self.scale, strict=True)):
            if not math.isfinite(offset) or abs(offset) > _LARGEST:
                raise InputError(f"scaling: offset {offset} of feature {feature} is out of range")
            if not 1 / _LARGEST <= scale <= _LARGEST:
                raise InputError(f"scaling: scale {scale} of feature {feature} is out of range")

    def design(self, X: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The design matrix (n, F) of raw features (n, F - 1): scaled, then a column of ones.

        Raises:
            InputError: X has another number of columns.
        """
        if X.ndim != 2 or X.shape[1] != len(self.offset):
            raise InputError(f"expected {len(self.offset)} features, got shape {X.shape}")
        scaled = (X - np.array(self.offset)) / np.array(self.scale)
        return np.hstack([scaled, np.ones((len(X), 1))])

    def to_json(self) -> dict[str, list[float]]:
        """The JSON form that `from_json` reads."""
        return {"offset": list(self.offset), "scale": list(self.scale)}

    @classmethod
    def from_json(cls, value: object) -> Scaling:
        """Parses the JSON form.

        Raises:
            InputError: anything but two equally long lists of numbers in range.
        """
        if not isinstance(value, dict) or set(value) != {"offset", "scale"}:
            raise InputError("scaling must be an object of `offset` and `scale`")
        return cls(_numbers(value["offset"]), _numbers(value["scale"]))


def centre(X: npt.NDArray[np.float64], scale: float) -> Scaling:
    """Subtracts each column's mean, and divides all columns by one `scale`."""
    _check_rows(X)
    return Scaling(tuple(X.mean(axis=0).tolist()), (scale,) * X.shape[1])


def standardise(X: npt.NDArray[np.float64]) -> Scaling:
    """Brings each column of X (n, F - 1) to mean 0 and deviation 1; constant columns to 0."""
    _check_rows(X)
    deviation = X.std(axis=0)
    floor = 1e-9 * np.maximum(1.0, np.abs(X).max(axis=0))
    scale = np.where(deviation > floor, deviation, 1.0)
    return Scaling(tuple(X.mean(axis=0).tolist()), tuple(scale.tolist()))


def _check_rows(X: npt.NDArray[np.float64]) -> None:
    if X.ndim != 2 or len(X) == 0:
        raise InputError(f"cannot choose a scaling from rows of shape {X.shape}")


def _numbers(value: object) -> tuple[float, ...]:
    if not isinstance(value, list):
        raise InputError("scaling: expected a list of numbers")
    if any(isinstance(item, bool) or not isinstance(item, int | float) for item in value):
        raise InputError("scaling: an entry is not a number")
    try:
        return tuple(float(item) for item in value)
    except OverflowError:
        raise InputError("scaling: an entry is out of range") from None
