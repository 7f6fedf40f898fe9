"""What the contract holds of projects and participants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from zk.field import Point


class Phase(IntEnum):
    """Mirror of the contract's `Phase`."""

    NONE = 0
    JOINING = 1
    MEASURE = 2
    CONTEST = 3
    COMMIT = 4
    REVEAL = 5
    SETTLE = 6
    ANSWER = 7
    AUDIT = 8
    CLAIM = 9
    DONE = 10
    ABORTED = 11
    CANCELLED = 12

    @property
    def closed(self) -> bool:
        """No call moves the project on; what is credited or staked can be withdrawn."""
        return self >= Phase.DONE


class Standing(IntEnum):
    """Mirror of the contract's `Standing`: where a trainer stands."""

    NONE = 0
    ACTIVE = 1
    LEAVING = 2
    EXPELLED = 3


EVERYBODY = 2**32
"""The width of an arc that leaves nobody out."""


@dataclass(frozen=True)
class Draw:
    """Mirror of the contract's `Draw`: whose place on a ring of 2**32 lies on an arc may commit.

    Args:
        seed: of the places; zeros until somebody has committed in the cycle.
        seed_block: whose hash decides the seed; 0 before anybody was left out.
        start: of the arc.
        width: of the arc.
    """

    seed: bytes
    seed_block: int
    start: int
    width: int

    @property
    def is_everybody(self) -> bool:
        return self.width == EVERYBODY


@dataclass(frozen=True)
class Audit:
    """Mirror of the contract's `Audit`: whether the yardstick is to be judged.

    Bit i of `confirming` and `refuting` is the vote of the i-th arbiter. `disputer` is `NOBODY`
    where nobody asked.
    """

    disputer: str
    seed_block: int
    held: bool
    confirming: int
    refuting: int


@dataclass(frozen=True)
class Measure:
    """Mirror of the contract's `Measure`: where a project with evaluators stands.

    `number` counts measurements that are concluded, `seed` is that of the round's coordinates and
    zeros before it is drawn, `attested` the hash of a measurement that waits to be contested, which
    says `utility` and its `spread`. `sure` and `predicted` are of the round that waits for its pay.
    `demanded_in` is one more than the opening in which the yardstick was demanded last.
    """

    number: int
    deposed: bool
    sure: bool
    demanded_in: int
    seed_block: int
    seed: bytes
    attested: bytes
    utility: int
    spread: int
    predicted: int
    yardstick: Point

    @classmethod
    def from_abi(cls, raw: Sequence[Any]) -> Measure:
        """From the tuple that web3 decodes."""
        number, deposed, sure, demanded, block, seed, attested, *values, point = raw
        told = bytes(seed), bytes(attested), *values, Point(*point)
        return cls(number, deposed, sure, demanded, block, *told)


UNMEASURED = Measure(0, False, False, 0, 0, bytes(32), bytes(32), 0, 0, 0, Point(0, 0))
"""Of a project whose yardstick stands in its terms."""


@dataclass(frozen=True)
class ProjectState:
    """Mirror of the contract's `Project`; amounts in wei, the deadline in unix seconds.

    `aggregator` holds the office, and is `NOBODY` before anyone staked. Bit i of `accused` is set
    while the i-th standing reveal is challenged and not answered. `budget` is all that was ever
    meant for trainers, `trainer_budget` what of it is locked. `earned` is in 2**-23 of the
    expected gain.
    """

    phase: Phase
    round: int
    retries: int
    epoch: int
    active: int
    pending: int
    committed: int
    revealed: int
    claims: int
    challenged: bool
    accused: int
    deadline: int
    earned: int
    aggregator: str
    learning_rate: int
    trainer_budget: int
    fee_budget: int
    stakes: int
    bonded: int
    budget: int
    gain_paid: int
    bonds: int
    forfeited: int
    owed: int
    model: Point
    utility: int
    initial_utility: int
    best_utility: int
    draw: Draw
    audit: Audit
    measure: Measure

    @classmethod
    def from_abi(cls, raw: Sequence[Any]) -> ProjectState:
        """From the tuple that web3 decodes."""
        *plain, model, utility, initial, best, draw, audit, measure = raw
        values: list[Any] = [Phase(plain[0]), *plain[1:], Point(*model), utility, initial, best]
        values += [Draw(bytes(draw[0]), *draw[1:]), Audit(*audit)]
        values.append(Measure.from_abi(measure))
        return cls(*values)

    @property
    def accused_slots(self) -> tuple[int, ...]:
        """The places of the challenged and unanswered among the reveals that stand."""
        return tuple(slot for slot in range(self.accused.bit_length()) if self.accused >> slot & 1)


@dataclass(frozen=True)
class TrainerState:
    """Mirror of the contract's `Trainer`; amounts in wei."""

    standing: Standing
    committed_in: int
    revealed_in: int
    earned: int
    stake: int
    credit: int

    @classmethod
    def from_abi(cls, raw: Sequence[Any]) -> TrainerState:
        """From the tuple that web3 decodes."""
        return cls(Standing(raw[0]), *raw[1:])

    def commits_in(self, epoch: int) -> bool:
        """Whether the trainer has committed in this epoch: epoch + 1 is stored."""
        return self.committed_in == epoch + 1

    def reveals_in(self, epoch: int) -> bool:
        """Whether the trainer has revealed in this epoch: epoch + 1 is stored."""
        return self.revealed_in == epoch + 1


@dataclass(frozen=True)
class Announcement:
    """How an account says it can be reached. Unchecked: written by that account.

    Args:
        encryption_key: 32 bytes, X25519.
        endpoint: host:port of its SuperLink; empty if it runs none.
        peer: multiaddr of its IPFS node.
    """

    encryption_key: bytes
    endpoint: str
    peer: str
