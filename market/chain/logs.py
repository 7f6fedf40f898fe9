"""What a project's logs and transactions tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from typing import Any, TypeAlias

from market.chain.terms import Terms
from market.specification.amounts import NOBODY
from zk.binding import Folded
from zk.field import Point

Place: TypeAlias = tuple[int, int]
"""Block and index of a log in it: orders events."""


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
class Log:
    """One event of a project.

    Args:
        name: of the event.
        args: its arguments, as web3 decodes them.
        transaction: hash, 0x-prefixed.
        place: block and index in it.
    """

    name: str
    args: Mapping[str, Any]
    transaction: str
    place: Place

    @property
    def is_penal(self) -> bool:
        """Whether the `Slashed` that follows takes from a trainer's stake."""
        return self.name in ("SetAside", "Silenced")


@dataclass(frozen=True)
class RevealEvent:
    """A revealed delta.

    Args:
        trainer: who revealed it.
        round: from 0.
        epoch: which opening of the round.
        point: its commitment.
        cid: where the sealed delta is. Unchecked.
        displaced: whose reveal does not stand because of it; `NOBODY` for none.
    """

    trainer: str
    round: int
    epoch: int
    point: Point
    cid: str
    displaced: str = NOBODY


@dataclass(frozen=True)
class Challenge:
    """A demand to publish deltas.

    Args:
        aggregator: who holds the office, and says that it cannot have them.
        round: from 0.
        epoch: which opening of the round.
        accused: bit i for the i-th reveal that stood then.
        deadline: unix seconds, until which they can be answered.
        place: block and index of its log; orders events.
    """

    aggregator: str
    round: int
    epoch: int
    accused: int
    deadline: int
    place: Place


@dataclass(frozen=True)
class SettingAside:
    """A reveal that no longer stands, because nobody answered its challenge.

    Args:
        trainer: whose reveal it was.
        round: from 0.
        epoch: which opening of the round.
        transaction: hash, 0x-prefixed.
        place: block and index of its log.
    """

    trainer: str
    round: int
    epoch: int
    transaction: str
    place: Place


@dataclass(frozen=True)
class Departure:
    """A trainer that leaves.

    Args:
        trainer: who leaves.
        free_at: unix seconds, after which its stake can be withdrawn.
    """

    trainer: str
    free_at: int


@dataclass(frozen=True)
class SettledRound:
    """A settlement, as the contract reported it.

    Args:
        round: from 0.
        aggregator: who settled, and earned the fee.
        trainers: whose reveals stood, in the order of the slots.
        selected: bit i is set if trainer i was selected.
        weights: steps of the lattice that the model moved along each delta.
        scores: what each is worth, times `denominator`.
        denominator: of the scores.
        payouts: wei of each trainer.
        utility_before: integer utility of the model the round started from.
        utility_after: and of the one it ended with.
        model: commitment of the new model.
        model_cid: where the aggregator says the new model is. Unchecked.
        transaction: hash, 0x-prefixed.
        place: block and index of its log.
        gas: used by the transaction.
    """

    round: int
    aggregator: str
    trainers: tuple[str, ...]
    selected: int
    weights: tuple[int, ...]
    scores: tuple[int, ...]
    denominator: int
    payouts: tuple[int, ...]
    utility_before: int
    utility_after: int
    model: Point
    model_cid: str
    transaction: str
    place: Place
    gas: int

    @classmethod
    def from_event(
        cls, args: Mapping[str, Any], transaction: str, place: Place, gas: int
    ) -> SettledRound:
        """From the arguments of the event, as web3 decodes them."""
        return cls(
            round=args["round"],
            aggregator=args["aggregator"],
            trainers=tuple(args["trainers"]),
            selected=args["selected"],
            weights=tuple(args["weights"]),
            scores=tuple(args["scores"]),
            denominator=args["scoreDenominator"],
            payouts=tuple(args["payouts"]),
            utility_before=args["utilityBefore"],
            utility_after=args["utilityAfter"],
            model=Point(args["model"]["x"], args["model"]["y"]),
            model_cid=args["modelCid"],
            transaction=transaction,
            place=place,
            gas=gas,
        )

    @property
    def selected_trainers(self) -> tuple[str, ...]:
        return tuple(t for i, t in enumerate(self.trainers) if self.selected >> i & 1)


@dataclass(frozen=True)
class Settlement:
    """The arguments of a `settle` call, read back from its transaction.

    Args:
        model_cid: the new model.
        folded: what the prover added to the commitments on chain.
        claims: the products of the round, as words: below the field's order.
    """

    model_cid: str
    folded: Folded
    claims: tuple[int, ...]

    @property
    def arguments(self) -> tuple[Any, ...]:
        """As web3 encodes them, after the terms."""
        points = (astuple(self.folded.entries), astuple(self.folded.curved))
        return self.model_cid, (*points, self.folded.rest), list(self.claims)
