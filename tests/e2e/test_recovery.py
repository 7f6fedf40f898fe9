"""Processes that are killed and started again with the same command go on where they were."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from rich.console import Console
from web3.types import RPCEndpoint

from market.chain.market import Market, project_id
from market.demo.processes import Role, Roles
from market.demo.run import Demonstration
from tests.e2e.options import OPTIONS

pytestmark = [pytest.mark.e2e, pytest.mark.proof]


@pytest.fixture
def demonstration() -> Iterator[Demonstration]:
    with Roles(Console(quiet=True), keep=False) as roles:
        run = Demonstration(replace(OPTIONS, rounds=2), roles)
        run.prepare()
        run.open_market()
        run.create()
        yield run


def kill(role: Role) -> None:
    os.killpg(role.child.process.pid, signal.SIGKILL)
    role.child.process.wait()


def events(role: Role, kind: str) -> list[dict[str, object]]:
    role.poll()
    return [event for event in role.events if event["event"] == kind]


def test_a_trainer_and_the_aggregator_survive_sigkill(demonstration: Demonstration) -> None:
    run, roles = demonstration, demonstration.roles
    aggregator = run.start_aggregator()
    first, second, third = (run.start_trainer(index) for index in range(3))
    roles.wait([first, second, third], 300.0, until_event="joined")

    # The round stays open for commits while one trainer is frozen.
    os.kill(third.child.process.pid, signal.SIGSTOP)
    roles.wait([first, second], 300.0, until_event="committed")
    salt = journal(roles.home("trainer 1"), run.project)["salt"]
    kill(first)
    roles.forget(first)
    os.kill(third.child.process.pid, signal.SIGCONT)
    first = run.start_trainer(0)
    roles.wait([first], 300.0, until_event="revealed")
    assert journal(roles.home("trainer 1"), run.project)["salt"] == salt

    # The aggregator is killed with the proof made and the settlement not sent: the chain is
    # frozen so that it cannot be.
    roles.wait([aggregator], 300.0, until_event="proving")
    anvil = anvil_of(roles)
    os.kill(anvil, signal.SIGSTOP)
    try:
        wait_for(proof_file(roles.home("aggregator"), run.project), 300.0)
        kill(aggregator)
    finally:
        os.kill(anvil, signal.SIGCONT)
    roles.forget(aggregator)
    assert events(aggregator, "settled") == []
    made = proof_file(roles.home("aggregator"), run.project).read_bytes()

    aggregator = run.start_aggregator()
    roles.wait([aggregator], 300.0, until_event="settled")
    assert proof_file(roles.home("aggregator"), run.project).read_bytes() == made
    roles.wait([aggregator, first, second, third], 600.0)

    market = Market(run.rpc, run.contract)
    settled = market.settled(project_id(run.project))
    assert [found.round for found in settled] == [0, 1]
    assert all(len(found.trainers) == 3 for found in settled)
    assert market.sums(project_id(run.project), "Slashed") == {}
    assert roles.call("auditor", "audit", run.project, *run.where)["holds"]


def test_a_chain_that_takes_its_last_blocks_back(demonstration: Demonstration) -> None:
    run, roles = demonstration, demonstration.roles
    started = [run.start_aggregator(), *(run.start_trainer(index) for index in range(3))]
    market, id = Market(run.rpc, run.contract), project_id(run.project)

    # The last commits are gone, and with them the phase that they had opened.
    roles.wait(started[1:], 300.0, until_event="committed")
    take_back(market, 2)
    roles.wait(started[1:], 300.0, until_event="revealed")
    take_back(market, 2)
    roles.wait(started, 600.0)

    settled = market.settled(id)
    assert [found.round for found in settled] == [0, 1]
    assert all(len(found.trainers) == 3 for found in settled)
    assert market.sums(id, "Slashed") == {}
    assert roles.call("auditor", "audit", run.project, *run.where)["holds"]


def take_back(market: Market, blocks: int) -> None:
    made = market.connection.web3.provider.make_request(RPCEndpoint("anvil_rollback"), [blocks])
    assert "error" not in made, made


def anvil_of(roles: Roles) -> int:
    """Process id of the chain."""
    ours = psutil.Process().children(recursive=True)
    (anvil,) = (p.pid for p in ours if p.name() == "anvil" and str(roles.root) in str(p.cmdline()))
    return anvil


def wait_for(path: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < deadline, f"no {path.name} after {seconds} s"
        time.sleep(0.05)


def journal(home: Path, project: str) -> dict[str, object]:
    value: dict[str, object] = json.loads(
        (home / "contributions" / project[2:] / "0.json").read_text()
    )
    return value


def proof_file(home: Path, project: str) -> Path:
    return home / "proofs" / project[2:] / "0.json"
