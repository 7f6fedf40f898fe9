"""Names in a project's document, which a stranger wrote."""

from __future__ import annotations

from market.data.mismatch import listed
from market.errors import InputError

MAX_NAMES = 16_384
"""Most columns, classes or labels."""
MAX_NAME = 100
SHOWN = 6
"""Names that a description lists."""


def check_name(what: str, name: str) -> None:
    """Refuses what cannot be shown, so that no two names look alike.

    Raises:
        InputError: it is empty, too long, does not print, or has blanks around it.
    """
    if type(name) is not str or not name or len(name) > MAX_NAME or not name.isprintable():
        raise InputError(f"a {what} must have 1 to {MAX_NAME} characters that print as its name")
    if name != name.strip():
        raise InputError(f"the {what} {name!r} begins or ends with a blank")


def check_names(what: str, names: tuple[str, ...], least: int) -> None:
    """Refuses lists that are too short or too long, or name one thing twice.

    Raises:
        InputError: says which.
    """
    if not least <= len(names) <= MAX_NAMES:
        raise InputError(f"{len(names)} {what} are named, there must be {least} to {MAX_NAMES}")
    for name in names:
        check_name(what, name)
    if len(set(names)) != len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise InputError(f"{what}: {listed(twice)} named more than once")


def few(names: tuple[str, ...], noun: str) -> str:
    """As "3 classes ('cat', 'dog', 'eel')", however many there are."""
    return f"{len(names)} {noun} ({listed(names, SHOWN)})"
