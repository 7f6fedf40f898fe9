"""Rounds in miniature: vectors of three parameters and a salt, committed to under a known secret.

The verifier accepts anything, so what a real proof would say is computed from the vectors here.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from eth_utils.crypto import keccak
from py_ecc.optimized_bn128 import G1, G2, multiply, normalize

from circuits.shape import DELTA_BOUND
from market.chain.logs import Settlement
from market.chain.market import Market
from market.chain.terms import Terms
from market.contribution.claims import claims_of
from market.contribution.exact import as_integers
from tests.contracts.chain import CID, ETHER, Chain
from zk.binding import Folded
from zk.field import Point, R, TwistPoint

LOGROWS, ENTRIES, PARAMETERS = 3, 4, 3
TAU = 1_234_567_891
ZERO = 0x5A17
"""What the engine's commitments hold beside the vector, as a multiple of the generator."""
CURVATURE = np.array([[5, 1, 0], [1, 4, -1], [0, -1, 3]])
TARGET = np.array([40_000, 30_000, -20_000])
_NODES = [pow(pow(5, (R - 1) >> LOGROWS, R), i, R) for i in range(1 << LOGROWS)]


@cache
def g1(scalar: int) -> Point:
    x, y = normalize(multiply(G1, scalar % R))
    return Point(int(x), int(y))


def commit(vector: Sequence[int]) -> Point:
    return g1(polynomial(vector, TAU) + ZERO)


def polynomial(vector: Sequence[int], x: int) -> int:
    """By Lagrange's formula, f(x) = sum_i v_i prod_{j != i} (x - w^j) / (w^i - w^j)."""
    value = 0
    for i, entry in enumerate(vector):
        above, below = int(entry), 1
        for j, node in enumerate(_NODES):
            if j != i:
                above, below = above * (x - node) % R, below * (_NODES[i] - node) % R
        value += above * pow(below, -1, R)
    return value % R


def tau() -> TwistPoint:
    x, y = normalize(multiply(G2, TAU))
    (a, b), (c, d) = x.coeffs, y.coeffs
    return TwistPoint(int(a), int(b), int(c), int(d))


@dataclass(frozen=True)
class Delta:
    """A delta whose last entry is salt."""

    vector: tuple[int, ...]
    cid: str
    salt: bytes

    @classmethod
    def of(cls, seed: int, *entries: int) -> Delta:
        generator = np.random.default_rng(seed)
        drawn = entries or tuple(int(v) for v in generator.integers(-100, 100, PARAMETERS))
        cid = "Qm" + secrets.token_hex(22)
        return cls((*drawn, int(generator.integers(1, DELTA_BOUND))), cid, secrets.token_bytes(32))

    @property
    def point(self) -> Point:
        return commit(self.vector)

    @property
    def packed(self) -> bytes:
        return b"".join(entry.to_bytes(2, "big", signed=True) for entry in self.vector)

    @property
    def quotient(self) -> Point:
        z = int.from_bytes(keccak(self.point.to_bytes() + keccak(self.packed)), "big") % R
        rise = polynomial(self.vector, TAU) - polynomial(self.vector, z)
        return g1(rise * pow(TAU - z, -1, R))


@dataclass(frozen=True)
class Open:
    """A project in its first round, and who takes part."""

    chain: Chain
    owner: Market
    aggregators: list[Market]
    trainers: list[Market]
    terms: Terms
    id: bytes


def open_round(
    chain: Chain, trainers: int = 3, aggregators: int = 1, deposit: int = ETHER, **changes: Any
) -> Open:
    """A project with all its participants, in phase Commit."""
    owner, offices = chain.market(), [chain.market() for _ in range(aggregators)]
    people = [chain.market() for _ in range(trainers)]
    money: dict[str, Any] = {
        "zero": g1(ZERO),
        "model": commit([0] * ENTRIES),
        "tau": tau(),
        "logrows": LOGROWS,
        "entries": ENTRIES,
    }
    terms = chain.terms(owner, *offices, **{**money, **changes})
    id = owner.create(terms, CID, CID, deposit)
    for office in offices:
        office.bond(terms)
    for trainer in people:
        trainer.join(terms)
    if trainers < terms.participants:
        chain.pass_deadline(owner, id)
        owner.advance(terms)
    return Open(chain, owner, offices, people, terms, id)


def commit_all(open_: Open, deltas: Sequence[Delta | None]) -> None:
    """Each trainer commits to its delta; one with None does not."""
    number = open_.owner.project(open_.id).round
    for trainer, delta in zip(open_.trainers, deltas, strict=True):
        if delta is not None:
            commitment = trainer.commitment_of(
                trainer.address, open_.id, number, delta.point, delta.cid, delta.salt
            )
            trainer.commit(open_.terms, number, commitment)


def towards_target(count: int, seed: int = 0) -> list[Delta]:
    """Deltas of honest trainers: towards the optimum, each a little beside it."""
    generator = np.random.default_rng(seed)
    aside = generator.integers(-9, 10, (count, PARAMETERS))
    return [
        Delta.of(count * seed + number, *(np.array([80, 60, -50]) + each).tolist())
        for number, each in enumerate(aside)
    ]


def moved(open_: Open, model: Sequence[int], deltas: Sequence[Delta]) -> list[int]:
    """The model after the newest settlement, which was of these deltas."""
    weights = open_.owner.settled(open_.id)[-1].weights
    return [
        entry + sum(q * delta.vector[i] for q, delta in zip(weights, deltas, strict=True))
        for i, entry in enumerate(model)
    ]


def reveal_all(open_: Open, deltas: Sequence[Delta | None], commits: bool = True) -> None:
    """Each trainer reveals its delta, after committing to it."""
    if commits:
        commit_all(open_, deltas)
    number = open_.owner.project(open_.id).round
    for trainer, delta in zip(open_.trainers, deltas, strict=True):
        if delta is not None:
            trainer.reveal(open_.terms, number, delta.point, delta.cid, delta.salt)


def settle(
    open_: Open,
    deltas: Sequence[Delta],
    model: Sequence[int] = (0,) * ENTRIES,
    office: int = 0,
    within_multicall: bool = False,
) -> None:
    """The aggregator settles what stands, with the numbers that an honest proof shows."""
    folded = Folded(open_.terms.zero, open_.terms.zero, b"proof")
    proven = Settlement(CID, folded, claims(model, deltas))
    aggregator = open_.aggregators[office]
    if not within_multicall:
        aggregator.settle(open_.terms, proven)
        return
    functions = aggregator._contract.functions
    call = functions.settle(open_.terms.to_abi(), *proven.arguments)
    data = [call._encode_transaction_data()]
    aggregator.connection.send(functions.multicall(data))


def claims(model: Sequence[int], deltas: Sequence[Delta]) -> tuple[int, ...]:
    """The products that an honest proof shows."""
    shape = TARGET.reshape(-1, 1).shape
    vectors = (model, *(delta.vector for delta in deltas))
    w, *sent = (as_integers(list(vector[:PARAMETERS])).reshape(shape) for vector in vectors)
    found = claims_of(as_integers(CURVATURE), as_integers(TARGET).reshape(shape), w, sent)
    return tuple(claim % R for claim in found)
