"""Proving and checking the folded statement; `circuits.folded` says what it implies.

Everything that the contract does (contracts/src/libraries/Folding.sol) is repeated here: who
verifies a round off chain runs `holds`.
"""

from __future__ import annotations

from collections.abc import Sequence

from eth_utils.crypto import keccak

from circuits.shape import FoldedShape
from market.errors import ProofError
from zk.binding import POINT_BYTES, POINTS, Binding, Folded
from zk.commit import commit
from zk.curve import linear_combination
from zk.field import Point, R
from zk.keys import Keys
from zk.prove import Proof, prove, verify


def statement(binding: Binding, folded: Folded, claims: Sequence[int]) -> Proof:
    """The proof that a verifier must accept for the claims to be proven, as the contract puts it
    together; nothing about it has been checked.

    Args:
        claims: integers below the field's order in magnitude; a negative one and the word that
            stands for it are the same claim.

    Raises:
        ProofError: another number of claims than the deltas have, a claim that no word below the
            field's order stands for, or a point that is not on the curve.
    """
    n = len(binding.deltas)
    if len(claims) != (n + 1) * (n + 2):
        raise ProofError(f"{len(claims)} claims about {n} deltas, expected {(n + 1) * (n + 2)}")
    if any(abs(claim) >= R for claim in claims):
        raise ProofError("a claim is not below the field's order")
    gamma = first_challenge(binding, folded.entries, claims)
    delta = second_challenge(gamma, folded.curved)
    points = (binding.statistics, combination(binding, gamma), folded.entries, folded.curved)
    data = b"".join(point.to_bytes() for point in points) + folded.rest
    return Proof(data, expected_instances(claims, n, gamma, delta))


def first_challenge(binding: Binding, entries: Point, claims: Sequence[int]) -> int:
    """gamma, drawn when the vectors and the claims are fixed."""
    points = (binding.statistics, binding.model, *binding.deltas, entries)
    words = b"".join((claim % R).to_bytes(32, "big") for claim in claims)
    return _hash(b"".join(point.to_bytes() for point in points) + words)


def second_challenge(gamma: int, curved: Point) -> int:
    """delta, drawn when Y is fixed too."""
    return _hash(gamma.to_bytes(32, "big") + curved.to_bytes())


def weights(gamma: int, count: int) -> list[int]:
    """u_i = gamma**(2**i): sums of two exponents tell the pair."""
    found = [gamma]
    while len(found) < count:
        found.append(found[-1] ** 2 % R)
    return found


def combination(binding: Binding, gamma: int) -> Point:
    """The point of R = sum u_i Z_i, from those of the vectors: C(v) - C(0) is linear in v.

    Raises:
        ProofError: a point is not on the curve.
    """
    u = weights(gamma, 1 + len(binding.deltas))
    points = (binding.zero, binding.model, *binding.deltas)
    return linear_combination(points, [1 - sum(u), *u])


def expected_instances(claims: Sequence[int], n: int, gamma: int, delta: int) -> list[int]:
    """The public outputs that a proof of the claims about n deltas has."""
    u = weights(gamma, n + 1)
    split = (n + 1) * (n + 2) // 2
    products = _form(claims[:split], u)
    linear = sum(a * b for a, b in zip(u, claims[split : split + n + 1], strict=True)) % R
    gram = _form(claims[split + n + 1 :], u[1:])
    return [gamma, delta, gram, products, linear, 0, 0]


def prove_folded(
    statistics: Sequence[int],
    model: Sequence[int],
    deltas: Sequence[Sequence[int]],
    binding: Binding,
    claims: Sequence[int],
    keys: Keys,
    timeout: float = 1800.0,
) -> Proof:
    """Proves the claims about at most `slots` deltas, by the statement of the keys.

    Args:
        statistics: S as the shape has it, salts included.
        model: w, salts included; zeros where the statement has none.
        deltas: each with its salts.

    Raises:
        ProofError: an entry is out of range, the claims are wrong, or the engine failed.
    """
    shape = keys.shape
    if not isinstance(shape, FoldedShape) or not 1 <= len(deltas) <= shape.slots:
        raise ProofError(f"{len(deltas)} deltas do not fit a folded circuit of {shape}")
    entries = shape.entries(model, deltas)
    gamma = first_challenge(binding, commit(entries, keys), claims)
    u = weights(gamma, len(deltas) + 1)
    vectors = (model, *deltas)
    folded = [
        sum(a * b for a, b in zip(u, column, strict=True)) % R
        for column in zip(*vectors, strict=True)
    ]
    columns = [folded[c : shape.parameters : shape.classes] for c in range(shape.classes)]
    curved = [
        sum(a * b for a, b in zip(row, column, strict=True)) % R
        for row in shape.curvature(statistics)
        for column in columns
    ]
    delta = second_challenge(gamma, commit(curved, keys))
    inputs = [statistics, folded, entries, curved, [gamma, delta]]
    proof = prove(inputs, keys, timeout)
    if proof.instances != expected_instances(claims, len(deltas), gamma, delta):
        raise ProofError("the claims are not the products of these vectors")
    return proof


def holds(proof: Proof, binding: Binding, claims: Sequence[int], keys: Keys) -> bool:
    """Whether the proof shows that the claims are the products of what `binding` names."""
    if len(proof.data) < POINT_BYTES * POINTS:
        return False
    try:
        due = statement(binding, Folded.of(proof.data), claims)
    except ProofError:
        return False
    return proof.data == due.data and proof.instances == due.instances and verify(proof, keys)


def _form(triangle: Sequence[int], u: Sequence[int]) -> int:
    """sum_ij u_i u_j M_ij of the symmetric matrix M with this upper triangle."""
    values = iter(triangle)
    total = 0
    for i in range(len(u)):
        row = next(values) * u[i] + 2 * sum(next(values) * u[j] for j in range(i + 1, len(u)))
        total += u[i] * row
    return total % R


def _hash(data: bytes) -> int:
    return int.from_bytes(keccak(data), "big") % R
