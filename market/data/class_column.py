"""The column that names each row's class, read piece by piece."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from market.data.cells import is_text, plain
from market.data.classes import ClassNames
from market.data.mismatch import Findings, Tally, listed, places
from market.data.table import Table
from market.data.target import Classes


class ClassColumn:
    """The column that names each row's class, piece by piece."""

    def __init__(self, table: Table, target: Classes) -> None:
        self._table, self._target = table, target
        self._names = ClassNames(target.names)
        self._missing = Tally("stands for a missing label")

    def read(self, columns: Sequence[Any], start: int) -> npt.NDArray[Any]:
        """(n,) int64 classes of a piece that begins at row `start`; wrong ones are kept."""
        cells = plain(columns[0])
        texts = pc.utf8_trim_whitespace(cells) if is_text(cells.type) else cells.cast(pa.string())
        missing = pc.fill_null(pc.equal(texts, ""), True).to_numpy(zero_copy_only=False)
        rows = np.flatnonzero(missing)
        if len(rows):
            self._missing.add((rows + start).tolist(), "")
        encoded = texts.dictionary_encode()
        which = encoded.indices.fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
        present = np.flatnonzero(~missing)
        found = np.zeros(len(which), dtype=np.int64)
        if len(present):
            distinct = [text or "" for text in encoded.dictionary.to_pylist()]
            found[present] = self._names.positions(distinct, which[present], present + start)
        return found

    def report(self, findings: Findings) -> None:
        where = f"{self._table.where}, column {self._target.column!r}"
        if self._missing.total:
            numbers = [self._table.number(row) for row in self._missing.rows]
            findings.add(
                f"{where}, {places(self._table.noun, numbers, self._missing.total)}",
                "there is no label",
                f"one of {listed(self._target.names)}",
                "fill it in, or leave the row out",
            )
        self._names.report(findings, where, self._table.noun, self._table.number)
