"""Moments for people, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime


def instant(unix_seconds: int) -> str:
    """Like 2026-03-01 12:00:00 UTC."""
    return _shown(unix_seconds, "%Y-%m-%d %H:%M:%S")


def moment(unix_seconds: int) -> str:
    """Like 2026-03-01 12:00 UTC."""
    return _shown(unix_seconds, "%Y-%m-%d %H:%M")


def _shown(unix_seconds: int, pattern: str) -> str:
    try:
        return f"{datetime.fromtimestamp(unix_seconds, UTC):{pattern}} UTC"
    except (ValueError, OverflowError, OSError):  # which one depends on the platform
        return f"second {unix_seconds} after 1970, which no calendar has"
