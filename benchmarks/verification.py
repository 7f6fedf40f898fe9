"""What it costs to verify a proof, here and on a chain."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from web3 import Web3

from market.chain.artifact import load_artifact
from market.chain.connection import Connection
from market.chain.deploy import deploy
from market.chain.devnet import Devnet
from market.chain.refusal import Refusals
from market.chain.verifier import verifier_artifact
from market.errors import MarketError
from zk.keys import Keys
from zk.prove import Proof, verify_all

_REPEATED = 10


@dataclass(frozen=True)
class Verification:
    """What verifying a proof takes.

    Args:
        seconds: of one proof among many, without the start of the process.
        code_bytes: of the deployed verifier.
        deploy_gas: of the verifier.
        gas: of one proof.
    """

    seconds: float
    code_bytes: int
    deploy_gas: int
    gas: int


def verification(proof: Proof, keys: Keys, chain: Devnet) -> Verification:
    """Verifies an honest proof here and by the keys' contract.

    Raises:
        MarketError: it does not verify.
    """
    artifact = verifier_artifact(keys)
    connection = Connection(chain.url, chain.account(0), Refusals(artifact))
    factory = connection.web3.eth.contract(abi=artifact.abi, bytecode=artifact.bytecode)
    deploy_gas = factory.constructor().estimate_gas({"from": connection.address})
    address = Web3.to_checksum_address(deploy(connection, artifact))
    verifier: Any = connection.web3.eth.contract(address, abi=load_artifact("IVerifier").abi)
    call = verifier.functions.verifyProof(proof.data, proof.instances)
    if not call.call():
        raise MarketError(f"the verifier of {keys.shape} refuses an honest proof")
    return Verification(
        _seconds(proof, keys),
        len(artifact.deployed_bytecode),
        int(deploy_gas),
        int(call.estimate_gas()),
    )


def _seconds(proof: Proof, keys: Keys) -> float:
    start = time.monotonic()
    held = verify_all([proof], keys)
    first = time.monotonic()
    held += verify_all([proof] * (1 + _REPEATED), keys)
    if not all(held):
        raise MarketError(f"an honest proof of {keys.shape} does not verify")
    return (time.monotonic() - first - (first - start)) / _REPEATED
