"""A prover that lies: it chooses every input of the circuit, and may change them late.

What it makes are proofs that the engine's verifier accepts, of public outputs that are not those
which the contract demands, or with challenges that are not the hashes they should be.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from eth_utils.crypto import keccak

from circuits.lowrank_shape import LowRankShape
from circuits.shape import DELTA_BOUND, FoldedShape
from market import durable
from market.errors import ProofError
from tests.folding import FoldedRound, committed
from tests.forgeries.forgery import Claimed
from zk.binding import Binding, Folded
from zk.cache import cache_root
from zk.field import Point, R
from zk.folding import weights
from zk.keys import Keys
from zk.prove import Proof, prove

ROOT_OF_MINUS_ONE = pow(5, (R - 1) // 4, R)
"""-1 is a square in the scalar field, which 5 generates."""

Vector = list[int]


@dataclass(frozen=True)
class Witness:
    """The committed inputs of the folded circuit while a lie is drawn.

    Args:
        gamma, delta: the challenges, 0 as long as they are not drawn.
        combination: R, vector_length entries.
        entries: A, the model if the statement has one, and the shifted deltas of all slots.
        curved: Y.
    """

    gamma: int
    delta: int
    combination: Vector
    entries: Vector
    curved: Vector


Lie = Callable[[Witness], Witness]


@dataclass(frozen=True)
class Attempt:
    """A real proof, and the round and claims that it was made for."""

    round: FoldedRound
    claims: tuple[int, ...]
    proof: Proof

    @property
    def folded(self) -> Folded:
        return Folded.of(self.proof.data)

    def as_claimed(self, kind: str, **changes: Any) -> Claimed:
        """It, shown for its own round and claims but for the changes."""
        return replace(Claimed(kind, self.round.binding, self.folded, self.claims), **changes)


@dataclass(frozen=True)
class Lies:
    """Where a prover departs from the protocol; each is given what is known by then.

    Args:
        entries: A instead of the vectors, before anything is drawn.
        gamma: the first challenge instead of the hash.
        combination: changes R when gamma is known.
        curved: changes Y when gamma is known.
        delta: the second challenge instead of the hash.
        late: changes anything when both are known.
    """

    entries: Vector | None = None
    gamma: int | None = None
    combination: Lie | None = None
    curved: Lie | None = None
    delta: int | None = None
    late: Lie | None = None


def attempt(
    round: FoldedRound,
    claims: Sequence[int] | None = None,
    lies: Lies | None = None,
    keys: Keys | None = None,
) -> Attempt:
    """Proves `round` with lies; without any, as everyone does.

    Args:
        claims: words; the true ones if not given.
        keys: those of the round if not given.

    Raises:
        ProofError: the engine makes no proof of such inputs.
    """
    keys, lies = keys or round.keys, lies or Lies()
    words = tuple(claim % R for claim in round.claims) if claims is None else tuple(claims)
    entries = lies.entries or shifted(round, keys)
    gamma = lies.gamma
    if gamma is None:
        gamma = first_challenge(round.binding, committed(tuple(entries), keys), words)
    vectors = (round.model, *round.deltas)
    u = weights(gamma, len(vectors))
    combination = [inner(u, column) for column in zip(*vectors, strict=True)]
    drawn = Witness(gamma, 0, combination, list(entries), [])
    drawn = lies.combination(drawn) if lies.combination else drawn
    drawn = replace(drawn, curved=curvature(round, drawn.combination))
    drawn = lies.curved(drawn) if lies.curved else drawn
    delta = lies.delta
    if delta is None:
        delta = second_challenge(gamma, committed(tuple(drawn.curved), keys))
    drawn = replace(drawn, delta=delta)
    drawn = lies.late(drawn) if lies.late else drawn
    inputs = [
        round.statistics,
        drawn.combination,
        drawn.entries,
        drawn.curved,
        [drawn.gamma, drawn.delta],
    ]
    return Attempt(round, words, _prove_once(inputs, keys))


def first_challenge(binding: Binding, entries: Point, words: Sequence[int]) -> int:
    """gamma of words as they are: `zk.folding` reduces those above the field's order."""
    points = (binding.statistics, binding.model, *binding.deltas, entries)
    data = b"".join(point.to_bytes() for point in points)
    return _hash(data + b"".join(word.to_bytes(32, "big") for word in words))


def second_challenge(gamma: int, curved: Point) -> int:
    """delta."""
    return _hash(gamma.to_bytes(32, "big") + curved.to_bytes())


def shifted(round: FoldedRound, keys: Keys) -> Vector:
    """A as the protocol has it."""
    assert isinstance(keys.shape, FoldedShape)
    return keys.shape.entries(round.model, round.deltas)


def curvature(round: FoldedRound, vector: Sequence[int]) -> Vector:
    """Y: H R, row-major, or B R."""
    shape = round.keys.shape
    assert isinstance(shape, FoldedShape)
    d, C = shape.parameters, shape.classes
    return [
        inner(row, vector[k:d:C]) for row in shape.curvature(round.statistics) for k in range(C)
    ]


def inner(left: Sequence[int], right: Sequence[int]) -> int:
    return sum(a * b for a, b in zip(left, right, strict=True)) % R


def inverse(value: int) -> int:
    return pow(value, -1, R)


def late_salt(drawn: Witness, shape: FoldedShape) -> Witness:
    """A with a salt of its first vector such that it folds to R: its difference becomes zero.

    That vector is the model, which no table knows; without a model it is the first delta.
    """
    length, salt = shape.vector_length, shape.parameters
    v = [pow(drawn.delta, j, R) for j in range(length)]
    without = int(isinstance(shape, LowRankShape))
    u = weights(drawn.gamma, shape.slots + 1)[without:]
    found = 0
    for i, weight in enumerate(u):
        column = drawn.entries[i * length : (i + 1) * length]
        shift = 0 if i + without == 0 else DELTA_BOUND
        found += weight * inner([entry - shift for entry in column], v)
    missing = inner(drawn.combination, v) - found
    entries = list(drawn.entries)
    entries[salt] += missing * inverse(u[0] * v[salt]) % R
    return replace(drawn, entries=entries)


def _prove_once(inputs: list[Vector], keys: Keys) -> Proof:
    """A proof of the inputs, kept beside the keys: making the corpus's takes minutes.

    Raises:
        ProofError: the engine makes none.
    """
    felts = [[entry % R for entry in vector] for vector in inputs]
    named = json.dumps([keys.identity.hex(), keys.folder.name, felts])
    path = cache_root() / "forgeries" / f"{hashlib.sha256(named.encode()).hexdigest()}.json"
    if path.exists():
        found = durable.read_json(path)
    else:
        try:
            made = prove(felts, keys)
            found = {"data": made.data.hex(), "instances": [hex(word) for word in made.instances]}
        except ProofError as error:
            found = {"error": error.message}
        path.parent.mkdir(parents=True, exist_ok=True)
        durable.write_json(path, found)
    if "error" in found:
        raise ProofError(found["error"])
    return Proof(bytes.fromhex(found["data"]), [int(word, 16) for word in found["instances"]])


def _hash(data: bytes) -> int:
    return int.from_bytes(keccak(data), "big") % R
