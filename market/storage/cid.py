"""The names of content: CIDs in the one form that this market's nodes write and accept.

That is CIDv0, `Qm...`: base58 of the sha-256 of the root block of kubo's default file layout.
One form means that two different strings are never the same content.
"""

from __future__ import annotations

import re

from cid import CIDv0, CIDv1, from_string

from market.errors import StorageError
from market.storage import unixfs

_MULTIHASH_PREFIX = b"\x12\x20"
_FORM = re.compile(r"Qm[1-9A-HJ-NP-Za-km-z]{44}", re.ASCII)


def cid_of(data: bytes) -> str:
    """The CID that kubo gives a file with content `data`, computed without kubo."""
    return format_cid(unixfs.build(data))


def format_cid(digest: bytes) -> str:
    """The CID of the dag-pb block with this sha-256 `digest`."""
    return str(CIDv0(_MULTIHASH_PREFIX + digest))


def raw_cid(digest: bytes) -> str:
    """The CIDv1 that reads the block with this `digest` as plain bytes, not as a file."""
    return str(CIDv1("raw", _MULTIHASH_PREFIX + digest))


def parse_cid(text: str) -> bytes:
    """The sha-256 digest of the root block that `text` names.

    Raises:
        StorageError: `text` is not a CID in the form that `cid_of` writes.
    """
    if _FORM.fullmatch(text):
        try:
            multihash = bytes(from_string(text).multihash)
        except ValueError:
            multihash = b""
        digest = multihash.removeprefix(_MULTIHASH_PREFIX)
        if len(digest) == unixfs.DIGEST_BYTES and format_cid(digest) == text:
            return digest
    raise StorageError(f"not a CID: {text[:80]!r}", "a CID is 'Qm' and 44 base58 characters")
