"""What a trainer lets out, and when: its stake depends on it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from market.chain.state import EVERYBODY, Draw, Phase, ProjectState, Standing, TrainerState
from market.errors import InputError, ProofError, StorageError
from market.storage.cid import cid_of
from market.storage.encryption import new_private_key, public_key_of
from market.storage.envelope import enclose
from market.storage.memory import MemoryNetwork, MemoryStorage
from market.trainer.record import Contribution
from market.trainer.service import TrainerService
from tests.states import state_of
from zk.field import Point

ME = "0x" + 40 * "a"
SEALED = enclose(b"a delta", [public_key_of(new_private_key())])
STATE = state_of(Phase.COMMIT, ME)


class Chain:
    """A market in a phase that the test names; writes down what it is asked to do."""

    address = ME

    def __init__(self, storage: MemoryStorage) -> None:
        self._storage = storage
        self.did: list[str] = []
        self.committed = bytes(32)
        self.drawn = True
        self.blocks = 7
        self.stands: dict[int, list[tuple[str, Point]]] = {}
        self.connection = SimpleNamespace(now=lambda: 0)

    def trainer(self, *_: Any) -> TrainerState:
        standing = Standing.NONE if not self.did else Standing.ACTIVE
        return TrainerState(standing, 1 if any(self.committed) else 0, 0, 0, 0, 0)

    def is_drawn(self, *_: Any) -> bool:
        return self.drawn

    def height(self) -> int:
        return self.blocks

    def committed_in(self, *_: Any) -> list[str]:
        return []

    def join(self, *_: Any) -> None:
        self.did.append("join")

    def commitment_in(self, *_: Any) -> bytes:
        return self.committed

    def commitment_of(self, *_: Any) -> bytes:
        return bytes(range(32))

    def commit(self, *_: Any) -> None:
        self.did.append(f"commit, {len(self._storage.content)} published")
        self.committed = bytes(range(32))

    def standing(self, _id: bytes, epoch: int) -> list[tuple[str, Point]]:
        return self.stands.get(epoch, [])

    def claim(self, _terms: Any, epoch: int, slot: int, *_: Any) -> None:
        self.did.append(f"claim {slot} of {epoch}")

    def reveal(self, *_: Any) -> None:
        self.did.append(f"reveal, {len(self._storage.content)} published")


class Stage:
    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.storage = MemoryNetwork().node()
        self.chain = Chain(self.storage)
        self.made = 0
        self.missing = False
        self.useless = False
        self.terms = terms = SimpleNamespace(
            commit_seconds=0,
            reveal_seconds=60,
            answer_seconds=60,
            logrows=16,
            aggregators=(),
            owner=ME,
            model=Point(1, 2),
        )
        created = SimpleNamespace(model_cid="initial", terms=terms)
        project: Any = SimpleNamespace(
            id=bytes(32), terms=terms, created=created, fetch_model=self.fetch_model
        )
        workshop: Any = SimpleNamespace(
            project=project,
            contribute=self.contribute,
            weights=lambda *_: None,
            withholds=False,
        )
        monkeypatch.setattr("market.trainer.service.connect_peers", lambda *_: None)
        monkeypatch.setattr("market.trainer.service.rehearse", self.rehearse)
        market: Any = self.chain
        account: Any = None
        self.told: list[str] = []
        self.service = TrainerService(
            market,
            self.storage,
            home,
            account,
            workshop,
            lambda event, **_: self.told.append(event),
        )

    def fetch_model(self, _: Any, cid: str, point: Point) -> None:
        assert (cid, point) == ("initial", Point(1, 2))
        if self.missing:
            raise StorageError("nobody sends it")

    def rehearse(self, *_: Any) -> None:
        if self.useless:
            raise ProofError("nothing opens")

    def contribute(self, _market: Any, _storage: Any, state: ProjectState, _p: Any) -> Contribution:
        self.made += 1
        return Contribution(
            state.epoch, state.round, Point(1, 2), cid_of(SEALED), bytes(32), (1,), SEALED
        )


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(tmp_path, monkeypatch)


def test_no_stake_without_a_model(stage: Stage) -> None:
    stage.missing = True
    with pytest.raises(StorageError):
        stage.service._join()
    assert stage.chain.did == []
    stage.missing = False
    stage.service._join()
    assert stage.chain.did == ["join"]


def test_no_stake_under_an_srs_that_opens_nothing(stage: Stage) -> None:
    stage.useless = True
    with pytest.raises(ProofError):
        stage.service._join()
    assert stage.chain.did == []


@pytest.mark.parametrize(
    ("window", "seconds", "logrows"),
    [("reveal_seconds", 1, 15), ("answer_seconds", 1, 15), ("answer_seconds", 60, 20)],
)
def test_no_stake_where_nobody_could_be_in_time(
    stage: Stage, window: str, seconds: int, logrows: int
) -> None:
    """Windows of a second would make every stake the owner's."""
    vars(stage.terms).update({window: seconds, "logrows": logrows})
    with pytest.raises(InputError, match=f"leave {seconds} s to"):
        stage.service._join()
    assert stage.chain.did == []


def test_nothing_is_published_while_commitments_are_taken(stage: Stage) -> None:
    """IPFS tells peers what a node provides. Who knows a content id can commit to it and reveal it
    first, and the trainer whose it is cannot reveal any more, and loses its stake."""
    stage.chain.did.append("joined")
    stage.service._step(STATE)
    stage.service._step(replace(STATE, phase=Phase.REVEAL))
    assert stage.chain.did[1:] == ["commit, 0 published", "reveal, 1 published"]
    assert stage.storage.get(cid_of(SEALED), len(SEALED), 1.0) == SEALED


def test_a_trainer_waits_for_its_turn(stage: Stage) -> None:
    stage.chain.did.append("joined")
    turns = replace(STATE, draw=Draw(bytes(32), 7, 0, EVERYBODY // 4))
    stage.chain.drawn = False
    stage.service._step(turns)
    assert stage.told == []  # the block that decides is not there yet
    stage.chain.blocks = 8
    stage.service._step(turns)
    stage.service._step(turns)
    assert stage.told == ["not drawn"]
    assert stage.chain.did == ["joined"]
    stage.chain.drawn = True
    stage.service._step(turns)
    assert stage.chain.did[1:] == ["commit, 0 published"]


def test_a_node_that_publishes_nothing_costs_no_stake(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: bytes) -> str:
        raise StorageError("the disk is full")

    monkeypatch.setattr(stage.storage, "add", full)
    stage.chain.did.append("joined")
    stage.service._step(STATE)
    stage.service._step(replace(STATE, phase=Phase.REVEAL))
    assert stage.chain.did[-1] == "reveal, 0 published"


def test_what_was_made_for_another_round_is_made_again(stage: Stage) -> None:
    """After a reorganisation an epoch may be of another round: its reveal would not open."""
    stage.chain.did.append("joined")
    stage.service._step(STATE)
    stage.chain.committed = bytes(32)
    stage.service._step(STATE)
    assert stage.made == 1
    stage.chain.committed = bytes(32)
    stage.service._step(replace(STATE, round=1))
    assert stage.made == 2


def given_up(stage: Stage, monkeypatch: pytest.MonkeyPatch, point: Point) -> ProjectState:
    """A round that revealed in its second opening, and was given up in its third."""
    monkeypatch.setattr("market.trainer.service.quotient", lambda *_: Point(0, 0))
    vars(stage.service._project)["keys"] = None
    stage.chain.did.append("joined")
    stage.service._journal.write(
        Contribution(1, 0, Point(3, 4), cid_of(SEALED), bytes(32), (1,), SEALED)
    )
    stage.chain.stands = {1: [("0x" + 40 * "b", Point(5, 6)), (ME, point)]}
    return replace(STATE, phase=Phase.CLAIM, epoch=2, retries=2)


def test_what_was_revealed_is_claimed_once(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    state = given_up(stage, monkeypatch, Point(3, 4))
    stage.service._step(state)
    stage.service._step(state)
    assert stage.chain.did == ["joined", "claim 1 of 1"]
    assert stage.told == ["claimed"]


def test_another_delta_than_the_revealed_claims_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.service._step(given_up(stage, monkeypatch, Point(7, 8)))
    assert stage.chain.did == ["joined"]
