"""What goes into a model: named columns of a table, an array of a fixed shape, or an image."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

from market.data.names import SHOWN, check_name, check_names, few
from market.errors import InputError

DTYPES = ("float32", "float64", "int64")
"""Of X. Linear projects count in float64, token numbers are int64, all else is float32."""
REFUSE, DROP = "refuse", "drop"
"""Rules for a missing value: end with a mismatch, or leave its row out."""
MAX_ENTRIES = 2**24
"""Most entries of one row."""
_MAX_AXES = 6
_LARGEST = 1e30
"""Of a constant or a bound: well within float32."""


@dataclass(frozen=True)
class Column:
    """A column of numbers.

    Args:
        name: in the header of a table, without surrounding blanks.
        missing: `REFUSE`, `DROP`, or the number that takes a missing value's place.

    Raises:
        InputError: a name that cannot be shown, or no such rule.
    """

    name: str
    missing: str | float = REFUSE

    def __post_init__(self) -> None:
        check_name("column", self.name)
        rule = self.missing
        if isinstance(rule, str):
            if rule not in (REFUSE, DROP):
                raise InputError(
                    f"column {self.name!r}: no rule {rule!r} for missing values",
                    f'say "{REFUSE}", "{DROP}", or a number',
                )
        elif not _is_number(rule):
            raise InputError(f"column {self.name!r}: {rule!r} cannot take a missing value's place")


@dataclass(frozen=True)
class Columns:
    """Rows of numbers with names: X is (n, F), in the order of `columns`.

    Raises:
        InputError: no columns, too many, one named twice, an unknown dtype, or a constant that
            the dtype cannot hold.
    """

    columns: tuple[Column, ...]
    dtype: str = "float32"

    def __post_init__(self) -> None:
        _check_dtype(self.dtype)
        check_names("columns", tuple(column.name for column in self.columns), 1)
        for column in self.columns:
            whole = isinstance(column.missing, str) or float(column.missing).is_integer()
            if self.dtype == "int64" and not whole:
                raise InputError(f"column {column.name!r}: {column.missing} is no whole number")

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.columns),)

    @property
    def bounds(self) -> tuple[float, float]:
        return (-math.inf, math.inf)

    def describe(self) -> str:
        rules = [
            f"a row without {column.name!r} is left out"
            if column.missing == DROP
            else f"a missing {column.name!r} counts as {column.missing:g}"
            for column in self.columns
            if column.missing != REFUSE
        ]
        more = [f"{len(rules) - SHOWN} such rules more"] if len(rules) > SHOWN else []
        return "; ".join([f"{few(self.names, 'columns')} as {self.dtype}", *rules[:SHOWN], *more])


@dataclass(frozen=True)
class Array:
    """Arrays of one shape: X is (n, *shape).

    Args:
        shape: of one row.
        low, high: the smallest and the largest entry allowed, both included; None for no bound.

    Raises:
        InputError: a shape that is empty, absurd or has an axis without length, an unknown dtype,
            or bounds that leave nothing.
    """

    shape: tuple[int, ...]
    dtype: str = "float32"
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        _check_dtype(self.dtype)
        axes = self.shape
        if not 1 <= len(axes) <= _MAX_AXES or any(type(n) is not int or n < 1 for n in axes):
            raise InputError(f"a row cannot have the shape {axes}")
        if math.prod(axes) > MAX_ENTRIES:
            raise InputError(f"a row of shape {axes} has more than {MAX_ENTRIES} entries")
        for bound in (self.low, self.high):
            if bound is not None and not _is_number(bound):
                raise InputError(f"{bound!r} cannot bound the entries")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise InputError(f"no entry lies from {self.low:g} to {self.high:g}")

    @property
    def bounds(self) -> tuple[float, float]:
        return (
            -math.inf if self.low is None else self.low,
            math.inf if self.high is None else self.high,
        )

    def describe(self) -> str:
        low, high = self.low, self.high
        bounds = "" if low is None else f" from {low:g}"
        bounds += "" if high is None else f" up to {high:g}"
        return f"arrays of {_times(self.shape)} as {self.dtype}{bounds}"


@dataclass(frozen=True)
class Image:
    """Images: X is (n, channels, height, width) float32 in [0, 1].

    Args:
        channels: 1 for grey, 3 for red, green and blue.
        resize: whether images of other sizes are brought to this one, or refused.

    Raises:
        InputError: other channels, or a size that is absurd.
    """

    channels: int
    height: int
    width: int
    resize: bool = False

    def __post_init__(self) -> None:
        if self.channels not in (1, 3):
            raise InputError(f"images have 1 or 3 channels, not {self.channels}")
        if type(self.resize) is not bool:
            raise InputError(f"images are resized or not; {self.resize!r} says neither")
        Array(self.shape)

    @property
    def dtype(self) -> str:
        return "float32"

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.channels, self.height, self.width)

    @property
    def bounds(self) -> tuple[float, float]:
        return (0.0, 1.0)

    def describe(self) -> str:
        colour = "grey" if self.channels == 1 else "colour"
        others = "brought to this size" if self.resize else "refused"
        return f"{colour} images {self.width} wide and {self.height} high, others {others}"


Inputs: TypeAlias = Columns | Array | Image


def _check_dtype(dtype: str) -> None:
    if dtype not in DTYPES:
        raise InputError(f"rows cannot be of dtype {dtype!r}", f"choose one of {', '.join(DTYPES)}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and type(value) is not bool and abs(value) <= _LARGEST


def _times(shape: tuple[int, ...]) -> str:
    return " x ".join(str(axis) for axis in shape)
