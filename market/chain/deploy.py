"""Putting contracts on chain."""

from __future__ import annotations

from market.chain.artifact import Artifact, load_artifact
from market.chain.connection import Connection


def deploy(connection: Connection, artifact: Artifact, *arguments: str) -> str:
    """Deploys a contract, and returns its address.

    Args:
        arguments: of its constructor: addresses.
    """
    factory = connection.web3.eth.contract(abi=artifact.abi, bytecode=artifact.bytecode)
    receipt = connection.send(factory.constructor(*arguments))
    return str(receipt["contractAddress"])


def deploy_market(connection: Connection) -> str:
    """Deploys the market and the contracts it calls, in five transactions; returns its address."""
    registry = deploy(connection, load_artifact("VerifierRegistry"))
    referee = deploy(connection, load_artifact("Referee"))
    measurements = deploy(connection, load_artifact("Measurements"), referee)
    rounds = deploy(connection, load_artifact("Rounds"), registry, referee, measurements)
    return deploy(connection, load_artifact("Market"), rounds)
