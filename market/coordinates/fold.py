"""w + S theta-bar for good, to the same bytes on every machine and device.

Of every entry: its weight as float64, which is exact; plus its signed step as float64, which is
one IEEE addition; and that rounded to float32, which is one IEEE conversion. A step is an integer
over the unit, a quotient of two float64 that hold them exactly, times a power of two. So there is
no sum whose order a library could choose, and nothing that a processor rounds in its own way.

Processors may be told to read and write float32's subnormal numbers as 0, and a GPU may not. So
here what would be one is 0, and 0 is always +0. It does not matter how one is read: a
step that is not 0 is 2**-69 or more, and float64 rounds a sum of both to the step.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence

import torch
from torch import Tensor

from market.coordinates.sketch import Sketch
from market.errors import InputError

MOST = 1 << 53
"""Integers up to here are float64 as they are; theta-bar's and the unit may not be larger."""
_SMALLEST_NORMAL = 2.0**-126
_CHUNK = 1 << 20
"""Entries moved at a time: what is held besides the result stays below 64 MB."""


def steps(theta_bar: Sequence[int], unit: int) -> Tensor:
    """(k,) float64 theta_bar / unit on the CPU, each entry correctly rounded.

    Exact where the unit is a power of two. Divided here, a number at a time: on a GPU torch
    multiplies by the rounded inverse.

    Args:
        theta_bar: integers of a magnitude of at most 2**53.
        unit: the integer that stands for 1.0, from 1 to 2**53.

    Raises:
        InputError: anything else.
    """
    whole = [_integer("theta-bar", value) for value in theta_bar]
    if not 1 <= _integer("the unit of theta", unit) <= MOST:
        raise InputError(f"theta is counted in a unit between 1 and 2**53, not {unit}")
    beyond = [value for value in whole if abs(value) > MOST]
    if beyond:
        raise InputError(f"theta-bar holds {beyond[0]}: its integers go up to 2**53")
    return torch.tensor([value / operator.index(unit) for value in whole], dtype=torch.float64)


def moved(sketch: Sketch, weight: Tensor, step: Tensor) -> Tensor:
    """The float32 weight after the step, a new tensor.

    Args:
        weight: float32 of the sketch's shape, on its device.
        step: (share,) float64 on the CPU.

    Raises:
        InputError: the weight holds NaN or infinity, or would.
    """
    scaled = (step * sketch.scale).to(weight.device)
    before = weight.detach().reshape(-1)
    after = torch.empty_like(before)
    for first in range(0, len(before), _CHUNK):
        part = slice(first, first + _CHUNK)
        change = scaled.index_select(0, sketch.columns[part]) * sketch.signs[part]
        after[part] = _without_subnormals(before[part].double() + change)
    if not bool(after.isfinite().all()):
        raise InputError(
            f"{sketch.name} holds NaN or infinity after the step, or did before",
            "take smaller steps, or start from another model",
        )
    return after.reshape(sketch.shape)


def _without_subnormals(values: Tensor) -> Tensor:
    """In float64, where all that float32 can hold is normal and every processor sees it."""
    return torch.where(values.abs() < _SMALLEST_NORMAL, 0.0, values)


def _integer(what: str, value: object) -> int:
    try:
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise InputError(f"{what} is counted in integers, not in {value!r}") from None
