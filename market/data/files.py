"""Files opened with suspicion: regular ones, of a bounded size, and no links where told."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from market.errors import InputError

MAX_BYTES = 2**30
"""The largest file, and the most that its rows may take in memory, unless told otherwise."""


def open_file(path: Path, max_bytes: int = MAX_BYTES, links: bool = True) -> BinaryIO:
    """Opens a file for reading.

    Args:
        max_bytes: refuse a larger one.
        links: whether `path` may be a symbolic link, as one that a person named may.

    Raises:
        InputError: it is missing, no regular file, a link, too large, or cannot be read.
    """
    # Without O_NONBLOCK a pipe would keep the open waiting for a writer.
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if links else os.O_NOFOLLOW)
    try:
        handle = os.open(path, flags)
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno == errno.ELOOP:
            raise InputError(f"{path} is a link", "put the file itself there") from error
        said = getattr(error, "strerror", None) or error
        raise InputError(
            f"cannot read {path}: {said}", "check its path and who may read it"
        ) from error
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode) or found.st_size > max_bytes:
        os.close(handle)
        if not stat.S_ISREG(found.st_mode):
            raise InputError(f"{path} is no file", "give a plain file")
        raise InputError(f"{path} is larger than {max_bytes} bytes", "give fewer rows")
    return os.fdopen(handle, "rb")


def check_memory(where: str, rows: int, row_bytes: int, max_bytes: int) -> None:
    """Before anything is allocated.

    Raises:
        InputError: so many rows would take more than `max_bytes`.
    """
    if rows * row_bytes > max_bytes:
        raise InputError(
            f"{where}: {rows} rows of {row_bytes} bytes take more than {max_bytes} bytes",
            "give fewer rows",
        )
