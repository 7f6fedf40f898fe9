"""What the artifacts say about code on chain, against a chain: eth-tester's, in this process."""

from __future__ import annotations

import json
import shutil

import pytest
from eth_tester import EthereumTester, PyEVMBackend
from web3 import EthereumTesterProvider, Web3

from market.chain.artifact import Artifact, load_artifact
from market.chain.compile import compile_contracts
from market.chain.toolchain import ROOT
from market.errors import InputError

CLOCK = """// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

contract Clock {
    uint256 public immutable start = block.timestamp;
}
"""


@pytest.fixture(scope="module")
def web3() -> Web3:
    return Web3(EthereumTesterProvider(EthereumTester(PyEVMBackend())))


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    contracts = tmp_path_factory.mktemp("contracts")
    (contracts / "src").mkdir()
    (contracts / "src/Clock.sol").write_text(CLOCK)
    shutil.copy(ROOT / "contracts/foundry.toml", contracts)
    return compile_contracts(contracts / "src")["Clock"]


def deploy(web3: Web3, artifact: Artifact) -> bytes:
    """Deploys without arguments; the code that stands on chain then."""
    contract = web3.eth.contract(abi=artifact.abi, bytecode=artifact.bytecode)
    sent = contract.constructor().transact({"from": web3.eth.accounts[0]})
    address = web3.eth.wait_for_transaction_receipt(sent, timeout=30)["contractAddress"]
    assert address is not None
    return bytes(web3.eth.get_code(address))


def test_deployed_contract_is_recognised(web3: Web3, clock: Artifact) -> None:
    artifact = load_artifact("Referee")
    code = deploy(web3, artifact)
    assert artifact.matches(code)
    assert not clock.matches(code)


def test_matches_ignores_immutables_and_nothing_else(web3: Web3, clock: Artifact) -> None:
    code = bytearray(deploy(web3, clock))
    assert bytes(code) != clock.deployed_bytecode, "the constructor fills in the start"
    assert clock.matches(bytes(code))
    end = sum(clock.immutables[0])
    code[end] ^= 1
    assert not clock.matches(bytes(code))
    assert not clock.matches(clock.deployed_bytecode[:-1])
    assert not clock.matches(b"")


def test_artifact_survives_its_file(clock: Artifact) -> None:
    content = json.loads(json.dumps(clock.to_json()))
    assert Artifact.from_json(content) == clock
    for field, wrong in [("bytecode", "0xzz"), ("abi", None), ("immutables", [[1]])]:
        with pytest.raises(InputError, match="not a contract artifact"):
            Artifact.from_json({**content, field: wrong})
