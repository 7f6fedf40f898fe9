"""Deltas on their way to the aggregator, readable by nobody else: X25519 sealed boxes.

A sealed box hides its content and shows tampering. It does not say who sealed it: who sent a
delta is settled by the commitment on chain.
"""

from __future__ import annotations

from nacl.encoding import RawEncoder
from nacl.exceptions import CryptoError
from nacl.hash import blake2b
from nacl.public import Box, PrivateKey, PublicKey, SealedBox

from market.errors import StorageError

KEY_BYTES = 32
OVERHEAD_BYTES = 48  # what sealing adds to the length


def new_private_key() -> bytes:
    """A fresh private key, 32 bytes from the system's random source."""
    return bytes(PrivateKey.generate())


def public_key_of(private_key: bytes) -> bytes:
    """The 32 bytes to publish, so that others can seal for the holder of `private_key`.

    Raises:
        StorageError: the key is not 32 bytes.
    """
    _check(private_key)
    return bytes(PrivateKey(private_key).public_key)


def seal(data: bytes, public_key: bytes) -> bytes:
    """Encrypts `data` to the holder of the matching private key.

    Args:
        data: any length.
        public_key: 32 bytes; may come from a stranger.

    Returns:
        `len(data) + OVERHEAD_BYTES` bytes, different each time.

    Raises:
        StorageError: nothing can be sealed to this key.
    """
    _check(public_key)
    try:
        return bytes(SealedBox(PublicKey(public_key)).encrypt(data))
    except CryptoError as error:  # a point of low order, which would share its secret with all
        raise StorageError(f"{public_key.hex()} is not a usable public key") from error


def seal_by(data: bytes, public_key: bytes, ephemeral: bytes) -> bytes:
    """What `seal` makes, by a sender's key that is given: who knows it can make the same again.

    Args:
        ephemeral: 32 secret bytes that seal to no other key, and seal nothing else.

    Raises:
        StorageError: nothing can be sealed to this key.
    """
    _check(public_key)
    sender, receiver = PrivateKey(ephemeral), PublicKey(public_key)
    shown = bytes(sender.public_key)
    # As libsodium's crypto_box_seal derives it.
    nonce = blake2b(shown + public_key, digest_size=Box.NONCE_SIZE, encoder=RawEncoder)
    try:
        return shown + bytes(Box(sender, receiver).encrypt(data, nonce).ciphertext)
    except CryptoError as error:
        raise StorageError(f"{public_key.hex()} is not a usable public key") from error


def open_sealed(data: bytes, private_key: bytes) -> bytes:
    """Decrypts what `seal` made.

    Raises:
        StorageError: it was sealed to another key, or is not what was sealed.
    """
    _check(private_key)
    try:
        return bytes(SealedBox(PrivateKey(private_key)).decrypt(data))
    except (CryptoError, ValueError) as error:
        raise StorageError(
            "the content cannot be decrypted", "it was sealed to another key, or damaged"
        ) from error


def _check(key: bytes) -> None:
    if len(key) != KEY_BYTES:
        raise StorageError(f"an encryption key has {KEY_BYTES} bytes, not {len(key)}")
