"""Rows of which a network is to say something: every one of them, in order, labelled or not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy.typing as npt

from market.data.files import MAX_BYTES
from market.data.inputs import DROP, REFUSE, Columns
from market.data.schema import Schema
from market.data.source import located
from market.errors import InputError

FORMS = ".csv, .parquet, .npz, .npy, a folder of images, or module:function"


@dataclass(frozen=True, eq=False)
class Unlabelled:
    """Rows as they go into a model.

    Args:
        X: (n, *shape), at least one row.
        files: of a folder of images, which image each row is; empty for all else.
    """

    X: npt.NDArray[Any]
    files: tuple[str, ...] = ()


def read_inputs(source: str | Path, schema: Schema, max_bytes: int = MAX_BYTES) -> npt.NDArray[Any]:
    """(n, *shape): the rows of `read_unlabelled`.

    Raises:
        MismatchError, InputError: as `read_unlabelled`.
    """
    return read_unlabelled(source, schema, max_bytes).X


def read_unlabelled(source: str | Path, schema: Schema, max_bytes: int = MAX_BYTES) -> Unlabelled:
    """Reads all rows as `market.data.read` does, and looks at no label.

    No row is left out: a missing value that would leave it out is a mismatch.

    Args:
        source: as of `read`: labels may be there or not, and images need no subfolders.
        schema, max_bytes: as of `read`.

    Raises:
        MismatchError: names every mismatch: where, what was found, what was expected, what to do.
        InputError: there is no such data, it is of no known form, damaged or too large.
    """
    schema = _without_drops(schema)
    path = located(source, FORMS)
    if path is None:
        from market.data.entry_point import read_input_entry_point

        return Unlabelled(read_input_entry_point(str(source), schema, max_bytes))
    if path.is_dir():
        from market.data.images import read_input_images

        files, pixels = read_input_images(path, schema, max_bytes)
        return Unlabelled(pixels, tuple(map(str, files)))
    return Unlabelled(_read_file(path, schema, max_bytes))


def _read_file(path: Path, schema: Schema, max_bytes: int) -> npt.NDArray[Any]:
    # As in `read`: each reader brings a library.
    match path.suffix.lower():
        case ".csv":
            from market.data.columns import read_input_columns
            from market.data.csv_table import CsvTable

            return read_input_columns(
                CsvTable(path, max_bytes, every=True), schema.inputs, max_bytes
            )
        case ".parquet":
            from market.data.columns import read_input_columns
            from market.data.parquet_table import ParquetTable

            return read_input_columns(ParquetTable(path, max_bytes), schema.inputs, max_bytes)
        case ".npz":
            from market.data.arrays import read_input_array
            from market.data.numpy_file import read_npz

            X = read_npz(path, max_bytes, ("X",))["X"]
            return read_input_array(str(path), X, schema, max_bytes)
        case ".npy":
            from market.data.arrays import read_input_array
            from market.data.numpy_file import read_npy

            return read_input_array(str(path), read_npy(path, max_bytes), schema, max_bytes)
    raise InputError(f"{path} is of no known form", f"give {FORMS}")


def _without_drops(schema: Schema) -> Schema:
    inputs = schema.inputs
    if not isinstance(inputs, Columns):
        return schema
    columns = tuple(
        replace(column, missing=REFUSE) if column.missing == DROP else column
        for column in inputs.columns
    )
    return replace(schema, inputs=replace(inputs, columns=columns))
