"""How commands talk: for people on standard error, or as JSON on standard output."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape

from market.errors import MarketError

_GOOD = {"settled", "created", "joined", "bonded", "committed", "revealed", "proved", "fetched"}
_BAD = {"failed", "refused", "unusable", "no receipt"}


class Output:
    """Prints progress and results.

    Args:
        as_json: one JSON object a line on standard output, instead of text.
    """

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self.console = Console(stderr=True, highlight=False, soft_wrap=True)
        self.results = Console(highlight=False, soft_wrap=True)
        self._start = time.monotonic()

    def progress(self, event: str, **fields: object) -> None:
        """Tells that `event` happened."""
        if self.as_json:
            self._line({"event": event, **fields})
            return
        colour = "green" if event in _GOOD else "red" if event in _BAD else "cyan"
        shown = "  ".join(f"[dim]{key}[/dim] {escape(_short(v))}" for key, v in fields.items())
        elapsed = time.monotonic() - self._start
        self.console.print(f"[dim]{elapsed:7.1f}s[/dim] [{colour}]{event:<10}[/{colour}] {shown}")

    def result(self, text: str, value: dict[str, Any]) -> None:
        """The outcome of a command: `text` for people, `value` as JSON."""
        if self.as_json:
            self._line({"event": "result", **value})
        else:
            # Not as markup: names and content ids are strangers' text.
            self.results.print(printable(text), markup=False)

    def error(self, error: MarketError) -> None:
        """One line of what went wrong and what to do."""
        if self.as_json:
            self._line(
                {
                    "event": "error",
                    "error": error.message,
                    "hint": error.hint,
                    "exit_code": error.exit_code,
                }
            )
        said = printable(" ".join(str(error).split()))
        self.console.print(f"[red]error:[/red] {escape(said)}")

    def _line(self, value: dict[str, Any]) -> None:
        sys.stdout.write(json.dumps(value, default=str) + "\n")
        sys.stdout.flush()


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines with their cells one under the other, however narrow the terminal is: an address that
    is cut is of no use."""
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def printable(text: str) -> str:
    """`text` with every character that could command a terminal written as its escape.

    Peers write some of it: a node's error, a content id, an address.
    """
    return "".join(
        each
        if each.isprintable() or each == "\n"
        else each.encode("unicode_escape").decode("ascii")
        for each in text
    )


def _short(value: object) -> str:
    text = " ".join(printable(str(value)).split("\n"))
    return text if len(text) <= 120 else f"{text[:117]}..."
