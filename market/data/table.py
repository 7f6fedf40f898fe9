"""What every file of columns can do, and the check of its header.

A table hands out pieces of itself, so that a file larger than its rows is never whole in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from market.data.mismatch import Findings, meant


class Table(Protocol):
    """A file of columns.

    Args:
        where: what it is called in messages.
        noun: what its rows are called: "line" of a text, "row" of anything else.
        header: names of all columns, as the file has them, without surrounding blanks.
    """

    where: str
    noun: str
    header: Sequence[str]

    def pieces(self, names: Sequence[str], findings: Findings) -> Iterator[Any]:
        """Record batches of these columns, in this order. Adds what cannot be read at all."""

    def number(self, row: int) -> int:
        """What the file's reader calls the row that came as number `row`, from 0."""


def check_header(table: Table, asked: Sequence[str], findings: Findings) -> None:
    """Adds every asked column that is not there, or is there twice."""
    missing = [name for name in asked if name not in table.header]
    for name in asked:
        if table.header.count(name) > 1:
            findings.add(
                table.where,
                f"the column {name!r} is there {table.header.count(name)} times",
                "it once",
                "rename or delete the others",
            )
    if missing and len(missing) == len(asked) and len(table.header) == 1:
        mark = next((mark for mark in ";\t|" if mark in table.header[0]), None)
        if mark:
            findings.add(
                table.where,
                f"the first line is one column, with {mark!r} in it",
                "columns between commas",
                "save it as CSV with commas, and points in numbers",
            )
            return
    spare = [name for name in table.header if name not in asked]
    for name in missing:
        guess = meant(name, spare)
        findings.add(
            f"{table.where}, the header",
            "there is no such column" + (f"; there is {guess!r}" if guess else ""),
            f"a column {name!r}",
            f"rename it to {name!r}" if guess else "add it",
        )
