"""`market dispute` and `market judge`, against a market on an EVM inside the test process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from market.arbiter import judgement
from market.chain.market import Market
from market.chain.state import Phase
from market.cli import arbiter
from market.cli.context import Settings
from market.cli.main import cli
from market.contribution.statistics import validation_statistics
from market.datasets.catalogue import load
from market.datasets.preprocessing import standardise
from market.errors import InputError, MarketError, NotFoundError
from market.identity import encryption_key
from market.specification.document import Document
from market.storage.base import Storage
from market.storage.cid import cid_of
from market.storage.encryption import public_key_of
from market.storage.envelope import enclose
from market.storage.memory import MemoryNetwork
from market.vectors import salted, triangle
from market.yardstick.package import pack_rows
from market.yardstick.rows import new_salts, rows_root
from tests.contracts.chain import ETHER, GENERATOR, Chain
from tests.contracts.rounds import Delta, Open, open_round, reveal_all
from tests.documents import document

OWNER_BOND, DISPUTE_BOND = ETHER // 10, ETHER // 100
ROWS = load("digits").table.rows(np.arange(60))
SALTS = new_salts(len(ROWS))


class Court:
    """A project with two arbiters whose reveals wait for a settlement."""

    patch: pytest.MonkeyPatch
    home: Path

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.arbiters = [chain.market(), chain.market()]
        self.open: Open = open_round(
            chain,
            arbiters=tuple(each.address for each in self.arbiters),
            arbiter_quorum=2,
            owner_bond=OWNER_BOND,
            dispute_bond=DISPUTE_BOND,
            rows=len(ROWS),
            outputs=10,
            energy=self.document().grid.utility_unit,
            rows_root=rows_root(ROWS.X, ROWS.y, SALTS),
        )
        reveal_all(self.open, [Delta.of(seed) for seed in range(3)])

    @property
    def id(self) -> str:
        return "0x" + self.open.id.hex()

    @property
    def phase(self) -> Phase:
        return self.open.owner.project(self.open.id).phase

    def document(self, cid: str = "") -> Document:
        return document(standardise(ROWS.X), slots=3, rows_cid=cid)

    def seal(self, y: np.ndarray = ROWS.y) -> None:
        """What `market judge` then finds behind the terms, instead of keys and IPFS."""
        document = self.document()
        own = validation_statistics(document.scaling.design(ROWS.X), y, 10, document.grid)
        vector = [*triangle(own.H), *own.c.reshape(-1).tolist()]
        package = pack_rows(ROWS.X, y, SALTS, salted(vector, document.shape.statistics_length))
        sealed = enclose(package, [public_key_of(encryption_key(self.home))])
        document = self.document(cid_of(sealed))
        opened = SimpleNamespace(document=document, terms=self.open.terms, keys=None)
        self.patch.setattr(Settings, "storage", lambda _settings: node_with(sealed))
        self.patch.setattr(arbiter, "open_project", lambda *_arguments: opened)
        self.patch.setattr(judgement, "commit", lambda _vector, _keys: GENERATOR)

    def run(self, who: Market, *arguments: str, **options: Any) -> Any:
        self.patch.setattr(Settings, "market", lambda _settings, signing=True: who)  # noqa: ARG005
        words = [*arguments, self.id, "--home", str(self.home)]
        return CliRunner().invoke(cli, words, obj={}, **options)


def node_with(content: bytes) -> Storage:
    node = MemoryNetwork().node()
    node.add(content)
    return node


@pytest.fixture(scope="module")
def convened() -> Court:
    return Court(Chain())


@pytest.fixture
def court(convened: Court, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Court]:
    """The same project for every test, as it was before the others."""
    mark, opened = convened.chain.tester.take_snapshot(), convened.open
    convened.patch, convened.home = monkeypatch, tmp_path
    yield convened
    convened.open = opened
    convened.chain.tester.revert_to_snapshot(mark)


def test_a_dispute_says_its_price_and_asks(court: Court) -> None:
    who = court.open.trainers[0]
    held = who.balance(who.address)
    declined = court.run(who, "dispute", input="n\n")
    assert declined.exit_code != 0
    assert "bond of 0.010000 ether" in declined.stdout
    assert court.phase is Phase.SETTLE
    done = court.run(who, "dispute", input="y\n")
    assert done.exit_code == 0, done.output
    assert court.phase is Phase.AUDIT
    assert who.balance(who.address) < held - DISPUTE_BOND
    again = court.run(who, "dispute")  # is refused before it asks
    assert "were disputed before" in str(again.exception)
    assert "Dispute?" not in again.output


def test_json_does_not_ask(court: Court) -> None:
    refused = court.run(court.open.trainers[0], "dispute", "--json")
    assert isinstance(refused.exception, InputError)
    done = court.run(court.open.trainers[0], "dispute", "--json", "--yes")
    told = json.loads(done.stdout)
    assert (told["phase"], told["bond_wei"]) == ("audit", str(DISPUTE_BOND))


def test_who_names_no_arbiters_cannot_be_disputed(court: Court) -> None:
    court.open = open_round(court.chain, nonce=8)
    for command in ("dispute", "judge"):
        refused = court.run(court.open.owner, command)
        assert isinstance(refused.exception, NotFoundError)


def test_arbiters_confirm_sound_rows_by_their_checks(court: Court) -> None:
    court.seal()
    looked = court.run(court.open.owner, "judge", "--json")
    assert looked.exit_code == 0, looked.output
    told = json.loads(looked.stdout.splitlines()[-1])
    assert (told["outcome"], told["voted"]) == ("holds", None)
    assert all(check["holds"] for check in told["checks"])
    assert told["plausibility"]["accuracy"] > 0.5

    court.run(court.open.trainers[0], "dispute", "--yes")
    for each in court.arbiters:
        voted = court.run(each, "judge", "--vote")
        assert voted.exit_code == 0, voted.output
        assert "voted to confirm" in voted.stdout
    assert court.phase is Phase.SETTLE
    assert court.open.owner.credit(court.open.id, court.arbiters[0].address) == DISPUTE_BOND // 2


def test_other_rows_than_the_committed_are_refuted(court: Court) -> None:
    court.seal(ROWS.y[::-1].copy())
    court.run(court.open.trainers[0], "dispute", "--yes")
    for each in court.arbiters:
        voted = court.run(each, "judge", "--vote", "--json")
        assert voted.exit_code == 1, voted.output
        assert json.loads(voted.stdout.splitlines()[-1])["voted"] == "refute"
    assert court.phase is Phase.CLAIM


def test_doubtful_rows_are_for_a_person(court: Court, monkeypatch: pytest.MonkeyPatch) -> None:
    court.seal()
    monkeypatch.setattr("market.yardstick.plausibility._BY_LOT", 0.0)
    court.run(court.open.trainers[0], "dispute", "--yes")
    one, other = court.arbiters
    left = court.run(one, "judge", "--vote")
    assert type(left.exception) is MarketError
    assert "doubt" in left.stdout
    court.run(one, "judge", "--refute")
    audit = court.open.owner.project(court.open.id).audit
    assert (audit.refuting, audit.confirming) == (1, 0)
    court.run(other, "judge", "--confirm")
    assert court.open.owner.project(court.open.id).audit.confirming == 2


def test_who_may_not_vote_learns_it_before_the_work(court: Court) -> None:
    early = court.run(court.arbiters[0], "judge", "--vote")
    assert "votes are taken in audit" in str(early.exception)
    stranger = court.run(court.open.owner, "judge", "--confirm")
    assert "as an arbiter" in str(stranger.exception)
    both = court.run(court.arbiters[0], "judge", "--confirm", "--refute")
    assert isinstance(both.exception, InputError)
