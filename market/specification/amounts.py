"""Amounts of native coin as people write them."""

from __future__ import annotations

import re
from decimal import Decimal

from market.errors import InputError

_UNITS = {"wei": 1, "gwei": 10**9, "ether": 10**18}
_AMOUNT = re.compile(r"([0-9]{1,30})(?:\.([0-9]{1,18}))?\s*(wei|gwei|ether)")

MAX_WEI = 2**128 - 1
"""The largest amount that the contract keeps."""


def parse_wei(text: str) -> int:
    """'0.5ether', '10 gwei', '3wei' in wei.

    Raises:
        InputError: anything else, a fraction of a wei, or more than `MAX_WEI`.
    """
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        raise InputError(f"{text[:40]!r} is not an amount", "write for example 0.5ether or 10gwei")
    whole, fraction, unit = match[1], match[2] or "", _UNITS[match[3]]
    # In integers: a product of decimals is rounded to 28 digits.
    wei, rest = divmod(int(whole + fraction) * unit, int("1" + "0" * len(fraction)))
    if rest:
        raise InputError(f"{text[:40]!r} is not a whole number of wei")
    if wei > MAX_WEI:
        raise InputError(f"{text[:40]!r} is more than the contract can hold")
    return wei


def show_ether(wei: int) -> str:
    """Six digits after the point, for people; never for arithmetic."""
    return f"{Decimal(wei) / 10**18:.6f}"
