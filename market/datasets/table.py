"""A data file of a linear project, read with suspicion: CSV with a header, Parquet, or .npz."""

from __future__ import annotations

import csv
import io
import math
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from market.data.numpy_file import read_npz
from market.durable import write_bytes
from market.errors import InputError

LABEL = "label"
MAX_NAME = 60
"""Characters that are kept of a column's name."""
MAX_BYTES = 512 * 2**20
"""The largest file, unpacked, that is read into memory."""


@dataclass(frozen=True)
class Table:
    """Labelled rows.

    Args:
        X: (n, F - 1) finite raw features, no bias column.
        y: (n,) class labels in [0, classes).
    """

    X: npt.NDArray[np.float64]
    y: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.y)

    def rows(self, indices: npt.NDArray[np.int64]) -> Table:
        """The table of the rows at `indices`."""
        return Table(self.X[indices], self.y[indices])


def read_table(
    path: Path,
    features: int,
    classes: int,
    max_bytes: int = MAX_BYTES,
    columns: tuple[str, ...] = (),
) -> Table:
    """Reads a data file.

    A `.csv` file has a header, one column for each feature, and `label` as its last column; if
    it has every one of the project's `columns`, they are picked by name, whatever their order. A
    `.parquet` file is read by name too. An `.npz` file has the arrays `X` (n, features) and `y`
    (n,).

    Args:
        features: how many feature columns the project expects.
        classes: how many classes the project has.
        max_bytes: refuse a file larger than this, unpacked.
        columns: the features' names in the project's order; empty if it names none.

    Raises:
        InputError: the file is missing, unreadable, too large, empty, has another number of
            columns, or holds something that is no finite number or no label.
    """
    check_file(path, max_bytes)
    try:
        # Arrow is imported only where a table is read by name.
        suffix = path.suffix.lower()
        if suffix == ".parquet" or (suffix == ".csv" and columns):
            from market.data.linear import by_name, read_named

            if suffix == ".parquet" or by_name(path, columns):
                rows = read_named(path, columns, features, classes, max_bytes)
                return Table(rows.X, rows.y)
        if suffix == ".csv":
            return _read_csv(path, features, classes)
        return _read_npz(path, features, classes, max_bytes)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error


def check_file(path: Path, max_bytes: int = MAX_BYTES) -> None:
    """All that `read_table` can refuse before the project's sizes are known.

    Raises:
        InputError: the file is missing, unreadable, too large, or no .csv, .npz or .parquet.
    """
    if not path.is_file():
        raise InputError(f"no data file at {path}", "give a .csv, .parquet or .npz file")
    if path.suffix.lower() not in (".csv", ".npz", ".parquet"):
        raise InputError(
            f"{path} is neither .csv nor .npz nor .parquet", "convert it to one of them"
        )
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    if size > max_bytes:
        raise InputError(f"{path} is larger than {max_bytes} bytes", "give fewer rows")


def write_csv(path: Path, table: Table, feature_names: tuple[str, ...]) -> None:
    """Writes `table` so that `read_table` gives it back bit for bit."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*feature_names, LABEL])
    for row, label in zip(table.X.tolist(), table.y.tolist(), strict=True):
        writer.writerow([*row, label])
    write_bytes(path, text.getvalue().encode())


def column_names(path: Path) -> tuple[str, ...]:
    """The features' names in a file that `read_table` has read; none of an .npz.

    Raises:
        InputError: a name of Parquet, which others' files must have too, is too long to be kept.
    """
    if path.suffix.lower() == ".parquet":
        from market.data.linear import feature_names
        from market.data.parquet_table import ParquetTable

        table = ParquetTable(path)
        table.close()
        names = feature_names(table.header)
        long = next((name for name in names if len(name) > MAX_NAME), None)
        if long is not None:
            raise InputError(
                f"{path}: the column {long[:MAX_NAME]!r}... has more than {MAX_NAME} characters",
                "give it a shorter name",
            )
        return names
    if path.suffix.lower() != ".csv":
        return ()
    with path.open(newline="", encoding="utf-8-sig") as file:
        header = next(csv.reader(file, strict=True))
    return tuple(name.strip()[:MAX_NAME] for name in header[:-1])


def _read_csv(path: Path, features: int, classes: int) -> Table:
    rows: list[list[float]] = []
    labels: list[int] = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, strict=True)
            header = next(reader, None)
            if not header:
                raise InputError(f"{path} is empty", "give a header and at least one row")
            if header[-1].strip().lower() != LABEL:
                raise InputError(
                    f"{path}: the last column is {header[-1]!r}, expected {LABEL!r}",
                    "name the columns in the first line, the label last",
                )
            _check_columns(path, "the header", len(header) - 1, features)
            for row in reader:
                if not row:
                    continue
                place = f"line {reader.line_num}"
                _check_columns(path, place, len(row) - 1, features)
                cells = zip(header, row, strict=True)
                numbers = [_number(path, place, name, cell) for name, cell in cells]
                rows.append(numbers[:-1])
                labels.append(_label(path, place, numbers[-1], classes))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"{path} is not CSV text: {error}", "save it as CSV, encoded as UTF-8"
        ) from error
    if not rows:
        raise InputError(f"{path} has no rows", "give at least one row after the header")
    return Table(np.array(rows, dtype=np.float64), np.array(labels, dtype=np.int64))


def _read_npz(path: Path, features: int, classes: int, max_bytes: int) -> Table:
    found = read_npz(path, max_bytes)
    X, y = found["X"], found["y"]
    if X.ndim != 2 or y.shape != (len(X),):
        raise InputError(f"{path}: X has shape {X.shape} and y {y.shape}, expected (n, F), (n,)")
    if X.dtype.kind not in "iuf" or y.dtype.kind not in "iuf":
        raise InputError(f"{path}: X and y must be numeric, got {X.dtype} and {y.dtype}")
    if len(X) == 0:
        raise InputError(f"{path} has no rows", "give at least one row")
    _check_columns(path, "X", X.shape[1], features)
    X = X.astype(np.float64)
    if not np.isfinite(X).all():
        row, column = np.argwhere(~np.isfinite(X))[0]
        raise InputError(f"{path}, row {row}, column {column}: not a finite number")
    labels = [_label(path, f"row {row}", float(label), classes) for row, label in enumerate(y)]
    return Table(X, np.array(labels, dtype=np.int64))


def _check_columns(path: Path, place: str, got: int, expected: int) -> None:
    if got != expected:
        raise InputError(
            f"{path}, {place}: expected {expected} feature columns and a label, got {got}",
            "give the columns that the project's spec lists",
        )


def _number(path: Path, place: str, name: str, cell: str) -> float:
    try:
        # float() takes "1_000" and digits of other scripts too; readers by name do not.
        number = float(cell if cell.strip().isascii() and "_" not in cell else "no number")
    except ValueError:
        raise InputError(f"{path}, {place}, column {name!r}: {cell[:40]!r} is no number") from None
    if not math.isfinite(number):
        raise InputError(f"{path}, {place}, column {name!r}: {cell[:40]!r} is not finite")
    return number


def _label(path: Path, place: str, number: float, classes: int) -> int:
    if not math.isfinite(number) or not number.is_integer() or not 0 <= number < classes:
        raise InputError(
            f"{path}, {place}: label {number:g} is no class",
            f"labels are the integers 0 to {classes - 1}",
        )
    return int(number)
