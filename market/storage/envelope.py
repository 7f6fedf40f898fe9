"""Content that any of several accounts can open: one key for the data, sealed to each of them."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256, shake_256

from nacl.exceptions import CryptoError
from nacl.secret import SecretBox
from nacl.utils import random

from market.errors import InputError, StorageError
from market.storage.encryption import KEY_BYTES, OVERHEAD_BYTES, open_sealed, seal, seal_by

MAX_RECIPIENTS = 16
_SEALED_KEY_BYTES = KEY_BYTES + OVERHEAD_BYTES
_BOX_BYTES = SecretBox.NONCE_SIZE + SecretBox.MACBYTES
MAX_OVERHEAD_BYTES = 1 + MAX_RECIPIENTS * _SEALED_KEY_BYTES + _BOX_BYTES
"""What an envelope adds at most to the length of its content."""


def enclose(data: bytes, public_keys: Sequence[bytes]) -> bytes:
    """Encrypts `data` to the holders of the matching private keys.

    Raises:
        InputError: no recipient, or more than `MAX_RECIPIENTS`.
        StorageError: nothing can be sealed to one of the keys.
    """
    if not 0 < len(public_keys) <= MAX_RECIPIENTS:
        raise InputError(f"an envelope has 1 to {MAX_RECIPIENTS} recipients")
    key = random(KEY_BYTES)
    sealed = b"".join(seal(key, public_key) for public_key in public_keys)
    return bytes([len(public_keys)]) + sealed + bytes(SecretBox(key).encrypt(data))


def enclose_alike(data: bytes, public_keys: Sequence[bytes]) -> bytes:
    """As `enclose`, but the same bytes from everybody who knows `data`, for the same recipients.

    Args:
        data: with enough in it that nobody can guess, as salts: the key follows from it.

    Raises:
        InputError, StorageError: as `enclose`.
    """
    if not 0 < len(public_keys) <= MAX_RECIPIENTS:
        raise InputError(f"an envelope has 1 to {MAX_RECIPIENTS} recipients")

    def drawn(label: bytes, size: int) -> bytes:
        return shake_256(b"market.envelope.1" + label + digest).digest(size)

    digest = sha256(data).digest()
    key = drawn(b"key", KEY_BYTES)
    sealed = b"".join(
        seal_by(key, public_key, drawn(b"sender" + public_key, KEY_BYTES))
        for public_key in public_keys
    )
    box = SecretBox(key).encrypt(data, drawn(b"nonce", SecretBox.NONCE_SIZE))
    return bytes([len(public_keys)]) + sealed + bytes(box)


def open_envelope(envelope: bytes, private_key: bytes) -> bytes:
    """Decrypts what `enclose` made.

    Raises:
        StorageError: it is not for this key, or is not what was enclosed.
    """
    recipients = envelope[0] if envelope else 0
    start = 1 + recipients * _SEALED_KEY_BYTES
    if not 0 < recipients <= MAX_RECIPIENTS or len(envelope) < start + _BOX_BYTES:
        raise StorageError("the content is no envelope", "it was damaged, or sealed otherwise")
    for offset in range(1, start, _SEALED_KEY_BYTES):
        try:
            key = open_sealed(envelope[offset : offset + _SEALED_KEY_BYTES], private_key)
        except StorageError:
            continue
        try:
            return bytes(SecretBox(key).decrypt(envelope[start:]))
        except (CryptoError, ValueError, TypeError) as error:
            raise StorageError("the content was damaged after it was sealed") from error
    raise StorageError("the content cannot be decrypted", "it was sealed to other keys")
