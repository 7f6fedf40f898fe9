"""The immutable terms of a project, as the contract hashes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from zk.field import Point

NEVER = 2**255 - 1
"""A target utility that is never reached."""


@dataclass(frozen=True)
class Terms:
    """Mirror of the contract's `Terms`, in its order; amounts in wei, windows in seconds.

    Args:
        owner: account that funds the project and receives what is not earned.
        aggregator: account that settles.
        verifier: address of the circuit's verifier.
        verifier_code_hash: keccak256 of its code.
        circuit: identity of verification key, settings and SRS.
        zero: commitment of the zero vector.
        curvature: commitment of H.
        target: commitment of c.
        model: commitment of the initial model.
        slots: most trainers of a round.
        quorum: fewest trainers that a round settles with.
        byzantine: f of multi-Krum; n trainers tolerate min(f, (n - 3) // 2).
        rounds: rounds that the budget is split over.
        max_retries: re-openings of one round.
        floor_bps: share of a round paid equally to the selected, in basis points.
        decay_bps: what a disappointing round leaves of the learning rate, in basis points.
        join_seconds: window to join.
        commit_seconds: window to commit.
        reveal_seconds: window to reveal.
        settle_seconds: window to settle.
        learning_rate: of the first round, in 1e-9.
        aggregator_fee: wei for each settled round.
        trainer_stake: wei.
        aggregator_stake: wei.
        minimum_gain: integer utility a round must add to keep the learning rate.
        target_utility: integer utility that ends the project early.
        specification: keccak256 of the specification document.
        nonce: tells apart projects of equal terms.
    """

    owner: str
    aggregator: str
    verifier: str
    verifier_code_hash: bytes
    circuit: bytes
    zero: Point
    curvature: Point
    target: Point
    model: Point
    slots: int
    quorum: int
    byzantine: int
    rounds: int
    max_retries: int
    floor_bps: int
    decay_bps: int
    join_seconds: int
    commit_seconds: int
    reveal_seconds: int
    settle_seconds: int
    learning_rate: int
    aggregator_fee: int
    trainer_stake: int
    aggregator_stake: int
    minimum_gain: int
    target_utility: int
    specification: bytes
    nonce: int

    def to_abi(self) -> tuple[Any, ...]:
        """The tuple that web3 encodes."""
        values = (getattr(self, field.name) for field in fields(self))
        return tuple((v.x, v.y) if isinstance(v, Point) else v for v in values)

    @classmethod
    def from_abi(cls, decoded: Mapping[str, Any]) -> Terms:
        """From web3's decoding of an event or call."""
        values = {}
        for field in fields(cls):
            value = decoded[camel_case(field.name)]
            if isinstance(value, Mapping):
                value = Point(value["x"], value["y"])
            values[field.name] = value
        return cls(**values)


def camel_case(name: str) -> str:
    """verifier_code_hash -> verifierCodeHash."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
