"""What a role keeps in its home: encryption key and what it last announced."""

from __future__ import annotations

from pathlib import Path

from market import durable
from market.chain.market import Market
from market.chain.state import Announcement
from market.errors import InputError
from market.storage.base import Storage
from market.storage.encryption import KEY_BYTES, new_private_key, public_key_of


def encryption_key(home: Path) -> bytes:
    """The home's X25519 private key, made at the first call.

    Raises:
        InputError: the file holds something else.
    """
    path = home / "encryption.key"
    if not path.exists():
        durable.write_bytes(path, new_private_key().hex().encode())
    try:
        key = bytes.fromhex(path.read_text().strip())
    except (OSError, ValueError) as error:
        raise InputError(f"{path} holds no encryption key: {error}") from error
    if len(key) != KEY_BYTES:
        raise InputError(f"{path} holds no encryption key of {KEY_BYTES} bytes")
    return key


def announce(market: Market, storage: Storage, home: Path, endpoint: str) -> Announcement:
    """Publishes how this account is reached, unless the chain says so already."""
    wanted = Announcement(public_key_of(encryption_key(home)), endpoint, storage.peer())
    if market.announcement(market.address) != wanted:
        market.announce(wanted.encryption_key, wanted.endpoint, wanted.peer)
    return wanted
