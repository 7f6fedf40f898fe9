"""Who is drawn for which opening, computed as the contract does (contracts/src/libraries/Ring.sol).

A cycle's seed puts every account on a ring, and each opening takes the next arc of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from market.chain.state import EVERYBODY

KEPT = 256
"""Blocks whose hashes the chain still knows."""


@dataclass(frozen=True)
class Arc:
    """Whose places are drawn.

    Args:
        start: of the arc.
        width: of the arc; 2**32 is everybody.
        seed_block: whose hash decides the places; 0 before anybody was left out.
    """

    start: int = 0
    width: int = 0
    seed_block: int = 0

    def next(self, active: int, slots: int, committed: int, again: bool, block: int) -> Arc:
        """The arc of the next opening.

        Args:
            active: trainers on the ring.
            slots: of a round.
            committed: how many did in the opening before; 0 if there was none.
            again: whether the same round opens again.
            block: that opens it.
        """
        if active <= slots:
            return Arc(0, EVERYBODY, self.seed_block)
        fair = -(-EVERYBODY * slots // active)
        drawn = self.seed_block != 0
        start = self.start if again else self.start + self.width
        wanted = self.width * slots // max(committed, 1) if drawn else fair
        if again:
            wanted = max(wanted, 2 * self.width)
        wanted = min(max(wanted, fair), EVERYBODY)
        seed_block = self.seed_block
        if not drawn or start >= EVERYBODY:
            start, seed_block = 0, block + 1
        left = EVERYBODY - start
        if not again and left < wanted + wanted // 2:
            wanted = left
        return Arc(start, wanted, seed_block)

    def covers(self, seed: bytes, account: str) -> bool:
        """Whether the account's place is on the arc."""
        if self.seed_block == 0:
            return True
        return (place_of(seed, account) - self.start) % EVERYBODY < self.width


def decisive(block: int, now: int) -> int:
    """The block whose hash stands for that of `block`, asked in block `now`.

    The newest a multiple of `KEPT` later that is known then.
    """
    return block + max(now - 1 - block, 0) // KEPT * KEPT


def seed_of(hash: bytes, id: bytes, seed_block: int) -> bytes:
    """The seed of a cycle, from its decisive block's hash."""
    return bytes(keccak(encode(["bytes32", "bytes32", "uint64"], [hash, id, seed_block])))


def place_of(seed: bytes, account: str) -> int:
    """Where the account stands on the ring."""
    digest = keccak(encode(["bytes32", "address"], [seed, account]))
    return int.from_bytes(digest, "big") % EVERYBODY


def rank_of(seed: bytes, epoch: int, account: str) -> int:
    """Where more reveal than there are slots, the highest rank gives way."""
    digest = keccak(encode(["bytes32", "uint256", "address"], [seed, epoch, account]))
    return int.from_bytes(digest, "big") % 2**64
