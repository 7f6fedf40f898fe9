"""Tables of linear projects, whose documents say how many features and classes there are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from market.data.columns import read_columns
from market.data.csv_table import CsvTable
from market.data.inputs import Column, Columns
from market.data.mismatch import listed
from market.data.parquet_table import ParquetTable
from market.data.rows import Rows
from market.data.schema import Schema
from market.data.target import Classes
from market.errors import InputError

LABEL = "label"


def by_name(path: Path, columns: Sequence[str]) -> bool:
    """Whether a CSV file is to be read by the project's names, and not by its order.

    It is if it has all of them. A file with names of its own is read in its order, as ever; one
    that has some of the project's names in other places would be read wrongly.

    Raises:
        InputError: it has some of the names, in another order.
    """
    if not columns or len(set(columns)) != len(columns) or LABEL in columns:
        return False
    table = CsvTable(path)
    table.close()
    header = list(table.header)
    missing = [name for name in columns if name not in header]
    if not missing:
        return LABEL in header
    moved = [
        name for place, name in enumerate(columns) if name in header and header.index(name) != place
    ]
    if moved:
        raise InputError(
            f"{path}: there is no column {listed(missing)}, and {listed(moved)} stand elsewhere "
            "than in the project",
            "name the columns as `market show` does, or put them in its order",
        )
    return False


def read_named(
    path: Path, columns: Sequence[str], features: int, classes: int, max_bytes: int
) -> Rows:
    """Rows of a table in float64, its columns picked by name.

    Args:
        columns: the project's; where it names none, all of a Parquet file but `label`.
        features: how many there must be.
        max_bytes: refuse a larger file, and rows that take more in memory.

    Raises:
        MismatchError: names all that does not fit.
        InputError: the file is unusable, or has another number of columns.
    """
    csv = path.suffix.lower() == ".csv"
    table = CsvTable(path, max_bytes) if csv else ParquetTable(path, max_bytes)
    names = tuple(columns) or feature_names(table.header)
    if len(names) != features:
        table.close()
        raise InputError(
            f"{path}: expected {features} feature columns and a label, got {len(names)}",
            "give the columns that the project's spec lists",
        )
    inputs = Columns(tuple(Column(name) for name in names), "float64")
    target = Classes(tuple(str(label) for label in range(classes)), LABEL)
    return read_columns(table, Schema(inputs, target), max_bytes)


def feature_names(header: Sequence[str]) -> tuple[str, ...]:
    """All names but the label's."""
    return tuple(name for name in header if name != LABEL)
