"""A market on a real chain with real proofs, driven step by step: what the tampering tests need."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from eth_account import Account
from eth_account.signers.local import LocalAccount
from web3.types import RPCEndpoint

from circuits.shape import FoldedShape
from market.chain.connection import Connection
from market.chain.deploy import deploy_market
from market.chain.devnet import Devnet
from market.chain.market import Market
from market.chain.refusal import Refusals
from market.chain.state import Settlement
from market.chain.terms import NEVER, Terms
from market.chain.verifier import verifier_artifact, verifier_code_hash
from market.contribution.claims import claims_of
from market.contribution.grid import Grid
from market.game import Payment, Scoring, Selection, Step
from market.vectors import curvature_and_target, matrix, salted, triangle
from zk.binding import Binding, Folded
from zk.commit import commit, zero_point
from zk.field import Point, R
from zk.folding import prove_folded
from zk.keys import Keys, circuit_logrows, derive_keys
from zk.opening import pack, quotient, tau
from zk.prove import Proof
from zk.srs import development_srs

SHAPE = FoldedShape(slots=3, features=4, classes=2)
GRID = Grid(SHAPE.slots)
CID = "QmT5NvUtoM5nWFfrQdVrFtvGfKFmG7AHE8P34isapyhCxX"
ETHER = 10**18
NATIVE = "0x" + 40 * "0"


@dataclass(frozen=True)
class Delta:
    """A salted delta and the salt of its commit."""

    vector: list[int]
    point: Point
    cid: str
    salt: bytes


@dataclass(frozen=True)
class Proven:
    """A proof, and the claims that it proves."""

    proof: Proof
    claims: tuple[int, ...]


class Stage:
    """One market with an owner, two aggregators and a trainer for every slot on one anvil."""

    def __init__(self, home: Path, shape: FoldedShape = SHAPE) -> None:
        self.devnet = Devnet(home)
        self.shape = shape
        self.keys: Keys = derive_keys(shape, development_srs(circuit_logrows(shape)))
        connection = Connection(self.devnet.url, self.devnet.account(0), Refusals())
        self.contract = deploy_market(connection)
        actors = (self._actor() for _ in range(3 + shape.slots))
        self.owner, self.aggregator, self.standby, *self.trainers = actors
        verifier = verifier_artifact(self.keys)
        self.owner.deploy_verifier(self.keys.identity, verifier)
        self.verifier_code_hash = verifier_code_hash(verifier)
        self.statistics = self._statistics()
        self.model = [0] * self.shape.vector_length
        self.terms = self._terms()

    def _actor(self) -> Market:
        account: LocalAccount = Account.create()
        self.devnet.fund(account.address, 10 * ETHER)
        return Market(self.devnet.url, self.contract, account)

    def _statistics(self) -> list[int]:
        generator = np.random.default_rng(0)
        X = generator.normal(size=(50, self.shape.features))
        H = np.rint(X.T @ X / 50 * 2**13).astype(np.int64)
        c = generator.integers(-(2**28), 2**28, self.shape.parameters)
        return salted([*triangle(H), *c.tolist()], self.shape.statistics_length)

    def _terms(self) -> Terms:
        return Terms(
            owner=self.owner.address,
            token=NATIVE,
            aggregators=(self.aggregator.address, self.standby.address),
            circuit=self.keys.identity,
            verifier_code_hash=self.verifier_code_hash,
            zero=zero_point(self.keys),
            statistics=commit(self.statistics, self.keys),
            model=commit(self.model, self.keys),
            tau=tau(self.keys.srs),
            logrows=self.keys.logrows,
            entries=self.shape.vector_length,
            rows=50,
            outputs=self.shape.classes,
            energy=GRID.utility_unit,
            rows_root=bytes(32),
            evaluators=(),
            evaluator_quorum=0,
            arbiters=(),
            arbiter_quorum=0,
            audit_bps=0,
            invited=bytes(32),
            participants=self.shape.slots,
            slots=self.shape.slots,
            quorum=3,
            byzantine=0,
            rounds=2,
            max_retries=1,
            # Random deltas are worth nothing: rules that do not look at their value take them.
            selection=Selection.MULTI_KRUM,
            scoring=Scoring.SHAPLEY,
            step=Step.MEAN,
            payment=Payment.PER_ROUND,
            attendance_bps=500,
            pot_cap_bps=10_000,
            decay_bps=5000,
            join_seconds=3600,
            commit_seconds=3600,
            reveal_seconds=3600,
            settle_seconds=3600,
            answer_seconds=3600,
            audit_seconds=3600,
            measure_seconds=0,
            contest_seconds=0,
            exit_seconds=5 * 3600,
            learning_rate=10**8,
            aggregator_fee=10**16,
            trainer_stake=10**16,
            aggregator_stake=ETHER + self.shape.slots * 5 * 10**15,
            challenge_bond=5 * 10**15,
            owner_bond=0,
            dispute_bond=0,
            bounty=10**15,
            minimum_gain=0,
            target_utility=NEVER,
            expected_gain=0,
            specification=bytes(32),
            nonce=secrets.randbits(64),
        )

    def create(self, terms: Terms | None = None) -> bytes:
        """Funded, bonded and joined: the first round is open."""
        terms = terms or self.terms
        id = self.owner.create(terms, CID, CID, ETHER)
        self.aggregator.bond(terms)
        for trainer in self.trainers:
            trainer.join(terms)
        return id

    def another_project(self) -> Terms:
        """Terms that differ in the nonce only."""
        return replace(self.terms, nonce=secrets.randbits(64))

    def delta(self, seed: int) -> Delta:
        generator = np.random.default_rng(seed)
        vector = salted(
            generator.integers(-2000, 2000, self.shape.parameters).tolist(),
            self.shape.vector_length,
        )
        cid = "Qm" + secrets.token_hex(22)
        return Delta(vector, commit(vector, self.keys), cid, secrets.token_bytes(32))

    def commit(self, trainer: Market, terms: Terms, round_number: int, delta: Delta) -> None:
        id = trainer.id_of(terms)
        trainer.commit(
            terms,
            round_number,
            trainer.commitment_of(
                trainer.address, id, round_number, delta.point, delta.cid, delta.salt
            ),
        )

    def reveal(self, trainer: Market, terms: Terms, round_number: int, delta: Delta) -> None:
        trainer.reveal(terms, round_number, delta.point, delta.cid, delta.salt)

    def to_settlement(self, terms: Terms, round_number: int, deltas: Sequence[Delta]) -> None:
        for trainer, delta in zip(self.trainers, deltas, strict=True):
            self.commit(trainer, terms, round_number, delta)
        for trainer, delta in zip(self.trainers, deltas, strict=True):
            self.reveal(trainer, terms, round_number, delta)

    def prove(self, model: list[int], deltas: Sequence[Delta]) -> Proven:
        w, *sent = (
            matrix(vector, self.shape.features, self.shape.classes)
            for vector in (model, *(each.vector for each in deltas))
        )
        known = curvature_and_target(self.statistics, self.shape)
        claims = tuple(claim % R for claim in claims_of(*known, w, sent))
        binding = Binding(
            zero_point(self.keys),
            commit(self.statistics, self.keys),
            commit(model, self.keys),
            tuple(each.point for each in deltas),
        )
        vectors = [each.vector for each in deltas]
        proof = prove_folded(self.statistics, model, vectors, binding, claims, self.keys)
        return Proven(proof, claims)

    def settlement(self, proven: Proven) -> Settlement:
        return Settlement(CID, Folded.of(proven.proof.data), proven.claims)

    def claim(self, trainer: Market, terms: Terms, epoch: int, slot: int, delta: Delta) -> None:
        """Opens a reveal of a round that was given up."""
        opening = quotient(delta.vector, delta.point, self.keys)
        trainer.claim(terms, epoch, slot, pack(delta.vector), opening)

    def pass_by(self, seconds: int) -> None:
        """Lets the chain's time go on, and mines a block."""
        for method, arguments in (("evm_increaseTime", [seconds]), ("evm_mine", [])):
            self.owner.web3.provider.make_request(RPCEndpoint(method), arguments)

    def send_anyway(self, sender: Market, call: Any) -> int:
        """Sends a transaction that the client would not send; returns its receipt's status."""
        account, web3 = sender.connection.account, sender.web3
        assert account is not None
        transaction = call.build_transaction(
            {
                "from": account.address,
                "gas": 8_000_000,
                "nonce": web3.eth.get_transaction_count(account.address),
                "chainId": sender.connection.chain_id,
                "maxFeePerGas": 10**11,
                "maxPriorityFeePerGas": 10**9,
            }
        )
        signed = account.sign_transaction(transaction)
        mined = web3.eth.wait_for_transaction_receipt(
            web3.eth.send_raw_transaction(signed.raw_transaction), poll_latency=0.02
        )
        return int(mined["status"])

    def close(self) -> None:
        self.devnet.stop()
