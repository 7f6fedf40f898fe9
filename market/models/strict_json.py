"""JSON of a stranger: no deeper, longer or looser than it has to be, and written in one way
only."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

from market.errors import InputError
from market.models.limits import MAX_DEPTH

# Possessive, and a text need not end: every byte is looked at once, whatever the quotes do.
_MARK = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
_DIGITS = 20


def parse(data: bytes, name: str) -> Any:
    """What `data` holds.

    Args:
        data: UTF-8, of a size that the caller has bounded.
        name: of the text, for the message.

    Raises:
        InputError: it is no JSON, is nested deeper than `MAX_DEPTH`, names an entry twice, or holds
            a
            number that is not finite or has more than 20 digits.
    """
    try:
        _check_depth(data)
        return json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_distinct,
            parse_constant=_no_number,
            parse_float=_finite,
            parse_int=_short,
        )
    except (ValueError, RecursionError) as error:
        raise InputError(f"the {name} is no JSON that is read here: {error}") from error


def canonical(value: Any) -> bytes:
    """The one way to write `value`: ASCII, entries sorted, no space.

    Raises:
        ValueError: it holds a number that is not finite.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("ascii")


def _check_depth(data: bytes) -> None:
    # Before the parser sees it: it recurses, and where a library has lifted Python's limit the
    # process would die.
    depth = 0
    for mark in _MARK.finditer(data):
        byte = data[mark.start()]
        if byte in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise ValueError(f"nested deeper than {MAX_DEPTH}")
        elif byte in b"]}":
            depth -= 1


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries = dict(pairs)
    if len(entries) != len(pairs):
        raise ValueError("an entry is there twice")
    return entries


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is not finite")
    return number


def _short(text: str) -> int:
    if len(text) > _DIGITS:
        raise ValueError(f"a number has more than {_DIGITS} digits")
    return int(text)
