"""How long work tells what it is doing."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called with the name of what happened and its particulars, JSON values all of them."""

    def __call__(self, event: str, **fields: object) -> None: ...


def silent(event: str, **fields: object) -> None:
    """Tells nobody."""
