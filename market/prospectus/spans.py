"""Spans of time and counts for people."""

from __future__ import annotations

_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def span(seconds: int) -> str:
    """3720 as '1 hour 2 minutes': the two largest units that are not zero, rounded down."""
    parts = []
    for name, size in _UNITS:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {name}" + ("s" if count > 1 else ""))
    return " ".join(parts[:2]) or "0 seconds"


def counted(number: int, what: str) -> str:
    """Like '1 round' and '2 rounds'."""
    return f"{number} {what}" + ("" if number == 1 else "s")
