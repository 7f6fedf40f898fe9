"""Parquet, through Arrow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from market.data.cells import holds_numbers, is_text
from market.data.files import MAX_BYTES, open_file
from market.data.mismatch import Findings
from market.errors import InputError

_PIECE = 2**14
"""Rows of a piece."""
_MAX_TEXT = 2**12
"""Bytes of one cell."""
_MAX_STRING = 2**24
_MAX_CONTAINER = 2**20
"""Of the footer: its parser would allocate what it says."""


class ParquetTable:
    """A Parquet file, of whose columns only flat ones can be asked for.

    Args:
        path: of the file.
        max_bytes: refuse a larger one, or one of whose row groups unpacks to more.

    Raises:
        InputError: the file cannot be opened, or is no Parquet.
    """

    noun = "row"

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        self.where = str(path)
        self._max_bytes = max_bytes
        self._file = open_file(path, max_bytes)
        try:
            self._parquet = self._open([])
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
            texts = [
                name
                for name, place in zip(stored, places, strict=True)
                if is_text(self._schema.field(place).type)
            ]
            try:
                self._check_size()
                # As dictionaries, texts take no more than they do in the file.
                parquet = self._open(texts)
                for piece in parquet.iter_batches(_PIECE, columns=stored, use_threads=False):
                    # Offsets and texts are the file's word until they are checked.
                    piece.validate(full=True)
                    for name in texts:
                        self._check_texts(name, piece.column(name))
                    yield piece.select(stored)
            except (pa.ArrowException, OSError, ValueError, KeyError) as error:
                raise self._damaged(error) from error

    def number(self, row: int) -> int:
        """Rows count from 0, as in pandas."""
        return row

    def _check_size(self) -> None:
        """Arrow unpacks a group of rows at a time; `read_columns` bounds what is kept of it.

        Sizes of single columns are out of reach: asked for those of a damaged footer, pyarrow ends
        the process (decision 24).
        """
        metadata = self._parquet.metadata
        groups = range(metadata.num_row_groups)
        if (
            max((metadata.row_group(n).total_byte_size for n in groups), default=0)
            > self._max_bytes
        ):
            raise InputError(
                f"{self.where}: one of its row groups unpacks to more than {self._max_bytes} bytes",
                "write it in smaller row groups, or with the project's columns only",
            )

    def _open(self, texts: Sequence[str]) -> Any:
        """The file, with columns of texts read as dictionaries."""
        self._file.seek(0)
        return pq.ParquetFile(
            self._file,
            read_dictionary=list(texts),
            thrift_string_size_limit=_MAX_STRING,
            thrift_container_size_limit=_MAX_CONTAINER,
            page_checksum_verification=True,
            pre_buffer=False,
        )

    def _check_texts(self, name: str, column: Any) -> None:
        """Before rows unpack them: a file of a kilobyte can hold a megabyte in each of its rows."""
        texts = column.dictionary if pa.types.is_dictionary(column.type) else column
        longest = pc.max(pc.binary_length(texts)).as_py() or 0
        if longest > _MAX_TEXT:
            raise InputError(
                f"{self.where}, column {name.strip()!r}: a text has {longest} bytes, expected "
                f"numbers or names of at most {_MAX_TEXT}",
                "give another column, or shorten the text",
            )

    def _damaged(self, error: Exception) -> InputError:
        said = " ".join(str(error).split())[:200]
        return InputError(f"{self.where} is not Parquet: {said}", "write the file anew")
