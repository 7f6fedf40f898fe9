"""CSV text: UTF-8, commas, the names of the columns in the first line."""

from __future__ import annotations

import codecs
import csv
import functools
import io
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv

from market.data.files import MAX_BYTES, open_file
from market.data.mismatch import Findings, Tally, places
from market.errors import InputError

_MAX_HEADER = 2**22
_BLOCK = 2**23
"""Bytes parsed at once; no line may be longer."""
_MAX_RAGGED = 10_000


class CsvTable:
    """A CSV file.

    Args:
        path: of the file.
        max_bytes: refuse a larger one.
        links: whether the file may be a symbolic link.
        every: whether each line counts, as where something is to be said of each: a line is blank
            only where all of its cells are, asked or not, and only below the last row.

    Raises:
        InputError: the file cannot be opened, or its first line is no header.
    """

    noun = "line"

    def __init__(
        self, path: Path, max_bytes: int = MAX_BYTES, links: bool = True, every: bool = False
    ) -> None:
        self.where = str(path)
        self._every = every
        self._file = open_file(path, max_bytes, links)
        self._lines = array("q")
        self._ragged: list[int] = []
        self._next = 2
        try:
            self.header: Sequence[str] = self._read_header(self._file)
        except BaseException:
            self._file.close()
            raise

    def close(self) -> None:
        self._file.close()

    def pieces(self, names: Sequence[str], findings: Findings) -> Iterator[Any]:
        """Record batches of texts. Adds lines with more or fewer cells than the header.

        Lines without any of these cells are blank, as spreadsheets leave below the last row. Adds
        those between rows, where every line counts.

        Raises:
            InputError: the file is no UTF-8 text, or its quotes do not close.
        """
        ragged = Tally("")

        def skip(row: Any) -> str:
            self._ragged.append(row.number)
            ragged.add([row.number], row.text)
            return "error" if len(self._ragged) > _MAX_RAGGED else "skip"

        def report() -> None:
            if ragged.total:
                findings.add(
                    f"{self.where}, {places(self.noun, ragged.rows, ragged.total)}",
                    "more or fewer cells than the header has",
                    f"{len(self.header)} cells",
                    "put cells that hold commas into quotes",
                )

        keys = [f"c{place}" for place in range(len(self.header))]
        asked = [keys[self.header.index(name)] for name in names]
        looked_at = keys if self._every else asked
        with self._file:
            if self._empty:
                return
            lines, closed = self._count()
            try:
                for piece in arrow_csv.open_csv(
                    self._file,
                    # Lines are numbered only where one thread reads them.
                    arrow_csv.ReadOptions(
                        use_threads=False, block_size=_BLOCK, column_names=keys, skip_rows=1
                    ),
                    arrow_csv.ParseOptions(
                        newlines_in_values=True,
                        ignore_empty_lines=False,  # they would not be counted either
                        invalid_row_handler=skip,
                    ),
                    arrow_csv.ConvertOptions(
                        include_columns=looked_at,
                        column_types={key: pa.string() for key in looked_at},
                        strings_can_be_null=False,
                    ),
                ):
                    whole = self._without_blanks(piece)
                    yield whole.select(asked) if self._every else whole
            except pa.ArrowInvalid as error:
                if len(self._ragged) > _MAX_RAGGED:
                    report()
                    findings.refuse()
                # What the parser says may quote lines of the file.
                raise self._not_text(str(error)) from error
        if not closed and self._next <= lines:
            findings.add(
                self.where,
                f"a quote opens and does not close, and {lines + 1 - self._next} lines are within",
                "quotes in pairs",
                "close it, or write it twice where it belongs to the text",
            )
        if self._every:
            self._report_gaps(findings)
        report()

    def number(self, row: int) -> int:
        """The line, counted from 1 with the header; cells of several lines count as one."""
        return self._lines[row]

    def _count(self) -> tuple[int, bool]:
        """How many lines there are, and whether quotes come in pairs.

        The parser takes the end of the file for the quote that is missing, and with it all lines
        between, unseen if nobody asks for their column.
        """
        lines = quotes = 0
        decoder = codecs.getincrementaldecoder("utf-8")()
        self._file.seek(0)
        while block := self._file.read(_BLOCK):
            # The parser looks at the cells it is asked for only, and cannot tell of ragged lines
            # that are no text.
            try:
                decoder.decode(block)
            except UnicodeDecodeError as error:
                line = lines + error.object[: error.start].count(b"\n") + 1
                raise self._not_text(f"line {line} is not UTF-8") from error
            lines += block.count(b"\n")
            quotes += block.count(b'"')
        if decoder.getstate()[0]:
            raise self._not_text("it ends within a character of UTF-8")
        self._file.seek(0)
        return lines, quotes % 2 == 0

    def _without_blanks(self, piece: Any) -> Any:
        first = self._next
        lines = np.arange(first, first + len(piece) + len(self._ragged))
        lines = lines[~np.isin(lines, self._ragged)][: len(piece)]
        self._next = int(lines[-1]) + 1 if len(lines) else first
        blank = functools.reduce(pc.and_, (pc.equal(column, "") for column in piece.columns))
        kept = ~np.asarray(blank.to_numpy(zero_copy_only=False), dtype=np.bool_)
        self._lines.frombytes(lines[kept].astype(np.int64).tobytes())
        return piece if kept.all() else piece.filter(pa.array(kept))

    def _report_gaps(self, findings: Findings) -> None:
        """Adds blank lines between rows: whoever counts them would read the answers one off."""
        if not self._lines:
            return
        known = np.concatenate([np.array(self._lines), np.array(self._ragged, dtype=np.int64)])
        there = np.isin(np.arange(2, self._lines[-1]), known)
        blank = np.flatnonzero(~there) + 2
        if len(blank):
            findings.add(
                f"{self.where}, {places(self.noun, blank[:3].tolist(), len(blank))}",
                "all cells are empty",
                "a row in each line",
                "fill it in, or delete the line",
            )

    def _not_text(self, found: str) -> InputError:
        said = " ".join(found.split())[:200]
        return InputError(
            f"{self.where} is not CSV text: {said}", "save it as CSV, encoded as UTF-8"
        )

    def _read_header(self, file: BinaryIO) -> list[str]:
        text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace")
        try:
            first = text.readline(_MAX_HEADER)
            self._empty = not text.read(1)
        finally:
            text.detach()
        if not first:
            raise InputError(f"{self.where} is empty", "give a header and at least one row")
        if len(first) == _MAX_HEADER:
            raise InputError(
                f"{self.where}: the first line is longer than {_MAX_HEADER} characters",
                "give a header of fewer columns",
            )
        if "\0" in first:
            raise self._not_text("the first line holds NUL, as UTF-16 does")
        if "\N{REPLACEMENT CHARACTER}" in first:
            raise self._not_text("line 1 is not UTF-8")
        try:
            header = next(csv.reader([first], strict=True), None)
        except csv.Error as error:
            raise InputError(
                f"{self.where}: the first line is no header: {error}",
                "close its quotes, and write each column's name in one line",
            ) from error
        if not header:
            raise InputError(
                f"{self.where}: the first line is empty", "begin with the names of the columns"
            )
        return [name.strip() for name in header]
