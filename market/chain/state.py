"""What the contract says about projects, rounds and participants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from enum import IntEnum
from typing import Any, TypeAlias

from market.chain.terms import Terms
from market.specification.amounts import NOBODY
from zk.binding import Folded
from zk.field import Point

Place: TypeAlias = tuple[int, int]
"""Block and index of a log in it: orders events."""


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
    """

    number: int
    deposed: bool
    sure: bool
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
        number, deposed, sure, block, seed, attested, utility, spread, predicted, point = raw
        told = bytes(seed), bytes(attested), utility, spread, predicted, Point(*point)
        return cls(number, deposed, sure, block, *told)


UNMEASURED = Measure(0, False, False, 0, bytes(32), bytes(32), 0, 0, 0, Point(0, 0))
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
