"""Figures as tables on the terminal, and in a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from market import durable

Row = dict[str, Any]


def publish(figures: dict[str, list[Row]], path: Path | None) -> None:
    """Prints a table for each title, a column for each key of its rows; writes all to `path`."""
    for title, rows in figures.items():
        table = Table(title=title)
        for name in rows[0]:
            table.add_column(name)
        for row in rows:
            table.add_row(*map(_cell, row.values()))
        Console(width=max(120, 11 * len(rows[0]))).print(table)
    if path is not None:
        durable.write_json(path, figures)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if type(value) is int else str(value)
