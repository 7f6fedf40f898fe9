"""What a seed says about one tensor: a sign for each entry, a turn for each of its rows.

The stream of a tensor: D = SHA-256("market.coordinates.1" || seed || name in UTF-8), read as
little-endian 32-bit words D0 ... D7. Philox's key is (D0, D1). Block number i of a purpose p
(0 signs, 1 turns) is Philox at the counter (i, p, D2, D3), four words.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass

import torch
from torch import Tensor

from market.coordinates.philox import philox4x32
from market.errors import InputError

SEED_BYTES = 32
_DOMAIN = b"market.coordinates.1"
_SIGNS, _TURNS = 0, 1
_BITS = 32
_WORDS = 4
_CHUNK = 1 << 13
"""Blocks that are computed at a time: what is held besides the result stays below 64 MB."""


@dataclass(frozen=True)
class Stream:
    """Random words of one tensor under one seed.

    Args:
        key: of Philox.
        nonce: the two upper words of its counters.
    """

    key: tuple[int, int]
    nonce: tuple[int, int]

    @classmethod
    def of(cls, seed: bytes, name: str) -> Stream:
        """The stream of the tensor `name`.

        Raises:
            InputError: the seed has not 32 bytes.
        """
        if not isinstance(seed, bytes) or len(seed) != SEED_BYTES:
            raise InputError(f"a seed of coordinates is {SEED_BYTES} bytes, such as a block's hash")
        digest = hashlib.sha256(_DOMAIN + seed + name.encode()).digest()
        key_0, key_1, nonce_0, nonce_1 = struct.unpack("<4I", digest[:16])
        return cls((key_0, key_1), (nonce_0, nonce_1))

    def signs(self, entries: int, device: torch.device) -> Tensor:
        """(entries,) int8 of +1 and -1: bit e % 32 of word e // 32, set for -1."""
        blocks = _ceiling(entries, _BITS * _WORDS)
        signs = torch.empty(blocks * _BITS * _WORDS, dtype=torch.int8, device=device)
        shifts = torch.arange(_BITS, device=device)
        for first in range(0, blocks, _CHUNK):
            words = self._words(_SIGNS, first, min(_CHUNK, blocks - first), device)
            bits = ((words[:, None] >> shifts) & 1).flatten()
            start = first * _BITS * _WORDS
            signs[start : start + len(bits)] = 1 - 2 * bits
        return signs[:entries]

    def turns(self, rows: int, places: int, device: torch.device) -> Tensor:
        """(rows,) int32 in [0, places): floor(word * places / 2**32).

        Each of `places` values has a probability within 2**-32 of 1 / places. Places are at most
        2**20, so no value is likelier than it should be by more than a part in 4,096, and with
        2,048 places by a part in two million.
        """
        blocks = _ceiling(rows, _WORDS)
        turns = torch.empty(blocks * _WORDS, dtype=torch.int32, device=device)
        for first in range(0, blocks, _CHUNK):
            words = self._words(_TURNS, first, min(_CHUNK, blocks - first), device)
            start = first * _WORDS
            turns[start : start + len(words)] = (words * places) >> _BITS
        return turns[:rows]

    def _words(self, purpose: int, first: int, blocks: int, device: torch.device) -> Tensor:
        """(4 * blocks,) int64: the words of the blocks from `first` on, in order."""
        counters = torch.empty(blocks, _WORDS, dtype=torch.int64, device=device)
        counters[:, 0] = torch.arange(first, first + blocks, device=device)
        for place, value in enumerate((purpose, *self.nonce), start=1):
            counters[:, place] = value
        return philox4x32(counters, self.key).flatten()


def _ceiling(count: int, size: int) -> int:
    return -(-count // size)
