"""What the content id of a measurement leads to: the yardstick, sealed twice.

Evaluators and arbiters open one envelope at once, to see whether they have measured the same.
Aggregators open the other, which nobody hands out before deltas are committed: an accomplice would
train on the test. Both follow from the yardstick, whose salts nobody can guess, so whoever has it
can hand out either (`enclose_alike`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from circuits.lowrank_shape import LowRankShape
from market.contribution.grid import Grid
from market.contribution.lowrank import LowRankStatistics
from market.durable import parse_json
from market.errors import InputError, StorageError
from market.storage.base import Storage
from market.storage.cid import cid_of
from market.storage.envelope import MAX_OVERHEAD_BYTES, enclose_alike, open_envelope
from market.vectors import ENTRY_BYTES, decode, encode
from zk.commit import commit
from zk.field import Point
from zk.keys import Keys

MAX_BYTES = 1 << 10
ENTRY_BOUND = 1 << 120
"""No entry of a yardstick within its bounds comes near it."""


@dataclass(frozen=True)
class Manifest:
    """Where a yardstick's two envelopes are.

    Args:
        judges: for evaluators and arbiters.
        aggregators: for those who settle.
    """

    judges: str
    aggregators: str

    def encode(self) -> bytes:
        return json.dumps(vars(self), sort_keys=True, separators=(",", ":")).encode()


@dataclass(frozen=True)
class SealedYardstick:
    """A yardstick as it is handed out.

    Args:
        for_judges: bytes of one envelope.
        for_aggregators: and of the other.
    """

    for_judges: bytes
    for_aggregators: bytes

    @classmethod
    def of(
        cls, vector: Sequence[int], judges: Sequence[bytes], aggregators: Sequence[bytes]
    ) -> SealedYardstick:
        """Sealed to the holders of these public keys, in this order.

        Args:
            vector: B row by row, c, salts.
        """
        content = encode(vector)
        return cls(enclose_alike(content, judges), enclose_alike(content, aggregators))

    @property
    def manifest(self) -> Manifest:
        return Manifest(cid_of(self.for_judges), cid_of(self.for_aggregators))


def fetch_manifest(storage: Storage, cid: str, seconds: float) -> Manifest:
    """What a measurement's content id leads to.

    Raises:
        StorageError: it cannot be fetched, or is no manifest.
    """
    try:
        value = parse_json(storage.get(cid, MAX_BYTES, seconds))
        if set(value) != {"judges", "aggregators"} or not all(
            type(each) is str and len(each) <= 64 for each in value.values()
        ):
            raise ValueError("other entries than two content ids")
    except (ValueError, TypeError, RecursionError) as error:
        raise StorageError(f"the content {cid} names no yardstick: {error}") from error
    return Manifest(**value)


def fetch_yardstick(
    storage: Storage,
    cid: str,
    point: Point,
    private_key: bytes,
    shape: LowRankShape,
    grid: Grid,
    keys: Keys,
    seconds: float,
) -> list[int]:
    """Opens an envelope, and holds what is in it against its commitment and the proof's bounds.

    Returns:
        B row by row, c, salts.

    Raises:
        StorageError: it cannot be fetched, was sealed to somebody else, is not what was committed
            to, or no round could be proven by it.
    """
    limit = shape.statistics_length * ENTRY_BYTES + MAX_OVERHEAD_BYTES
    content = open_envelope(storage.get(cid, limit, seconds), private_key)
    vector = decode(content, shape.statistics_length, ENTRY_BOUND)
    if commit(vector, keys) != point:
        raise StorageError("the yardstick is not the one that was attested")
    try:
        LowRankStatistics.opened(vector, shape, grid)
    except InputError as error:
        raise StorageError(f"no round can be proven by this yardstick: {error.message}") from error
    return vector
