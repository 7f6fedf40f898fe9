"""What the contract says about projects, rounds and participants."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from market.chain.terms import Terms
from zk.field import Point


class Phase(IntEnum):
    """Mirror of the contract's `Phase`."""

    NONE = 0
    JOINING = 1
    COMMIT = 2
    REVEAL = 3
    SETTLE = 4
    DONE = 5
    ABORTED = 6
    CANCELLED = 7

    @property
    def closed(self) -> bool:
        """No call moves the project on; what is credited or staked can be withdrawn."""
        return self >= Phase.DONE


@dataclass(frozen=True)
class Created:
    """A project as it was created.

    Args:
        id: keccak256 of chain, contract and terms.
        terms: its terms, checked to hash to `id` by the contract itself.
        deposit: wei.
        spec_cid: where the specification document is.
        model_cid: where the initial model is.
        block: number of the block that created it.
    """

    id: bytes
    terms: Terms
    deposit: int
    spec_cid: str
    model_cid: str
    block: int


@dataclass(frozen=True)
class ProjectState:
    """Mirror of the contract's `Project`; amounts in wei, the deadline in unix seconds."""

    phase: Phase
    round: int
    retries: int
    active: int
    committed: int
    epoch: int
    deadline: int
    learning_rate: int
    trainer_budget: int
    fee_budget: int
    aggregator_stake: int
    model: Point
    utility: int


@dataclass(frozen=True)
class TrainerState:
    """Mirror of the contract's `Trainer`."""

    joined: bool
    expelled: bool
    revealed_in: int
    stake: int

    def reveals_in(self, epoch: int) -> bool:
        """Whether the trainer has revealed in this epoch; the contract stores epoch + 1."""
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


@dataclass(frozen=True)
class RevealEvent:
    """A revealed delta.

    Args:
        trainer: who revealed it.
        round: from 0.
        epoch: which opening of the round.
        point: its commitment.
        cid: where the sealed delta is. Unchecked.
    """

    trainer: str
    round: int
    epoch: int
    point: Point
    cid: str


@dataclass(frozen=True)
class SettledRound:
    """A settlement, as the contract reported it.

    Args:
        round: from 0.
        trainers: who revealed, in the order of the slots.
        selected: bit i is set if trainer i was selected.
        scores: Shapley values times `denominator`.
        denominator: of the scores.
        payouts: wei of each trainer.
        utility_before: integer utility of the model the round started from.
        utility_after: and of the one it ended with.
        model: commitment of the new model.
        model_cid: where the aggregator says the new model is. Unchecked.
        transaction: hash, 0x-prefixed.
        block: block number.
        gas: used by the transaction.
    """

    round: int
    trainers: tuple[str, ...]
    selected: int
    scores: tuple[int, ...]
    denominator: int
    payouts: tuple[int, ...]
    utility_before: int
    utility_after: int
    model: Point
    model_cid: str
    transaction: str
    block: int
    gas: int

    @property
    def selected_trainers(self) -> tuple[str, ...]:
        return tuple(t for i, t in enumerate(self.trainers) if self.selected >> i & 1)


@dataclass(frozen=True)
class Settlement:
    """The arguments of a `settle` call, read back from its transaction.

    Args:
        model_cid: the new model.
        proof: what followed the commitments.
        instances: the public outputs.
    """

    model_cid: str
    proof: bytes
    instances: tuple[int, ...]
