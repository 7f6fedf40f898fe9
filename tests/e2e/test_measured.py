"""A network that is bought: exported, measured by two evaluators, trained, settled, paid."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from sklearn.datasets import load_digits

from market.chain.market import Market, project_id
from market.chain.state import Phase
from market.demo.processes import Role, Roles
from market.demo.run import free_port
from market.errors import MarketError

pytestmark = [pytest.mark.e2e, pytest.mark.proof]

ETHER = 10**18
SECONDS = 400.0
TRAINERS = [f"trainer {number}" for number in (1, 2, 3)]
EVERYBODY = ["owner", "evaluator", "aggregator", *TRAINERS]
ROWS = 300
SPECIFICATION = """
[project]
name = "Digits by a small network"
aggregators = ["{aggregator}"]
evaluators = ["{owner}", "{evaluator}"]
evaluator_quorum = 2
rounds = 1
slots = 3
quorum = 3

[model]
file = "model.market"
coordinates = 128
rank = 8

[data]
validation = "{validation}"

[data.schema.inputs]
kind = "array"
shape = [1, 8, 8]
low = 0
high = 1

[data.schema.target]
kind = "classes"
names = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]

[training]
loss = "cross-entropy"
learning_rate = 0.5

[reward]
expected_gain = 2.0

[windows]
join_seconds = 300
commit_seconds = 300
reveal_seconds = 300
settle_seconds = 600
answer_seconds = 60
audit_seconds = 60
measure_seconds = 300
contest_seconds = 20
exit_seconds = 1700
"""


class Bought:
    """A market with everybody that a measured project needs.

    Args:
        roles: their processes.
    """

    def __init__(self, roles: Roles) -> None:
        self.roles = roles
        made = roles.call_all(EVERYBODY, "key")
        self.addresses = {name: result["address"] for name, result in made.items()}
        gifts = [
            each for name in EVERYBODY for each in ("--fund", f"{self.addresses[name]}=5ether")
        ]
        network = roles.start("devnet", "devnet", "--port", str(free_port()), *gifts)
        roles.wait([network], 120.0, until_event="result")
        result = network.result
        self.where = ("--rpc", result["rpc"], "--contract", result["contract"])
        self.market = Market(result["rpc"], result["contract"])
        X, y = load_digits(return_X_y=True)
        X, y = (X / 16).astype(np.float32).reshape(-1, 1, 8, 8), y.astype(np.int64)
        for number, name in enumerate(("validation", *TRAINERS)):
            part = slice(ROWS * number, ROWS * (number + 1))
            np.savez(self.data(name), X=X[part], y=y[part])

    def data(self, name: str) -> Path:
        return self.roles.root / f"{name}.npz"

    def create(self) -> None:
        roles = self.roles
        model = str(roles.root / "model.market")
        target = "tests.e2e.networks:perceptron"
        words = ["export-model", target, "--input", "1x8x8", "--out", model]
        subprocess.run([sys.executable, "-m", "market.cli.main", *words], check=True)
        roles.call_all(["aggregator", "evaluator"], "announce", *self.where)
        text = SPECIFICATION.format(**self.addresses, validation=self.data("validation"))
        (roles.root / "project.toml").write_text(text)
        nodes = [roles.start("owner", "serve", *self.where)]
        roles.wait(nodes, 120.0, until_event="result")
        specification = str(roles.root / "project.toml")
        made = roles.call(
            "owner", "create-project", specification, "--deposit", "1ether", *self.where
        )
        self.project = made["project"]
        self.id = project_id(self.project)

    def start(self, name: str, command: str, *more: str) -> Role:
        return self.roles.start(name, command, self.project, *more, *self.where)


@pytest.fixture
def bought() -> Iterator[Bought]:
    with Roles(Console(quiet=True), keep=False) as roles:
        yield Bought(roles)


def test_a_network_is_measured_trained_and_paid_to_the_wei(bought: Bought) -> None:
    bought.create()
    roles, market, id = bought.roles, bought.market, bought.id
    owner = bought.start("owner", "evaluate", "--data", str(bought.data("validation")))
    evaluator = bought.start("evaluator", "evaluate")
    aggregator = bought.start("aggregator", "aggregate")
    trainers = [bought.start(name, "join", "--data", str(bought.data(name))) for name in TRAINERS]
    roles.wait([owner, evaluator], SECONDS, until_event="attested")
    # It is killed with what it attested, and goes on.
    os.killpg(evaluator.child.process.pid, signal.SIGKILL)
    evaluator.child.process.wait()
    roles.forget(evaluator)
    evaluator = bought.start("evaluator", "evaluate")
    roles.wait([owner, evaluator, aggregator, *trainers], 2 * SECONDS)

    state, terms = market.project(id), market.created(id).terms
    assert (state.phase, state.measure.number) == (Phase.DONE, 2)
    logs = market.measuring(id)
    assert {each.account for each in logs.attested} >= set(terms.evaluators)
    gain = logs.measured[1].utility - logs.measured[0].utility
    assert gain == state.utility - state.initial_utility > 0
    (settled,) = market.settled(id)
    assert set(settled.trainers) == {bought.addresses[name] for name in TRAINERS}
    validation = ("--data", str(bought.data("validation")))
    audit = roles.call("auditor", "audit", bought.project, *validation, *bought.where)
    assert audit["holds"], [each for each in audit["claims"] if not each["holds"]]
    texts = [each["claim"] for each in audit["claims"]]
    assert texts.count("the loss is that of the rows") == 2
    assert "the proof about exactly these commitments verifies" in texts
    other = ("--data", str(bought.data("trainer 1")))
    with pytest.raises(MarketError, match="ended with code 1"):
        roles.call("auditor", "audit", bought.project, *other, *bought.where)
    explained = ("explain", bought.project, "0", bought.addresses["trainer 1"])
    with pytest.raises(MarketError, match="is not explained yet"):
        roles.call("auditor", *explained, *bought.where)
    # Money: what the gain was worth, to the wei.
    everybody = [bought.addresses[name] for name in EVERYBODY]
    due = {name: market.withdrawable(terms, bought.addresses[name]) for name in EVERYBODY}
    roles.call("trainer 1", "withdraw", bought.project, "--for", "all", *bought.where)
    assert [market.withdrawable(terms, account) for account in everybody] == [0] * len(everybody)
    assert market.locked(id) == market.balance(market.contract_address) == 0
    stakes = terms.aggregator_stake + len(TRAINERS) * terms.trainer_stake
    assert sum(due.values()) == ETHER + stakes
    worth = (ETHER - ETHER * terms.attendance_bps // 10_000) * gain // terms.expected_gain
    paid = sum(due[name] - terms.trainer_stake for name in TRAINERS)
    attendance = ETHER * terms.attendance_bps // 10_000
    assert worth <= paid + 3
    assert paid <= worth + attendance
