"""Which tensors are traded, by patterns of their names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from market.errors import InputError

EVERYTHING = ("*",)
_LISTED = 20


def in_scope(names: Iterable[str], patterns: Sequence[str]) -> list[str]:
    """The names that any of the patterns matches, in their own order.

    Args:
        names: of tensors, such as `encoder.layer.5.attention.self.query.weight`.
        patterns: as in a shell, case and dots taken literally: `*` is any run of characters,
            `?` is one, `[abc]` one of these. `head.*` is a whole block.

    Raises:
        InputError: a pattern matches nothing, or there is none.
    """
    if isinstance(patterns, str) or not patterns:
        raise InputError("a scope is a list of one or more patterns", 'such as ["head.*"]')
    names = list(names)
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise InputError(f"no tensor is called {pattern!r}", f"there are {_listing(names)}")
    return [name for name in names if any(fnmatchcase(name, each) for each in patterns)]


def _listing(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_LISTED]) or "none at all"
    return f"{shown} and {len(names) - _LISTED} more" if len(names) > _LISTED else shown
