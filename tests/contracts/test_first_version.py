"""Exits from a market of the first version, by this version's commands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from eth_account.signers.local import LocalAccount

from market.chain.artifact import load_artifact
from market.chain.connection import Connection
from market.chain.deploy import deploy
from market.chain.first_version import FirstMarket, FirstVersionError, first_terms
from market.chain.market import Market
from market.chain.refusal import Refusals
from market.chain.registry import Registry
from market.chain.state import Phase, Standing
from market.chain.terms import Terms
from market.cli.context import Settings
from market.cli.main import cli
from market.errors import ChainError, ContractError, NotFoundError
from market.game import Selection, Step
from tests.contracts.chain import ACCEPTS_ALL, CID, CIRCUIT, ETHER, Chain


@dataclass
class Old:
    """A market of the first version with one project, whose terms are read from its event."""

    chain: Chain
    address: str
    owner: LocalAccount
    office: LocalAccount
    trainers: list[LocalAccount]
    terms: Terms
    id: bytes

    @property
    def project(self) -> str:
        return "0x" + self.id.hex()

    def market(self, who: LocalAccount | None = None) -> FirstMarket:
        return FirstMarket(self.chain.provider, self.address, who)

    def send(self, who: LocalAccount, name: str, *arguments: Any, value: int = 0) -> None:
        """A raw call, as nobody but the first version's own client would make it."""
        market = self.market(who)
        call = market._contract.functions[name](first_terms(self.terms), *arguments)
        market.connection.send(call, value)

    def join(self) -> None:
        self.send(self.office, "bond", value=self.terms.aggregator_stake)
        for trainer in self.trainers:
            self.send(trainer, "join", value=self.terms.trainer_stake)

    def pass_deadline(self) -> None:
        self.chain.tester.time_travel(self.market().project(self.id).deadline + 1)


@pytest.fixture(scope="module")
def made() -> Old:
    chain = Chain()
    artifact = load_artifact("v1/Market")
    connection = Connection(chain.provider, chain.funded(), Refusals())
    address = deploy(connection, artifact)
    market: Any = connection.web3.eth.contract(address, abi=artifact.abi)  # type: ignore[call-overload]
    Registry(connection, market.functions.registry().call()).deploy(CIRCUIT, ACCEPTS_ALL)
    owner, office, *trainers = (chain.funded() for _ in range(5))
    new = chain.market()
    terms = replace(
        chain.terms(new, new),
        owner=owner.address,
        aggregators=(office.address,),
        participants=4,
        slots=4,
        exit_seconds=4000,
        scoring=0,
        aggregator_stake=10**17,
    )
    old = Old(chain, address, owner, office, trainers, terms, b"")
    old.send(owner, "create", ETHER, CID, CID, value=ETHER)
    old.id = bytes(market.functions.idOf(first_terms(terms)).call())
    return old


@pytest.fixture
def old(made: Old) -> Iterator[Old]:
    mark = made.chain.tester.take_snapshot()
    yield made
    made.chain.tester.revert_to_snapshot(mark)


@pytest.fixture
def run(old: Old, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Runs a command as one of the accounts, in the process, against the contract's address."""

    def run(who: LocalAccount, *arguments: str) -> Any:
        monkeypatch.setattr(Settings, "account", lambda _settings: who)
        monkeypatch.setattr("market.cli.context.Market", lambda _rpc, *a: Market(provider, *a))
        monkeypatch.setattr(
            "market.cli.context.FirstMarket", lambda _rpc, *a: FirstMarket(provider, *a)
        )
        words = [*arguments, "--contract", old.address, "--home", str(tmp_path), "--json"]
        return CliRunner().invoke(cli, words, obj={})

    provider = old.chain.provider
    return run


def told(found: Any) -> dict[str, Any]:
    assert found.exit_code == 0, found.output
    return dict(json.loads(found.stdout.splitlines()[-1]))


def test_terms_come_back_as_they_were_hashed(old: Old) -> None:
    created = old.market().created(old.id)
    assert first_terms(created.terms) == first_terms(old.terms)
    assert created.deposit == ETHER
    assert created.terms.selection == Selection.MULTI_KRUM
    assert created.terms.step == Step.MEAN
    assert not any(created.terms.rows_root)
    assert old.market().project(old.id).phase is Phase.JOINING


def test_what_needs_this_version_says_so(old: Old, run: Any) -> None:
    for command in (["fund", old.project, "1ether"], ["audit", old.project]):
        refused = run(old.owner, *command)
        assert isinstance(refused.exception, FirstVersionError), refused.output
        assert "`market withdraw`" in str(refused.exception)


def test_an_owner_cancels_and_withdraws(old: Old, run: Any) -> None:
    told(run(old.owner, "cancel", old.project))
    assert old.market().project(old.id).phase is Phase.CANCELLED
    assert told(run(old.owner, "withdraw", old.project))["amount_wei"] == str(ETHER)
    again = run(old.owner, "withdraw", old.project)
    assert isinstance(again.exception, ContractError)


def test_a_trainer_leaves_in_joining_and_gets_its_stake(old: Old, run: Any) -> None:
    old.join()
    trainer = old.trainers[0]
    left = told(run(trainer, "exit", old.project))
    assert left["address"] == trainer.address
    assert old.market().trainer(old.id, trainer.address).standing is Standing.LEAVING
    old.chain.tester.time_travel(left["free_at"] + 1)
    paid = told(run(trainer, "withdraw", old.project))
    assert paid["amount_wei"] == str(old.terms.trainer_stake)


def test_a_project_that_stands_still_is_moved_on_and_everybody_paid_out(old: Old, run: Any) -> None:
    """Nobody serves it any more: out of Joining, through its openings, to the end."""
    old.join()
    anybody = old.trainers[1]
    early = run(anybody, "advance", old.project)
    assert "has not passed" in str(early.exception)
    phases = []
    for _ in range(9):
        old.pass_deadline()
        phases.append(told(run(anybody, "advance", old.project))["phase"])
        if phases[-1] == "aborted":
            break
    assert phases[0] == "commit"
    assert phases[-1] == "aborted"
    over = run(anybody, "advance", old.project)
    assert "the project is over: aborted" in str(over.exception)

    shown = told(run(anybody, "status", old.project))
    assert (shown["phase"], shown["refunded_wei"]) == ("aborted", str(ETHER))
    assert [each["trainer"] for each in shown["trainers"]] == [t.address for t in old.trainers]
    paid = told(run(anybody, "withdraw", old.project, "--for", "all"))["paid_wei"]
    assert paid.pop(old.owner.address) == str(ETHER)
    assert paid.pop(old.office.address) == str(old.terms.aggregator_stake)
    assert set(paid) == {each.address for each in old.trainers}
    assert set(paid.values()) == {str(old.terms.trainer_stake)}


def test_a_running_project_can_be_left_in_commit(old: Old, run: Any) -> None:
    old.join()
    old.pass_deadline()
    told(run(old.owner, "advance", old.project))
    shown = told(run(old.owner, "status", old.project))
    assert shown["phase"] == "commit"
    assert shown["office"] == old.office.address
    text = CliRunner().invoke(cli, ["status", old.project, "--contract", old.address], obj={})
    assert "phase     commit, 0 of 4 rounds settled" in text.stdout
    left = told(run(old.trainers[2], "exit", old.project))
    waiting = run(old.trainers[2], "withdraw", old.project)
    assert isinstance(waiting.exception, ContractError)
    old.chain.tester.time_travel(left["free_at"] + 1)
    assert told(run(old.trainers[2], "withdraw", old.project))["amount_wei"] == str(10**16)


def test_addresses_that_hold_no_market(old: Old) -> None:
    with pytest.raises(ChainError, match="no market of the first version"):
        FirstMarket(old.chain.provider, old.chain.contract)
    with pytest.raises(NotFoundError):
        old.market().project(bytes(32))
    with pytest.raises(NotFoundError):
        old.market().created(bytes(32))
