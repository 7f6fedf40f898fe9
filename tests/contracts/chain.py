"""One market on an EVM inside the test process, with actors and a verifier that accepts anything.

Proof verification is too slow there: what the verifier would refuse is tried on a real node.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_tester import EthereumTester
from eth_tester.exceptions import TransactionFailed
from eth_typing import HexStr
from eth_utils.crypto import keccak
from web3 import EthereumTesterProvider
from web3.types import RPCEndpoint, RPCResponse

from market.chain.artifact import Artifact
from market.chain.connection import Connection
from market.chain.deploy import deploy_market
from market.chain.market import Market
from market.chain.refusal import Refusals
from market.chain.terms import NEVER, Terms
from market.game import Payment, Scoring, Selection, Step
from market.specification.amounts import NOBODY
from zk.field import Point, TwistPoint

ETHER = 10**18
CID = "QmT5NvUtoM5nWFfrQdVrFtvGfKFmG7AHE8P34isapyhCxX"
GENERATOR = Point(1, 2)
TWIST_GENERATOR = TwistPoint(
    10857046999023057135944570762232829481370756359578518086990519993285655852781,
    11559732032986387107991004021392285783925812861821192530917403151452391805634,
    8495653923123431417604973247489272438418190587263600148770280649306958101930,
    4082367875863433681332203403145435568316851327593401208105741076214120093531,
)
CIRCUIT = bytes(range(32))
_TRUE = bytes.fromhex("60015f5260205ff3")  # returns the word 1, whatever it is asked
_COPY = bytes.fromhex("67") + _TRUE + bytes.fromhex("5f5260086018f3")  # and its creation code
ACCEPTS_ALL = Artifact("AcceptsAll", [], _COPY, _TRUE, (), "by hand", {})


class Provider(EthereumTesterProvider):
    """Words a revert as a node does: eth-tester raises an exception of its own."""

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        try:
            return super().make_request(method, params)
        except TransactionFailed as error:
            original: Any = error.__context__
            while isinstance(original, BaseException):
                original = original.args[0] if original.args else b""
            data = original if isinstance(original, bytes) else b""
            return {
                "jsonrpc": "2.0",
                "id": 1,
                "error": {
                    "code": 3,
                    "message": "execution reverted",
                    "data": HexStr("0x" + data.hex()),
                },
            }


class Chain:
    """One market on a fresh EVM, and funded accounts."""

    def __init__(self) -> None:
        self.tester = EthereumTester()
        self.provider = Provider(self.tester)
        self.deployer = Connection(self.provider, self.funded(), Refusals())
        self.contract = deploy_market(self.deployer)
        self.market().deploy_verifier(CIRCUIT, ACCEPTS_ALL)

    def funded(self, wei: int = 10 * ETHER) -> LocalAccount:
        account: LocalAccount = Account.create()
        self.tester.send_transaction(
            {
                "from": self.tester.get_accounts()[0],
                "to": account.address,
                "value": wei,
                "gas": 21_000,
            }
        )
        return account

    def market(self, wei: int = 10 * ETHER) -> Market:
        return Market(self.provider, self.contract, self.funded(wei))

    def pass_deadline(self, market: Market, id: bytes) -> None:
        self.tester.time_travel(market.project(id).deadline + 1)

    def terms(self, owner: Market, *aggregators: Market, **changes: Any) -> Terms:
        terms = Terms(
            owner=owner.address,
            token=NOBODY,
            aggregators=tuple(each.address for each in aggregators),
            circuit=CIRCUIT,
            verifier_code_hash=bytes(keccak(_TRUE)),
            zero=GENERATOR,
            statistics=GENERATOR,
            model=GENERATOR,
            tau=TWIST_GENERATOR,
            logrows=3,
            entries=4,
            rows=100,
            outputs=1,
            energy=10**9,
            rows_root=bytes(32),
            evaluators=(),
            evaluator_quorum=0,
            arbiters=(),
            arbiter_quorum=0,
            audit_bps=0,
            invited=bytes(32),
            participants=3,
            slots=3,
            quorum=3,
            byzantine=0,
            rounds=4,
            max_retries=1,
            selection=Selection.PROVEN_VALUE,
            scoring=Scoring.IN_RUN,
            step=Step.EXACT,
            payment=Payment.PER_ROUND,
            attendance_bps=400,
            pot_cap_bps=0,
            decay_bps=5000,
            join_seconds=1000,
            commit_seconds=1000,
            reveal_seconds=1000,
            settle_seconds=1000,
            answer_seconds=1000,
            audit_seconds=1000,
            measure_seconds=0,
            contest_seconds=0,
            exit_seconds=5000,
            learning_rate=2 * 10**7,
            aggregator_fee=10**15,
            trainer_stake=10**16,
            aggregator_stake=4 * 10**17,
            challenge_bond=10**15,
            owner_bond=0,
            dispute_bond=0,
            bounty=10**14,
            minimum_gain=-(2**70),
            target_utility=NEVER,
            expected_gain=0,
            specification=bytes(32),
            nonce=7,
        )
        places = changes.get("slots", terms.slots)
        return dataclasses.replace(terms, **{"participants": places, **changes})
