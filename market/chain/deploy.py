"""Putting contracts on chain."""

from __future__ import annotations

from market.chain.artifact import Artifact
from market.chain.connection import Connection


def deploy(connection: Connection, artifact: Artifact) -> str:
    """Deploys a contract whose constructor takes nothing, and returns its address."""
    factory = connection.web3.eth.contract(abi=artifact.abi, bytecode=artifact.bytecode)
    receipt = connection.send(factory.constructor())
    return str(receipt["contractAddress"])
