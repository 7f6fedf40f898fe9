"""Cells of a table as numbers, whatever type a file keeps them in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Floats = npt.NDArray[np.float64]

MISSING = ("", "#n/a", "n/a", "na", "nan", "none", "null")
"""Texts that stand for a missing number, in any case: of spreadsheets, R, pandas and databases."""
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
EXACT = 2**53
"""Beyond it float64 skips whole numbers."""


@dataclass(frozen=True)
class Cells:
    """One column of a piece of a table.

    Args:
        values: (n,) with NaN where a cell is missing or is no number, infinities as they came.
        missing: (n,) which are missing.
        unreadable: (n,) which are no number at all.
    """

    values: Floats
    missing: npt.NDArray[np.bool_]
    unreadable: npt.NDArray[np.bool_]


def holds_numbers(kind: pa.DataType) -> bool:
    """Whether a column of that type can be read as numbers.

    Numbers themselves, truths, texts, and columns without any value, as pandas writes them.
    """
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_boolean(kind)
        or pa.types.is_null(kind)
        or is_text(kind)
    )


def is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def plain(column: Any) -> Any:
    """The column in a type that Arrow computes with, without dictionary encoding."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_null(column.type):
        return column.cast(pa.float64())
    return column.cast(pa.string()) if pa.types.is_string_view(column.type) else column


def read_cells(column: Any) -> Cells:
    """A column for which `holds_numbers`.

    Whole numbers that float64 cannot hold exactly are unreadable rather than rounded.
    """
    column = plain(column)
    if is_text(column.type):
        return _of_text(column)
    unreadable = np.zeros(len(column), dtype=np.bool_)
    if pa.types.is_integer(column.type):
        wide = column.cast(pa.decimal128(20, 0)) if column.type == pa.uint64() else column
        beyond = pc.or_(pc.greater(wide, EXACT), pc.less(wide, -EXACT))
        unreadable = _mask(beyond)
    values = _floats(column)
    return Cells(values, np.isnan(values) & ~unreadable, unreadable)


def _of_text(column: Any) -> Cells:
    try:
        values = _floats(column)
    except pa.ArrowInvalid:
        pass
    else:
        if not np.isnan(values).any():
            nothing = np.zeros(len(values), dtype=np.bool_)
            return Cells(values, nothing, nothing)
    trimmed = pc.utf8_trim_whitespace(column)
    absent = pc.is_in(pc.utf8_lower(trimmed), value_set=pa.array(MISSING, trimmed.type))
    missing = _mask(pc.or_(column.is_null(), absent))
    number = pc.match_substring_regex(trimmed, _NUMBER)
    values = _floats(pc.if_else(number, trimmed, pa.scalar(None, trimmed.type)))
    return Cells(values, missing, ~_mask(number) & ~missing)


def _floats(column: Any) -> Floats:
    """(n,) float64, NaN for null."""
    cast = pc.cast(column, pa.float64(), safe=False).fill_null(float("nan"))
    return np.asarray(cast.to_numpy(zero_copy_only=False), dtype=np.float64)


def _mask(column: Any) -> npt.NDArray[np.bool_]:
    filled = column.fill_null(False)
    return np.asarray(filled.to_numpy(zero_copy_only=False), dtype=np.bool_)
