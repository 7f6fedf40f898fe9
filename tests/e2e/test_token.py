"""A project in an ERC-20 token that scores by leave-one-out, by the commands that users type.

Money is followed to the last unit; one trainer leaves while its commitment is open.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console
from web3 import Web3
from web3.types import RPCEndpoint

from market.chain.compile import Settings, compile_sources
from market.chain.market import Market, project_id
from market.chain.toolchain import ROOT
from market.demo.processes import Role, Roles
from market.demo.run import Demonstration
from market.game import Scoring
from tests.e2e.options import OPTIONS
from tests.shares import Owed

pytestmark = [pytest.mark.e2e, pytest.mark.proof]

SOURCE = """// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
contract Coin is ERC20("Coin", "COIN"), ERC20Permit("Coin") {
    constructor() { _mint(msg.sender, 1e12); }
    function decimals() public pure override returns (uint8) { return 6; }
}
"""
GIFT = 1_000_000_000
AMOUNTS = {
    "aggregator_fee": "1token",
    "trainer_stake": "5token",
    "aggregator_stake": "130token",
    "challenge_bond": "1token",
    "bounty": "500000units",
}


@pytest.fixture(scope="module")
def run() -> Iterator[tuple[Demonstration, Any]]:
    """A closed project in a token, before anybody has withdrawn."""
    with Roles(Console(quiet=True), keep=False) as roles:
        run = Demonstration(replace(OPTIONS, deposit="100token"), roles)
        run.prepare()
        run.open_market()
        token = _deploy_token(run)
        path = roles.root / "project.toml"
        lines = path.read_text().splitlines()
        for entry, amount in AMOUNTS.items():
            (index,) = (
                i
                for i, line in enumerate(lines)
                if line.removeprefix("# ").startswith(f"{entry} =")
            )
            lines[index] = f'{entry} = "{amount}"'
        lines.insert(lines.index("[project]") + 1, f'token = "{token.address}"')
        lines += ["[methods]", 'contribution = "leave-one-out"']
        path.write_text("\n".join(lines))
        run.create()
        started = [run.start_aggregator(), *(run.start_trainer(index) for index in range(3))]
        roles.wait(started[1:], 300.0, until_event="committed")
        # Nothing is settled before the budget has grown, and a trainer has left.
        os.killpg(started[0].child.process.pid, signal.SIGSTOP)
        funded = roles.call("auditor", "key")["address"]
        token.functions.transfer(funded, GIFT).transact()
        Web3(Web3.HTTPProvider(run.rpc)).provider.make_request(
            RPCEndpoint("anvil_setBalance"), [funded, hex(10**18)]
        )
        roles.call("auditor", "fund", run.project, "7token", *run.where)
        started[3] = _leave(run, started[3])
        os.killpg(started[0].child.process.pid, signal.SIGCONT)
        roles.wait(started, 600.0)
        yield run, token


def _leave(run: Demonstration, trainer: Role) -> Role:
    """Its process is down while it leaves: an account sends one transaction at a time."""
    os.killpg(trainer.child.process.pid, signal.SIGKILL)
    trainer.child.process.wait()
    run.roles.forget(trainer)
    left = run.roles.call(trainer.name, "exit", run.project, *run.where)
    assert left["address"] == run.addresses[trainer.name]
    return run.start_trainer(2)


def _deploy_token(run: Demonstration) -> Any:
    compiled = compile_sources(
        {"Coin.sol": SOURCE},
        Settings(),
        base=ROOT,
        remappings={"@openzeppelin/": "node_modules/@openzeppelin/"},
    )["Coin"]
    web3 = Web3(Web3.HTTPProvider(run.rpc))
    web3.eth.default_account = web3.eth.accounts[0]
    made = web3.eth.contract(abi=compiled.abi, bytecode=compiled.bytecode).constructor().transact()
    address = web3.eth.wait_for_transaction_receipt(made)["contractAddress"]
    token = web3.eth.contract(address=address, abi=compiled.abi)
    for role in run.addresses.values():
        token.functions.transfer(role, GIFT).transact()
    return token


def test_everybody_is_paid_in_the_token(run: tuple[Demonstration, Any]) -> None:
    demonstration, token = run
    roles, where = demonstration.roles, demonstration.where
    market, id = (
        Market(demonstration.rpc, demonstration.contract),
        project_id(demonstration.project),
    )
    terms = market.created(id).terms
    assert terms.token == token.address
    assert roles.call("auditor", "audit", demonstration.project, "--deep", *where)["holds"]

    (settled,) = market.settled(id)
    assert terms.scoring == Scoring.LEAVE_ONE_OUT
    assert settled.denominator == 1
    (leaving,) = market.leaving(id)
    assert leaving.trainer == demonstration.addresses[demonstration.trainers[2]]
    assert leaving.trainer in settled.trainers
    trainers = [demonstration.addresses[name] for name in demonstration.trainers]
    # Who left waits for its stake, whatever becomes of the project.
    for method, arguments in (("evm_increaseTime", [terms.exit_seconds + 1]), ("evm_mine", [])):
        market.web3.provider.make_request(RPCEndpoint(method), arguments)
    owed = Owed.of(market, id, trainers)
    held = {address: token.functions.balanceOf(address).call() for address in trainers}
    paid = roles.call("auditor", "withdraw", demonstration.project, "--for", "all", *where)
    expected = owed.paid(market, id)
    for address, payout in zip(settled.trainers, settled.payouts, strict=True):
        assert owed.due[address] >= payout + terms.trainer_stake
        assert int(paid["paid_wei"][address]) == expected[address]
        assert token.functions.balanceOf(address).call() == held[address] + int(
            paid["paid_wei"][address]
        )
    assert token.functions.balanceOf(market.contract_address).call() == 0
    assert sum(int(units) for units in paid["paid_wei"].values()) == (
        107_000_000 + 3 * terms.trainer_stake + terms.aggregator_stake
    )


def test_a_payout_is_explained(run: tuple[Demonstration, Any]) -> None:
    demonstration, _ = run
    market, id = (
        Market(demonstration.rpc, demonstration.contract),
        project_id(demonstration.project),
    )
    (settled,) = market.settled(id)
    for address, payout in zip(settled.trainers, settled.payouts, strict=True):
        told = demonstration.roles.call(
            "auditor", "explain", demonstration.project, "0", address, *demonstration.where
        )
        assert told["agrees"] is True
        assert told["payout_wei"] == str(payout)
        assert told["transaction"] == settled.transaction
