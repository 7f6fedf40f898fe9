"""The immutable terms of a project, as the contract hashes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields
from typing import Any

from market.specification.amounts import NOBODY
from zk.field import Point, TwistPoint

NEVER = 2**255 - 1
"""A target utility that is never reached."""


@dataclass(frozen=True)
class Terms:
    """Mirror of the contract's `Terms`, in its order.

    Amounts are in wei of the native coin, or in the smallest unit of the token; windows in seconds.

    Args:
        owner: account that funds the project and receives what is not earned.
        token: ERC-20 contract of the money, or `NOBODY` for the native coin.
        aggregators: accounts that may hold the office, in the order of succession.
        circuit: identity of verification key, settings and SRS.
        verifier_code_hash: keccak256 of the code of the circuit's verifier.
        zero: commitment of the zero vector.
        statistics: commitment of H and c.
        model: commitment of the initial model.
        tau: of the SRS, in the twist's group; published deltas are checked with it.
        logrows: committed vectors stand on a domain of 2**logrows.
        entries: of a delta, salts included.
        rows: validation rows behind H and c.
        outputs: of the model.
        energy: mean |y|**2 of the validation rows, an integer in units of utility.
        rows_root: Merkle root of the salted validation rows; zeros where nobody may judge them.
        evaluators: accounts that measure models round by round; none where the yardstick stands in
            these terms.
        evaluator_quorum: of them that must say the same.
        arbiters: accounts that judge the yardstick; none where it is the owner's word.
        arbiter_quorum: votes that decide.
        audit_bps: chance, in basis points, that they are asked although nobody disputes.
        invited: Merkle root of the accounts that may join; zeros for anybody.
        participants: most trainers that may join.
        slots: most trainers of a round.
        quorum: fewest trainers that must commit for a round to go on.
        byzantine: f of multi-Krum; n trainers tolerate min(f, (n - 3) // 2).
        rounds: rounds that the budget is split over.
        max_retries: re-openings of one round.
        selection: who takes part: one of `market.game.Selection`.
        scoring: what payouts follow: one of `market.game.Scoring`.
        step: how the model moves: one of `market.game.Step`.
        payment: what a round pays: one of `market.game.Payment`.
        attendance_bps: share of the trainers' budget that rounds pay evenly, in basis points.
        pot_cap_bps: share of the trainers' budget that one round's gain pays at most.
        decay_bps: what a disappointing round leaves of the learning rate, in basis points.
        join_seconds: window to join.
        commit_seconds: window to commit.
        reveal_seconds: window to reveal.
        settle_seconds: window to settle.
        answer_seconds: window to publish a challenged delta, and to open reveals of a round that
            was given up.
        audit_seconds: window of the arbiters.
        measure_seconds: window of the evaluators; 0 without them.
        contest_seconds: window to dispute what they have measured; 0 without them.
        exit_seconds: between leaving and the stake's return.
        learning_rate: of the first round, in 1e-9.
        aggregator_fee: for each settled round.
        trainer_stake: of each trainer.
        aggregator_stake: of each aggregator.
        challenge_bond: what the challenge of one delta costs the side that was wrong.
        owner_bond: what the owner loses with a yardstick that is refuted.
        dispute_bond: what who disputes it loses where it is confirmed.
        bounty: the most of a slashed amount that goes to whoever's call enforced the rule.
        minimum_gain: integer utility a round must add to keep the learning rate.
        target_utility: integer utility that ends the project early.
        expected_gain: integer utility above the initial model's that the whole budget is meant for.
        specification: keccak256 of the specification document.
        nonce: tells apart projects of equal terms.
    """

    owner: str
    token: str
    aggregators: tuple[str, ...]
    circuit: bytes
    verifier_code_hash: bytes
    zero: Point
    statistics: Point
    model: Point
    tau: TwistPoint
    logrows: int
    entries: int
    rows: int
    outputs: int
    energy: int
    rows_root: bytes
    evaluators: tuple[str, ...]
    evaluator_quorum: int
    arbiters: tuple[str, ...]
    arbiter_quorum: int
    audit_bps: int
    invited: bytes
    participants: int
    slots: int
    quorum: int
    byzantine: int
    rounds: int
    max_retries: int
    selection: int
    scoring: int
    step: int
    payment: int
    attendance_bps: int
    pot_cap_bps: int
    decay_bps: int
    join_seconds: int
    commit_seconds: int
    reveal_seconds: int
    settle_seconds: int
    answer_seconds: int
    audit_seconds: int
    measure_seconds: int
    contest_seconds: int
    exit_seconds: int
    learning_rate: int
    aggregator_fee: int
    trainer_stake: int
    aggregator_stake: int
    challenge_bond: int
    owner_bond: int
    dispute_bond: int
    bounty: int
    minimum_gain: int
    target_utility: int
    expected_gain: int
    specification: bytes
    nonce: int

    @property
    def is_native(self) -> bool:
        """Whether the project's money is the native coin."""
        return self.token == NOBODY

    @property
    def is_measured(self) -> bool:
        """Whether evaluators measure the model round by round."""
        return bool(self.evaluators)

    def to_abi(self) -> tuple[Any, ...]:
        """The tuple that web3 encodes."""
        values = (getattr(self, field.name) for field in fields(self))
        return tuple(astuple(v) if isinstance(v, Point | TwistPoint) else v for v in values)

    @classmethod
    def from_abi(cls, decoded: Mapping[str, Any]) -> Terms:
        """From web3's decoding of an event or call."""
        return cls(**{field.name: _parse(decoded[camel_case(field.name)]) for field in fields(cls)})


def _parse(value: Any) -> Any:
    if isinstance(value, Mapping):
        kind = Point if "x" in value else TwistPoint
        return kind(**{field.name: value[camel_case(field.name)] for field in fields(kind)})
    return tuple(value) if isinstance(value, list) else value


def camel_case(name: str) -> str:
    """verifier_code_hash -> verifierCodeHash."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
