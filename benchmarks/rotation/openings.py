"""Who stands in which round: by the contract's ring, or by luck."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from market.auditor.ring import Arc, place_of, rank_of, seed_of
from market.chain.state import EVERYBODY


@dataclass(frozen=True)
class Opened:
    """One round's openings.

    Args:
        standing: participants whose deltas the round takes.
        surplus: how many revealed beyond the slots.
        openings: of the round; 1 where nothing had to be repeated.
    """

    standing: list[int]
    surplus: int
    openings: int


class Drawing(Protocol):
    """Says who stands in one round after the other."""

    def next(self) -> Opened:
        """The next round's openings."""


class Turns:
    """Rotation as the contract does it; everybody who is drawn and not idle commits and reveals.

    A round opens again until there is a quorum, however often.

    Args:
        participants: who have joined.
        awake: those who commit when they are drawn.
        slots: of a round.
        quorum: fewest that a round goes on with.
        seed: of accounts and of block hashes.
    """

    def __init__(
        self, participants: int, awake: list[int], slots: int, quorum: int, seed: int
    ) -> None:
        self._participants, self._slots, self._quorum = participants, slots, quorum
        self._name = seed.to_bytes(32, "big")
        self._accounts = {
            i: to_checksum_address(keccak(self._name + i.to_bytes(4, "big"))[-20:]) for i in awake
        }
        self._arc = Arc()
        self._committed = 0
        self._block = self._epoch = 0
        self._seed = bytes(32)
        self._places: dict[int, int] = {}

    def next(self) -> Opened:
        openings = 0
        while True:
            drawn = self._open(again=openings > 0)
            openings += 1
            if len(drawn) >= self._quorum:
                break
        by_rank = sorted(drawn, key=lambda i: rank_of(self._seed, self._epoch, self._accounts[i]))
        return Opened(by_rank[: self._slots], max(len(drawn) - self._slots, 0), openings)

    @property
    def turned(self) -> bool:
        """Whether the last round ended a cycle."""
        return self._arc.start + self._arc.width >= EVERYBODY

    def _open(self, again: bool) -> list[int]:
        """Who commits in the next opening."""
        self._block, self._epoch = self._block + 10, self._epoch + 1
        before = self._arc.seed_block
        self._arc = self._arc.next(
            self._participants, self._slots, self._committed, again, self._block
        )
        if self._arc.seed_block != before:
            hash = keccak(self._name + self._arc.seed_block.to_bytes(8, "big"))
            self._seed = seed_of(hash, self._name, self._arc.seed_block)
            self._places = {i: place_of(self._seed, a) for i, a in self._accounts.items()}
        arc = self._arc
        drawn = [
            i for i, place in self._places.items() if (place - arc.start) % EVERYBODY < arc.width
        ]
        self._committed = len(drawn)
        return drawn


class Everybody:
    """No slots: everybody who is awake, in every round."""

    def __init__(self, awake: list[int]) -> None:
        self._awake = awake

    def next(self) -> Opened:
        return Opened(self._awake, 0, 1)


class Luck:
    """As many as there are slots of those who are awake, anew for every round."""

    def __init__(self, awake: list[int], slots: int, seed: int) -> None:
        self._awake, self._slots = awake, slots
        self._generator = np.random.default_rng((seed, 3))

    def next(self) -> Opened:
        count = min(self._slots, len(self._awake))
        drawn = self._generator.choice(self._awake, count, replace=False)
        return Opened(drawn.tolist(), 0, 1)


def awake_of(participants: int, idle: int, seed: int) -> list[int]:
    """Who is not idle, in no order that places know."""
    shuffled = np.random.default_rng((seed, 4)).permutation(participants)
    return sorted(shuffled[idle:].tolist())
