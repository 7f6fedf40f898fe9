"""Columns of numbers, read piece by piece, with all that is wrong in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from market.data.cells import EXACT, Floats, read_cells
from market.data.inputs import DROP, REFUSE, Column
from market.data.mismatch import Findings, Tally, places
from market.data.table import Table
from market.data.target import Labels, Target


class NumberColumn:
    """One column of numbers, piece by piece.

    Args:
        column: its name and its rule for missing values.
        dtype: what the numbers must fit into.
        unit: whether they must be 0 or 1.
    """

    def __init__(self, table: Table, column: Column, dtype: str, unit: bool = False) -> None:
        self._table, self._column, self._unit = table, column, unit
        self._integers = dtype == "int64"
        self._largest = float(np.finfo(dtype).max) if not self._integers else float(EXACT)
        self._dtype = dtype
        self._missing = Tally("stands for a missing value")
        self._unreadable = Tally("is no number")
        self._outside = Tally("is out of range")

    def read(self, cells: Any, start: int) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """(n,) numbers of a piece that begins at row `start`, and (n,) rows to leave out.

        Where something is wrong it is kept for `report`, and the number is 0.
        """
        found = read_cells(cells)
        values = found.values.copy()
        with np.errstate(invalid="ignore"):
            outside = ~(np.abs(values) <= self._largest)
            if self._integers or self._unit:
                outside |= values != np.rint(values)
            if self._unit:
                outside |= (values < 0) | (values > 1)
        outside &= ~found.missing & ~found.unreadable
        for tally, mask in ((self._unreadable, found.unreadable), (self._outside, outside)):
            self._count(tally, mask, cells, start)
        values[found.unreadable | outside] = 0
        rule = self._column.missing
        gone = np.zeros(len(values), dtype=np.bool_)
        if rule == DROP:
            gone = found.missing
        elif rule == REFUSE:
            self._count(self._missing, found.missing, cells, start)
        values[found.missing] = rule if not isinstance(rule, str) else 0
        return values, gone

    def report(self, findings: Findings) -> None:
        expected = "0 or 1" if self._unit else "a finite number"
        if self._integers:
            expected = f"a whole number up to 2^{EXACT.bit_length() - 1}"
        remedies = (
            (self._missing, "fill it in, or leave the row out"),
            (self._unreadable, "correct it, or leave the row out"),
            (self._outside, "correct it, or leave the row out"),
        )
        for tally, remedy in remedies:
            if tally.total:
                numbers = [self._table.number(row) for row in tally.rows]
                findings.add(
                    f"{self._table.where}, column {self._column.name!r}, "
                    f"{places(self._table.noun, numbers, tally.total)}",
                    tally.found,
                    expected,
                    remedy,
                )

    def _count(self, tally: Tally, mask: npt.NDArray[np.bool_], cells: Any, start: int) -> None:
        rows = np.flatnonzero(mask)
        if len(rows):
            example = cells[int(rows[0])].as_py()
            tally.add((rows + start).tolist(), "" if example is None else example)


class NumberColumns:
    """The columns of numbers or of yes-or-no labels that a model is to predict."""

    def __init__(self, table: Table, target: Target) -> None:
        unit = isinstance(target, Labels)
        self._columns = [
            NumberColumn(table, Column(name), "float32", unit) for name in target.columns
        ]

    def read(self, columns: Sequence[Any], start: int) -> npt.NDArray[Any]:
        """(n, T) float32 of a piece that begins at row `start`."""
        found = [
            column.read(cells, start)[0]
            for column, cells in zip(self._columns, columns, strict=True)
        ]
        return np.stack(found, axis=1).astype(np.float32)

    def report(self, findings: Findings) -> None:
        for column in self._columns:
            column.report(findings)
