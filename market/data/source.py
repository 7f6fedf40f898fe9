"""Where a person's data is: at a path, or given by a function."""

from __future__ import annotations

from pathlib import Path

from market.errors import InputError


def located(source: str | Path, forms: str) -> Path | None:
    """The file or folder, or None where `source` names a function.

    Args:
        forms: what else could be given, in words.

    Raises:
        InputError: there is no such data.
    """
    from market.data.entry_point import is_entry_point

    path = Path(source)
    try:
        there = path.exists()
    except OSError as error:  # a name that is too long, a folder that may not be looked into
        raise InputError(f"cannot read {path}: {error.strerror}", f"give {forms}") from error
    if not there and is_entry_point(str(source)):
        return None
    if not there:
        raise InputError(f"no data at {path}", f"give {forms}")
    return path
