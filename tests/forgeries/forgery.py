"""What a verifier is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from zk.binding import Binding, Folded
from zk.prove import Proof


@dataclass(frozen=True)
class Claimed:
    """Claims about a round, as an aggregator sends them to a contract that knows the points.

    Args:
        kind: what is forged, and how; honest ones are kept as controls.
        binding: the points that the contract holds the claims against.
        folded: the aggregator's part of the proof.
        claims: words of calldata, below 2**256.
    """

    kind: str
    binding: Binding
    folded: Folded
    claims: tuple[int, ...]


@dataclass(frozen=True)
class Shown:
    """A proof and public outputs, shown to the verifier without the contract's half."""

    kind: str
    proof: Proof


Forgery: TypeAlias = Claimed | Shown
