"""Where a role gets its storage from."""

from __future__ import annotations

from pathlib import Path

from market.storage.base import Storage
from market.storage.embedded import EmbeddedStorage
from market.storage.external import ExternalStorage

__all__ = ["EmbeddedStorage", "ExternalStorage", "Storage", "open_storage"]


def open_storage(home: Path, api: str | None = None, host: str = "127.0.0.1") -> Storage:
    """The storage of the role that lives in `home`.

    Args:
        home: the role's directory.
        api: RPC address of a kubo daemon to use instead of a node of its own.
        host: IP address on which a node of its own listens, one that peers can dial.

    Raises:
        InputError: `api` is not an address.
        StorageError: neither a node nor a daemon answers.
    """
    return ExternalStorage(api) if api else EmbeddedStorage(home, host)
