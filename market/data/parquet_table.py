"""Parquet, through Arrow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from market.data.cells import holds_numbers
from market.data.files import MAX_BYTES, open_file
from market.data.mismatch import Findings
from market.errors import InputError

_PIECE = 2**14
"""Rows of a piece."""
_MAX_STRING = 2**24
_MAX_CONTAINER = 2**20
"""Of the footer: its parser would allocate what it says."""


class ParquetTable:
    """A Parquet file, of whose columns only flat ones can be asked for.

    Args:
        path: of the file.
        max_bytes: refuse a larger one, or one whose asked columns unpack to more.

    Raises:
        InputError: the file cannot be opened, or is no Parquet.
    """

    noun = "row"

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        self.where = str(path)
        self._max_bytes = max_bytes
        self._file = open_file(path, max_bytes)
        try:
            self._parquet = pq.ParquetFile(
                self._file,
                thrift_string_size_limit=_MAX_STRING,
                thrift_container_size_limit=_MAX_CONTAINER,
                page_checksum_verification=True,
            )
            self._schema = self._parquet.schema_arrow
            self.header: Sequence[str] = [name.strip() for name in self._schema.names]
        except (pa.ArrowException, OSError, ValueError) as error:
            self._file.close()
            raise self._damaged(error) from error

    def close(self) -> None:
        self._file.close()

    def pieces(self, names: Sequence[str], findings: Findings) -> Iterator[Any]:
        """Record batches. Adds columns that hold no numbers and no texts.

        Raises:
            InputError: the file is damaged, or unpacks to too much.
        """
        places = [self.header.index(name) for name in names]
        wrong = False
        for name, place in zip(names, places, strict=True):
            kind = self._schema.field(place).type
            if not holds_numbers(kind):
                wrong = True
                findings.add(
                    f"{self.where}, column {name!r}",
                    f"it is of type {str(kind)[:60]}",
                    "numbers or texts",
                    "convert it",
                )
        with self._file:
            if wrong:
                return
            stored = [self._schema.names[place] for place in places]
            try:
                self._check_size(set(stored))
                for piece in self._parquet.iter_batches(_PIECE, columns=stored):
                    # Offsets and texts are the file's word until they are checked.
                    piece.validate(full=True)
                    yield piece.select(stored)
            except (pa.ArrowException, OSError, ValueError, KeyError) as error:
                raise self._damaged(error) from error

    def number(self, row: int) -> int:
        """Rows count from 0, as in pandas."""
        return row

    def _check_size(self, stored: set[str]) -> None:
        metadata = self._parquet.metadata
        unpacked = 0
        for group in range(metadata.num_row_groups):
            for place in range(metadata.num_columns):
                column = metadata.row_group(group).column(place)
                if column.path_in_schema in stored:
                    unpacked += max(column.total_uncompressed_size, 0)
        if unpacked > self._max_bytes:
            raise InputError(
                f"{self.where} unpacks to more than {self._max_bytes} bytes", "give fewer rows"
            )

    def _damaged(self, error: Exception) -> InputError:
        said = " ".join(str(error).split())[:200]
        return InputError(f"{self.where} is not Parquet: {said}", "write the file anew")
