"""Whatever a person names as data, held against the project's schema."""

from __future__ import annotations

from pathlib import Path

from market.data.files import MAX_BYTES
from market.data.rows import Rows
from market.data.schema import Schema
from market.data.source import located
from market.data.unlabelled import Unlabelled, read_inputs, read_unlabelled
from market.errors import InputError

__all__ = ["FORMS", "Unlabelled", "read", "read_inputs", "read_unlabelled"]

FORMS = ".csv, .parquet, .npz, X.npy beside y.npy, a folder of images, or module:function"


def read(source: str | Path, schema: Schema, max_bytes: int = MAX_BYTES) -> Rows:
    """Reads all rows, or says everything that is wrong with them.

    Args:
        source: a file or folder, or `module:function` where there is no file of that name.
        schema: what the project's document says.
        max_bytes: refuse a larger file, unpacked, and rows that take more in memory.

    Raises:
        MismatchError: names every mismatch: where, what was found, what was expected, what to do.
        InputError: there is no such data, it is of no known form, damaged or too large.
    """
    # Readers are imported when they are needed: each brings a library.
    path = located(source, FORMS)
    if path is None:
        from market.data.entry_point import read_entry_point

        return read_entry_point(str(source), schema, max_bytes)
    if path.is_dir():
        from market.data.images import read_images

        return read_images(path, schema, max_bytes)
    match path.suffix.lower():
        case ".csv":
            from market.data.columns import read_columns
            from market.data.csv_table import CsvTable

            return read_columns(CsvTable(path, max_bytes), schema, max_bytes)
        case ".parquet":
            from market.data.columns import read_columns
            from market.data.parquet_table import ParquetTable

            return read_columns(ParquetTable(path, max_bytes), schema, max_bytes)
        case ".npz":
            from market.data.arrays import read_arrays
            from market.data.numpy_file import read_npz

            found = read_npz(path, max_bytes)
            return read_arrays(str(path), found["X"], found["y"], schema, max_bytes)
        case ".npy" if path.name == "X.npy":
            from market.data.arrays import read_arrays
            from market.data.numpy_file import read_npy

            X, y = read_npy(path, max_bytes), read_npy(path.with_name("y.npy"), max_bytes)
            return read_arrays(str(path.parent), X, y, schema, max_bytes)
    raise InputError(f"{path} is of no known form", f"give {FORMS}")
