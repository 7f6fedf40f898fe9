"""Folded rounds with random vectors, and a chain that checks their proofs."""

from __future__ import annotations

import functools
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from eth_abi.abi import decode, encode
from eth_utils.abi import function_signature_to_4byte_selector
from hexbytes import HexBytes
from web3 import Web3

from circuits.lowrank_shape import LowRankShape
from circuits.shape import DELTA_BOUND, FoldedShape, triangle_places
from market.chain.compile import compile_sources
from market.chain.connection import Connection
from market.chain.deploy import deploy
from market.chain.devnet import Devnet
from market.chain.refusal import Refusals
from market.chain.toolchain import ROOT
from market.chain.verifier import verifier_artifact
from market.contribution.claims import claims_about_origin, claims_of
from market.contribution.exact import Integers, as_integers, product
from market.contribution.statistics import RoundGame
from market.vectors import curvature_and_target, triangle
from tests.forgeries.forgery import Claimed, Forgery, Shown
from zk.binding import POINTS, Binding, Folded
from zk.commit import commit, zero_point
from zk.field import Point, R
from zk.folding import prove_folded
from zk.keys import Keys
from zk.prove import Proof

_SOURCES = (
    "src/interfaces/IVerifier.sol",
    "src/libraries/Bn254.sol",
    "src/libraries/Folding.sol",
    "src/libraries/RoundGame.sol",
    "src/libraries/Triangle.sol",
    "test/FoldingHarness.sol",
)

_POINT = "(uint256,uint256)"
_BATCHED = {
    Claimed: (
        "hold",
        f"(({_POINT},{_POINT},{_POINT},{_POINT}[]),({_POINT},{_POINT},bytes),uint256[])[]",
    ),
    Shown: ("verify", "(bytes,uint256[])[]"),
}
_BATCH = 20
_BATCH_GAS = 60_000_000
"""Enough for a batch each of which takes all that the harness gives it."""


@dataclass(frozen=True)
class FoldedRound:
    """A round of random vectors, everything that its proof is made from, by either statement."""

    keys: Keys
    statistics: list[int]
    model: list[int]
    deltas: list[list[int]]
    binding: Binding
    claims: list[int]

    @classmethod
    def draw(cls, keys: Keys, n: int, seed: int = 0) -> FoldedRound:
        """A round of n deltas over their whole range, salts included."""
        shape, generator = _folded(keys), random.Random(seed)
        length = shape.vector_length
        if isinstance(shape, LowRankShape):
            curvature = [generator.randint(-(2**15), 2**15) for _ in range(shape.root_length)]
        else:
            sizes = range(shape.features)
            H = np.array([[generator.randint(-(2**20), 2**20) for _ in sizes] for _ in sizes])
            curvature = triangle(H + H.T)
        rest = shape.statistics_length - len(curvature)
        statistics = [*curvature, *(generator.randint(-(2**45), 2**45) for _ in range(rest))]
        model = [0] * length
        if not isinstance(shape, LowRankShape):
            model = [generator.randint(-(2**40), 2**40) for _ in range(length)]
        deltas = [
            [generator.randint(1 - DELTA_BOUND, DELTA_BOUND - 1) for _ in range(length)]
            for _ in range(n)
        ]
        return cls.of(keys, statistics, model, deltas)

    @classmethod
    def of(
        cls, keys: Keys, statistics: list[int], model: list[int], deltas: list[list[int]]
    ) -> FoldedRound:
        """The round of these vectors, whatever their entries."""
        claims = claims_about(statistics, _folded(keys), model, deltas)
        binding = Binding(
            zero_point(keys),
            committed(tuple(statistics), keys),
            committed(tuple(model), keys),
            tuple(committed(tuple(delta), keys) for delta in deltas),
        )
        return cls(keys, statistics, model, deltas, binding, claims)

    def prove(self) -> Proof:
        return prove_folded(
            self.statistics, self.model, self.deltas, self.binding, self.claims, self.keys
        )

    def with_vector(self, slot: int, vector: list[int]) -> FoldedRound:
        """The same round, but slot's delta another than its point says."""
        deltas = list(self.deltas)
        deltas[slot] = vector
        return replace(self, deltas=deltas)


def claims_about(
    statistics: list[int], shape: FoldedShape, model: list[int], deltas: list[list[int]]
) -> list[int]:
    """The true claims, integers; of a model that is not zero by H, whatever the statement."""
    d, size = shape.parameters, (shape.features, shape.classes)
    if isinstance(shape, LowRankShape) and not any(model):
        B, c = root_and_target(statistics, shape)
        return claims_about_origin(B, c, [as_integers(delta[:d]) for delta in deltas])
    return claims_of(
        *dense(statistics, shape),
        as_integers(model[:d]).reshape(size),
        [as_integers(delta[:d]).reshape(size) for delta in deltas],
    )


def dense(statistics: list[int], shape: FoldedShape) -> tuple[Integers, Integers]:
    """H (F, F) and c (F, C) of either kind of statistics."""
    if isinstance(shape, LowRankShape):
        B, c = root_and_target(statistics, shape)
        return product(B.T, B), c.reshape(-1, 1)
    return curvature_and_target(statistics, shape)


def root_and_target(statistics: list[int], shape: LowRankShape) -> tuple[Integers, Integers]:
    """B (m, k) and c (k,), whatever their entries."""
    end = shape.root_length
    root = as_integers(statistics[:end]).reshape(shape.rank, shape.features)
    return root, as_integers(statistics[end : end + shape.features])


def _folded(keys: Keys) -> FoldedShape:
    assert isinstance(keys.shape, FoldedShape)
    return keys.shape


@functools.cache
def committed(vector: tuple[int, ...], keys: Keys) -> Point:
    """`commit`, once for each vector: many rounds share most of theirs."""
    return commit(vector, keys)


class FoldingChain:
    """A node, the verifier of the keys, and the contract that checks claims."""

    def __init__(self, home: Path, keys: Keys) -> None:
        self.devnet = Devnet(home)
        sources = {name: (ROOT / "contracts" / name).read_text() for name in _SOURCES}
        harness = compile_sources(sources)["FoldingHarness"]
        connection = Connection(self.devnet.url, self.devnet.account(0), Refusals(harness))
        self.web3 = connection.web3
        self.verifier = deploy(connection, verifier_artifact(keys))
        address = deploy(connection, harness)
        self.contract: Any = self.web3.eth.contract(
            Web3.to_checksum_address(address), abi=harness.abi
        )

    def call(self, binding: Binding, proof: Proof, claims: list[int]) -> Any:
        _, _, entries, curved, _ = proof.points(POINTS)
        folded = Folded(entries, curved, proof.data[64 * (POINTS - 1) :])
        words = tuple(claim % R for claim in claims)
        return self.contract.functions.holds(
            self.verifier, *_words(Claimed("", binding, folded, words))
        )

    def holds(self, binding: Binding, proof: Proof, claims: list[int]) -> bool:
        return bool(self.call(binding, proof, claims).call())

    def accepted(self, forgeries: Sequence[Forgery]) -> list[bool]:
        """Which of them the contract, or the verifier itself, accepts; many in one call."""
        found: dict[int, bool] = {}
        for kind, (name, types) in _BATCHED.items():
            places = [k for k, each in enumerate(forgeries) if isinstance(each, kind)]
            selector = function_signature_to_4byte_selector(f"{name}(address,{types})")
            for start in range(0, len(places), _BATCH):
                batch = places[start : start + _BATCH]
                # web3 would look at every word several times.
                words = [_words(forgeries[k]) for k in batch]
                data = selector + encode(["address", types], [self.verifier, words])
                answer = self.web3.eth.call(
                    {"to": self.contract.address, "data": HexBytes(data), "gas": _BATCH_GAS}
                )
                found.update(zip(batch, decode(["bool[]"], answer)[0], strict=True))
        return [found[k] for k in range(len(forgeries))]

    def game(self, claims: Sequence[int], n: int, allowed: int = 0) -> RoundGame:
        """How the contract reads proven claims, K left out.

        Args:
            allowed: entries of a curvature whose rounding may make it negative.

        Raises:
            ContractCustomError: it refuses them.
        """
        words = [claim % R for claim in claims]
        call = self.contract.functions.read(words, n, allowed)
        linear, curvature, utility = call.call()
        return RoundGame([], _symmetric(curvature, n), [each // 2 for each in linear], utility)

    def gas(self, binding: Binding, proof: Proof, claims: list[int]) -> int:
        """What a transaction that checks the claims uses.

        Not an estimate: with the least gas that does not revert, the verifier runs out of it.
        """
        sender = self.devnet.account(0).address
        call = self.call(binding, proof, claims)
        sent = self.web3.eth.send_transaction(
            call.build_transaction({"from": sender, "gas": 8_000_000})
        )
        return int(self.web3.eth.wait_for_transaction_receipt(sent)["gasUsed"])

    def stop(self) -> None:
        self.devnet.stop()


def _words(each: Forgery) -> tuple[Any, ...]:
    """As the harness takes it."""
    if isinstance(each, Shown):
        return each.proof.data, each.proof.instances
    binding, folded = each.binding, each.folded
    return (
        (
            _pair(binding.zero),
            _pair(binding.statistics),
            _pair(binding.model),
            [_pair(point) for point in binding.deltas],
        ),
        (_pair(folded.entries), _pair(folded.curved), folded.rest),
        each.claims,
    )


def _symmetric(triangle: Sequence[int], n: int) -> list[list[int]]:
    return [[int(triangle[place]) for place in row] for row in triangle_places(n)]


def _pair(point: Point) -> tuple[int, int]:
    return point.x, point.y
