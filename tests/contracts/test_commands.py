"""Commands of the command line, against a market on an EVM inside the test process."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from market.auditor.explanation import Outcome
from market.chain.market import Market
from market.chain.state import Standing
from market.cli.context import Settings
from market.cli.main import cli
from market.errors import ChainError
from tests.contracts.rounds import Delta, Open, reveal_all, settle


@pytest.fixture
def run(open_: Open, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a command as one of the actors; returns its result, and checks its exit code."""

    def run(who: Market, *arguments: str, code: int = 0) -> dict[str, Any]:
        monkeypatch.setattr(Settings, "market", lambda _settings, signing=True: who)  # noqa: ARG005
        found = CliRunner().invoke(cli, [*arguments, "--json"], obj={})
        assert found.exit_code == code, found.output
        return dict(json.loads(found.stdout.splitlines()[-1]))

    _ = open_
    return run


def test_status_shows_office_standbys_and_the_accused(open_: Open, run: Any) -> None:
    project = "0x" + open_.id.hex()
    reveal_all(open_, [Delta.of(seed) for seed in range(4)])
    open_.aggregators[0].challenge(open_.terms, 0, 0b0100)
    shown = run(open_.owner, "status", project)
    assert shown["phase"] == "answer"
    assert shown["office"] == open_.aggregators[0].address
    assert shown["accused"] == [open_.trainers[2].address]
    assert [each["stake_wei"] for each in shown["aggregators"]] == [
        str(open_.terms.aggregator_stake)
    ] * 2
    assert {each["standing"] for each in shown["trainers"]} == {"active"}
    text = CliRunner().invoke(cli, ["status", project], obj={}).stdout
    assert f"accused   {open_.trainers[2].address}" in text
    assert f"{open_.aggregators[1].address} stands by" in text


def test_leaving_and_funding(open_: Open, run: Any) -> None:
    project = "0x" + open_.id.hex()
    left = run(open_.trainers[0], "exit", project)
    assert left["address"] == open_.trainers[0].address
    state = open_.owner.trainer(open_.id, left["address"])
    assert state.standing is Standing.LEAVING
    before = open_.owner.project(open_.id).trainer_budget
    run(open_.trainers[1], "fund", project, "0.25ether")
    assert open_.owner.project(open_.id).trainer_budget == before + 25 * 10**16


def test_anyone_pays_everybody_out(open_: Open, run: Any) -> None:
    project = "0x" + open_.id.hex()
    deltas = [Delta.of(seed) for seed in range(4)]
    reveal_all(open_, deltas)
    settle(open_, deltas)
    credits = open_.owner.credits(open_.id)
    one = open_.trainers[0].address
    paid = run(open_.trainers[3], "withdraw", project, "--for", one)
    assert paid["paid_wei"] == {one: str(credits.pop(one))}
    paid = run(open_.trainers[3], "withdraw", project, "--for", "all")
    assert paid["paid_wei"] == {account: str(wei) for account, wei in credits.items() if wei}


def test_explain_ends_with_the_documented_code(open_: Open, run: Any) -> None:
    project, trainer = "0x" + open_.id.hex(), open_.trainers[0].address
    deltas = [Delta.of(seed) for seed in range(4)]
    reveal_all(open_, deltas)
    settle(open_, deltas)
    shown = run(open_.owner, "explain", project, "0", trainer.lower())
    assert shown["agrees"] is True
    assert shown["outcome"] == Outcome.PAID.name.lower()
    assert shown["payout_wei"] == str(open_.owner.settled(open_.id)[0].payouts[0])
    assert shown["verifier"] == open_.owner.verifier_of(
        open_.terms.circuit, open_.terms.verifier_code_hash
    )


def test_who_left_is_told_so_by_a_node_whose_logs_lag(
    open_: Open, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    leaver = open_.trainers[0]
    monkeypatch.setattr(leaver, "leaving", lambda _id: [])
    _ = run
    monkeypatch.setattr(Settings, "market_of_any_version", lambda _settings, **_: leaver)
    found = CliRunner().invoke(cli, ["exit", "0x" + open_.id.hex()], obj={})
    assert isinstance(found.exception, ChainError)
    assert f"{leaver.address} leaves" in str(found.exception)
