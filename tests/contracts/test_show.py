"""`market show` and `market list`, against a market on an EVM inside the test process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from market.chain.market import Market
from market.cli.context import Settings
from market.cli.main import cli
from market.errors import NotFoundError, StorageError
from tests.contracts.chain import CID, ETHER
from tests.contracts.rounds import Open


@pytest.fixture
def run(open_: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Runs a command that reads, where IPFS is dead."""

    def dead(_settings: Settings) -> Any:
        raise StorageError("no IPFS")

    def run(*arguments: str) -> Any:
        market = Market(open_.chain.provider, open_.chain.contract)
        monkeypatch.setattr(Settings, "market", lambda _settings, signing: market)  # noqa: ARG005
        monkeypatch.setattr(Settings, "storage", dead)
        return CliRunner().invoke(cli, [*arguments, "--home", str(tmp_path)], obj={})

    return run


def test_terms_are_shown_without_their_specification(open_: Open, run: Any) -> None:
    text = run("show", "0x" + open_.id.hex())
    assert text.exit_code == 0, text.output
    assert "phase   commit, until" in text.stdout
    assert "The specification cannot be had" in text.stdout
    assert "The owner's word." in text.stdout
    assert f"Aggregator: {open_.aggregators[0].address}, holds the office" in text.stdout
    told = json.loads(run("show", "0x" + open_.id.hex(), "--json").stdout.splitlines()[-1])
    assert told["phase"] == "commit"
    assert told["budget_wei"] == str(open_.owner.project(open_.id).budget)
    assert told["aggregators"][open_.aggregators[1].address] == str(open_.terms.aggregator_stake)


def test_no_such_project(open_: Open, run: Any) -> None:  # noqa: ARG001
    assert isinstance(run("show", "0x" + "07" * 32).exception, NotFoundError)


def test_projects_are_listed_newest_first_and_by_phase(open_: Open, run: Any) -> None:
    ids = [open_.id]
    for nonce in (100, 101):
        terms = open_.chain.terms(open_.owner, *open_.aggregators, nonce=nonce)
        ids.append(open_.owner.create(terms, CID, CID, ETHER))
    open_.owner.cancel(terms)
    shown = ["0x" + id.hex() for id in reversed(ids)]

    def listed(*options: str) -> list[dict[str, Any]]:
        found = run("list", *options, "--json")
        assert found.exit_code == 0, found.output
        return list(json.loads(found.stdout.splitlines()[-1])["projects"])

    assert [each["project"] for each in listed()] == shown
    assert [each["phase"] for each in listed()] == ["cancelled", "joining", "commit"]
    assert [each["project"] for each in listed("--limit", "1")] == shown[:1]
    assert [each["project"] for each in listed("--state", "joining")] == shown[1:2]
    assert listed("--state", "audit") == []
    lines = run("list").stdout.splitlines()
    assert [line[:66] for line in lines[:-1]] == shown
    assert lines[-1].startswith("3 projects")
    assert "the owner's word" in lines[0]
