"""Amounts of native coin as people write them."""

from __future__ import annotations

import re
from decimal import Decimal

from market.errors import InputError

_UNITS = {"wei": 1, "gwei": 10**9, "ether": 10**18}
_AMOUNT = re.compile(r"(\d{1,30}(?:\.\d{1,18})?)\s*(wei|gwei|ether)")


def parse_wei(text: str) -> int:
    """'0.5ether', '10 gwei', '3wei' in wei.

    Raises:
        InputError: anything else, or a fraction of a wei.
    """
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        raise InputError(f"{text[:40]!r} is not an amount", "write for example 0.5ether or 10gwei")
    wei = Decimal(match[1]) * _UNITS[match[2]]
    if wei != wei.to_integral_value():
        raise InputError(f"{text[:40]!r} is not a whole number of wei")
    return int(wei)


def show_ether(wei: int) -> str:
    """Six digits after the point, for people; never for arithmetic."""
    return f"{Decimal(wei) / 10**18:.6f}"
