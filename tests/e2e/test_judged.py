"""Validation rows that are judged, by the commands that users type, to the wei.

Sound rows, by chance: invited trainers, one more than a round has places, and arbiters who confirm.
Rows with labels by lot, disputed: arbiters refute, and the trainers have the budget.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from web3.types import RPCEndpoint

from market.chain.keyfile import create_account
from market.chain.market import Market, project_id
from market.chain.state import Phase
from market.demo.processes import Role, Roles
from market.demo.run import Demonstration
from market.errors import MarketError
from tests.e2e.options import OPTIONS

pytestmark = [pytest.mark.e2e, pytest.mark.proof]

ETHER = 10**18
DISPUTE_BOND, OWNER_BOND = ETHER // 50, ETHER // 5
ARBITERS = ["arbiter 1", "arbiter 2"]
WINDOW = 300
"""Seconds of the windows to commit and to claim."""
SECONDS = 400.0


@contextmanager
def court(change: Callable[[Demonstration, str], str]) -> Iterator[Demonstration]:
    """A project with two arbiters on a network of its own; `change` edits the specification."""
    with Roles(Console(quiet=True), keep=False) as roles:
        run = Demonstration(OPTIONS, roles)
        run.prepare()
        for name in (*ARBITERS, "disputer", "trainer 4"):
            run.addresses[name] = create_account(roles.home(name) / "account.key").address
        run.open_market()
        roles.call_all(ARBITERS, "announce", *run.where)
        named = ", ".join(f'"{run.addresses[name]}"' for name in ARBITERS)
        path = roles.root / "project.toml"
        text = re.sub(r"(?m)^# arbiters = .*$", f"arbiters = [{named}]", path.read_text())
        bonds = '[reward]\ndispute_bond = "0.02ether"\nowner_bond = "0.2ether"'
        path.write_text(change(run, text.replace("[reward]", bonds)))
        run.create()
        yield run


def dispute(run: Demonstration) -> None:
    disputed = run.roles.call("disputer", "dispute", run.project, "--yes", *run.where)
    assert (disputed["phase"], disputed["bond_wei"]) == ("joining", str(DISPUTE_BOND))


def market_of(run: Demonstration) -> Market:
    return Market(run.rpc, run.contract)


def pass_by(run: Demonstration, seconds: int) -> None:
    provider = market_of(run).web3.provider
    provider.make_request(RPCEndpoint("evm_increaseTime"), [seconds])
    provider.make_request(RPCEndpoint("evm_mine"), [])


def events(role: Role, *kinds: str) -> list[dict[str, Any]]:
    role.poll()
    return [event for event in role.events if event["event"] in kinds]


def books(run: Demonstration, bond: int = 0) -> dict[str, int]:
    """Pays everybody out, and says what each had; the contract keeps nothing.

    Args:
        bond: of a dispute, in wei.
    """
    paid = run.roles.call("disputer", "withdraw", run.project, "--for", "all", *run.where)
    market, terms = market_of(run), market_of(run).created(project_id(run.project)).terms
    assert market.locked(project_id(run.project)) == 0
    assert market.balance(run.contract) == 0
    found = {account: int(wei) for account, wei in paid["paid_wei"].items()}
    stakes = len(market.joined(project_id(run.project))) * terms.trainer_stake
    put_in = ETHER + OWNER_BOND + bond + stakes + terms.aggregator_stake
    assert sum(found.values()) == put_in
    assert run.roles.call("auditor", "audit", run.project, *run.where)["holds"]
    return {name: found.get(account, 0) for name, account in run.addresses.items()}


def invite(run: Demonstration, text: str) -> str:
    """Lets four trainers of a list join a project with three places in a round, surely audited."""
    invited = [run.addresses[name] for name in (*run.trainers, "trainer 4")]
    folder = run.roles.root / "invitations"
    words = [sys.executable, "-m", "market.cli.main", "invite", *invited, "--out", str(folder)]
    subprocess.run(words, check=True, capture_output=True)
    lines = f'[project]\ninvitations = "{folder / "invited.json"}"\nparticipants = 4'
    text = text.replace("[reward]", "[reward]\naudit_bps = 10000")
    return text.replace("[project]", lines)


def join(run: Demonstration, index: int) -> Role:
    """Trainer 4 has the rows of trainer 1, and draws its minibatches by itself."""
    name = f"trainer {index + 1}"
    folder = run.roles.root / "invitations"
    shown = ("--invitation", str(folder / f"{run.addresses[name]}.json"))
    if index < OPTIONS.trainers:
        return run.start_trainer(index, *shown)
    data = ("--data", str(run.roles.root / "rows-1.csv"), "--seed", "7")
    return run.roles.start(name, "join", run.project, *data, *shown, *run.where)


def test_sound_rows_that_chance_picks_are_confirmed_and_invited_trainers_take_turns() -> None:
    with court(invite) as run:
        roles, market, id = run.roles, market_of(run), project_id(run.project)
        aggregator = run.start_aggregator()
        trainers = [join(run, index) for index in range(4)]
        data = ("--data", str(roles.root / "rows-1.csv"))
        stranger = roles.start("disputer", "join", run.project, *data, *run.where)
        with pytest.raises(MarketError, match="only accounts that the owner invited") as refused:
            roles.wait([stranger], SECONDS)
        roles.forget(stranger)
        assert "--invitation" in str(refused.value)
        assert stranger.child.process.returncode == 5
        roles.wait(trainers, SECONDS, until_event="joined")
        take_turns(run, trainers)
        for name in ARBITERS:
            judged = roles.call(name, "judge", run.project, "--vote", *run.where)
            assert (judged["outcome"], judged["voted"]) == ("holds", "confirm")
        roles.wait([aggregator, *trainers], SECONDS)

        (settled,) = market.settled(id)
        assert len(settled.trainers) == 3
        paid, terms = books(run), market.created(id).terms
        assert paid["disputer"] == 0
        # An audit that nobody asked for costs the owner what a dispute would.
        assert paid["owner"] < ETHER + OWNER_BOND - DISPUTE_BOND
        assert paid["arbiter 1"] == paid["arbiter 2"] == DISPUTE_BOND // 2
        assert paid["aggregator"] == terms.aggregator_stake + terms.aggregator_fee
        for name in (*run.trainers, "trainer 4"):
            had = dict(zip(settled.trainers, settled.payouts, strict=True))
            assert paid[name] >= terms.trainer_stake + had.get(run.addresses[name], 0)
        shown = roles.call("auditor", "status", run.project, *run.where)
        assert (shown["judgement"], shown["phase"]) == ("confirmed", "done")


def take_turns(run: Demonstration, trainers: list[Role]) -> None:
    """Until arbiters are asked: openings end for who is drawn, and nobody says its lot twice."""
    market, id = market_of(run), project_id(run.project)

    def lots(epoch: int) -> list[list[str]]:
        """What each trainer has said of its lot in an opening."""
        told = [events(role, "drawn", "not drawn") for role in trainers]
        return [[str(e["event"]) for e in each if e["epoch"] == epoch] for each in told]

    def asked() -> bool:
        state = market.project(id)
        said = lots(state.epoch)
        assert all(len(each) <= 1 for each in said)
        partial = state.phase is Phase.COMMIT and not state.draw.is_everybody
        if partial and all(said) and state.committed == said.count(["drawn"]):
            pass_by(run, WINDOW + 1)
            until(lambda: market.project(id).epoch > state.epoch or moved_on(run))
        return state.phase is Phase.AUDIT

    def moved_on(run: Demonstration) -> bool:
        return market_of(run).project(id).phase > Phase.COMMIT

    until(asked)
    # Who was slow may not have seen an opening that others filled.
    assert all(len(each) <= 1 for epoch in range(market.project(id).epoch) for each in lots(epoch))


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def draw_labels(run: Demonstration, text: str) -> str:
    """Rows that nobody can learn from, behind an expected gain that the owner makes up."""
    path, lots = run.roles.root / "validation.csv", np.random.default_rng(0)
    head, *rows = path.read_text().splitlines()
    drawn = [f"{row.rpartition(',')[0]},{lots.integers(2)}" for row in rows]
    path.write_text("\n".join([head, *drawn, ""]))
    return text.replace("[reward]", "[reward]\nexpected_gain = 0.8")


def test_refuted_rows_cost_their_owner_the_budget_and_a_killed_trainer_has_its_part() -> None:
    with court(draw_labels) as run:
        roles, market, id = run.roles, market_of(run), project_id(run.project)
        dispute(run)
        aggregator = run.start_aggregator()
        trainers = [run.start_trainer(index, "--accept-terms") for index in range(3)]
        roles.wait(trainers, SECONDS, until_event="revealed")
        until(lambda: market.project(id).phase is Phase.AUDIT)

        with pytest.raises(MarketError, match="the rows look doubtful"):
            roles.call("arbiter 1", "judge", run.project, "--vote", *run.where)
        assert market.project(id).audit.confirming == 0

        # One is down while the others open what they revealed.
        os.kill(trainers[0].child.process.pid, signal.SIGSTOP)
        for name in ARBITERS:
            told = roles.call(name, "judge", run.project, "--refute", *run.where)
            assert told["voted"] == "refute"
        roles.wait(trainers[1:], SECONDS, until_event="claimed")
        assert market.project(id).claims == 2
        os.killpg(trainers[0].child.process.pid, signal.SIGKILL)
        trainers[0].child.process.wait()
        roles.forget(trainers[0])
        trainers[0] = run.start_trainer(0)
        roles.wait(trainers[:1], SECONDS, until_event="claimed")
        pass_by(run, WINDOW + 1)
        roles.wait([aggregator, *trainers], SECONDS)

        terms = market.created(id).terms
        budget = ETHER - terms.aggregator_fee
        paid = books(run, DISPUTE_BOND)
        assert paid["disputer"] == DISPUTE_BOND + OWNER_BOND // 2
        assert paid["arbiter 1"] == paid["arbiter 2"] == OWNER_BOND // 4
        parts = sorted(paid[name] - terms.trainer_stake for name in run.trainers)
        assert parts == [budget // 3, budget // 3, budget - 2 * (budget // 3)]
        assert paid["owner"] == terms.aggregator_fee
        assert paid["aggregator"] == terms.aggregator_stake
        shown = roles.call("auditor", "status", run.project, *run.where)
        assert (shown["judgement"], shown["phase"]) == ("refuted", "aborted")
