"""What an aggregator does when others withhold, lag, or flood: its stake depends on it."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from market.aggregator import deltas as fetching
from market.aggregator import models as modelling
from market.aggregator import service as serving
from market.aggregator.models import Models, step
from market.aggregator.service import AggregatorService
from market.chain.events import placed
from market.chain.state import Announcement, Phase, ProjectState, RevealEvent, SettledRound
from market.errors import (
    ChainError,
    ContractError,
    InputError,
    ProofError,
    StorageError,
    TransportError,
)
from market.project import MOST_DIALLED, connect_peers, settled_before
from tests.states import state_of
from zk.field import Point

ME = "0x" + 40 * "a"
ID = bytes(32)
LATTICE = 6
STATE = state_of(Phase.SETTLE, ME, committed=3)


def point_of(vector: list[int], _: Any = None) -> Point:
    """A commitment in miniature."""
    return Point(hash(tuple(vector)) % 2**64, 1)


def reveal(slot: int, vector: list[int] | None = None) -> RevealEvent:
    return RevealEvent(f"0x{slot:040x}", 0, 0, point_of(vector or [slot]), f"cid-{slot}")


class World:
    """A chain, an IPFS node and a Flower coordinator that do what a test says."""

    def __init__(self) -> None:
        self.address = ME
        self.content: dict[str, Any] = {}
        self.logged = [reveal(slot) for slot in range(3)]
        self.stands = [(each.trainer, each.point) for each in self.logged]
        self.committed: list[str] = []
        self.silent: set[str] = set()
        self.rounds: list[SettledRound] = []
        self.state = STATE
        self.did: list[str] = []
        self.told: list[str] = []
        self.now = 0
        self.connection = SimpleNamespace(now=lambda: self.now)
        self.flower: Exception | None = None

    # of the chain
    def project(self, _: bytes) -> ProjectState:
        return self.state

    def aggregator_stake(self, *_: Any) -> int:
        return 0

    def bond(self, _: Any) -> None:
        self.did.append("bond")

    def advance(self, _: Any) -> None:
        self.did.append("advance")

    def reveals(self, *_: Any) -> list[RevealEvent]:
        return self.logged

    def all_reveals(self, _: bytes) -> list[RevealEvent]:
        return self.logged

    def standing(self, *_: Any) -> list[tuple[str, Point]]:
        return self.stands

    def settled(self, _: bytes) -> list[SettledRound]:
        return self.rounds

    def answered(self, *_: Any) -> list[tuple[str, bytes]]:
        return []

    def joined(self, _: bytes) -> list[str]:
        return [each.trainer for each in self.logged]

    def committed_in(self, *_: Any) -> list[str]:
        return self.committed

    def is_silent(self, _: bytes, account: str) -> bool:
        return account in self.silent

    def expel(self, _: Any, accounts: list[str]) -> None:
        self.did.append(f"expel {len(accounts)}")
        self.silent -= set(accounts)

    def announcement(self, account: str) -> Announcement | None:
        return Announcement(bytes(32), "", f"peer of {account}")

    # of IPFS
    def peer(self) -> str:
        return "peer"

    def connect(self, _: str) -> None:
        return

    def get(self, cid: str, *_: Any) -> Any:
        if cid not in self.content:
            raise StorageError(f"no {cid}")
        return self.content[cid]

    def add(self, data: Any) -> str:
        self.did.append("add")
        return str(data)

    # of Flower
    def nodes(self) -> set[int]:
        if self.flower is not None:
            raise self.flower
        return set()

    def send(self, _: Any) -> int:
        if self.flower is not None:
            raise self.flower
        return 1

    def receipts(self) -> list[Any]:
        if self.flower is not None:
            raise self.flower
        return []

    def fetch_model(self, _: Any, cid: str, point: Point) -> list[int]:
        model: list[int] = self.get(cid)
        if point_of(model) != point:
            raise StorageError("another model")
        return model


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(fetching, "_opened", lambda _p, _r, sealed, _k: sealed)
    monkeypatch.setattr(modelling, "commit", point_of)
    monkeypatch.setattr(modelling, "encode", lambda vector: vector)
    return World()


def project(world: World) -> Any:
    terms = SimpleNamespace(
        aggregators=(ME,),
        aggregator_stake=1,
        settle_seconds=600,
        logrows=15,
        model=point_of([0]),
        challenge_bond=1,
    )
    document = SimpleNamespace(
        shape=SimpleNamespace(vector_length=1), grid=SimpleNamespace(lattice=LATTICE)
    )
    created = SimpleNamespace(terms=terms, model_cid="initial")
    return SimpleNamespace(
        id=ID,
        terms=terms,
        created=created,
        document=document,
        keys=SimpleNamespace(memory_bytes=0),
        fetch_model=world.fetch_model,
    )


def service(world: Any, home: Path) -> Any:
    def progress(event: str, **_: Any) -> None:
        world.told.append(event)

    made = AggregatorService(world, world, home, project(world), world, progress)

    def settle(_state: Any, _statistics: Any, reveals: list[RevealEvent]) -> None:
        world.did.append(f"settle {len(reveals)}")

    vars(made)["_settle"] = settle
    return made


@pytest.mark.parametrize(
    ("settle_seconds", "logrows", "flower", "error", "reason"),
    [
        (600, 15, None, StorageError, "no initial"),
        (1, 15, None, InputError, "leave 1 s to settle"),
        (600, 20, None, InputError, "leave 600 s to settle"),
        (600, 15, TransportError("it does not start"), TransportError, "not start"),
    ],
)
def test_no_stake_without_a_model_or_time_or_flower(
    world: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    settle_seconds: int,
    logrows: int,
    flower: Exception | None,
    error: type[Exception],
    reason: str,
) -> None:
    """An owner that withholds them, and trainers of its own, could have the stake for nothing."""
    asked = project(world)
    vars(asked.terms).update(settle_seconds=settle_seconds, logrows=logrows)
    monkeypatch.setattr(serving, "fetch_statistics", lambda *_: [])
    monkeypatch.setattr(serving, "announce", lambda *_: None)
    world.state = replace(STATE, phase=Phase.JOINING, model=point_of([0]))
    world.flower = flower
    with pytest.raises(error, match=reason):
        AggregatorService(
            world,  # type: ignore[arg-type]
            world,  # type: ignore[arg-type]
            tmp_path,
            asked,
            world,  # type: ignore[arg-type]
            lambda *_, **__: None,
        ).run()
    assert world.did == []


def test_no_stake_before_a_round_was_proven(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_project: Any, statistics: list[int], model: list[int]) -> float:
        assert (statistics, model) == ([7], [0])
        raise ProofError("a proof does not hold")

    monkeypatch.setattr(serving, "rehearse", fails)
    world.content = {"initial": [0]}
    world.state = replace(STATE, phase=Phase.JOINING, model=point_of([0]))
    with pytest.raises(ProofError):
        service(world, tmp_path)._bond([7])
    assert world.did == []
    monkeypatch.setattr(serving, "rehearse", lambda *_: 1.0)
    service(world, tmp_path)._bond([7])
    assert world.did == ["bond"]


def test_flower_holds_up_no_settlement(world: World, tmp_path: Path) -> None:
    world.content = {each.cid: [1] for each in world.logged} | {"initial": [0]}
    world.flower = TransportError("flooded")
    at_work = service(world, tmp_path)
    at_work._step(replace(STATE, phase=Phase.COMMIT, model=point_of([0])), [])
    at_work._step(replace(STATE, phase=Phase.REVEAL), [])
    at_work._step(STATE, [])
    assert world.did == ["settle 3"]


def test_a_dead_flower_keeps_nothing_from_being_advanced(world: World, tmp_path: Path) -> None:
    """And is not called again at once: each call may take long."""
    world.content, world.flower = {"initial": [0]}, TransportError("dead")
    world.now = 2
    overdue = replace(STATE, phase=Phase.COMMIT, model=point_of([0]), deadline=1)
    at_work = service(world, tmp_path)
    for _ in range(5):
        at_work._step(overdue, [])
    assert world.did == ["advance"] * 5
    assert world.told.count("failed") == 1
    world.flower = None
    at_work._step(replace(overdue, epoch=1), [])
    assert "invited" in world.told


@pytest.mark.parametrize("shown", [0, 1, 2])
def test_logs_that_lag_behind_are_waited_for(world: World, tmp_path: Path, shown: int) -> None:
    world.content = {each.cid: [1] for each in world.logged}
    world.logged = world.logged[3 - shown :]
    with pytest.raises(ChainError, match=f"{shown} reveals of 3"):
        service(world, tmp_path)._step(STATE, [])
    assert world.did == []
    with pytest.raises(ChainError, match="0 settlements of 1"):
        settled_before(world, ID, replace(STATE, round=1))  # type: ignore[arg-type]


def test_deltas_are_fetched_and_peers_dialled_all_at_once(world: World, tmp_path: Path) -> None:
    """One after another, who sends nothing would use up the window to settle in."""
    world.logged = [reveal(slot) for slot in range(32)]
    together = threading.Barrier(32)

    def wait(*_: Any) -> None:
        together.wait(60.0)  # breaks if not all are there
        raise StorageError("nothing came")

    vars(world)["get"] = wait
    assert service(world, tmp_path)._fetch(world.logged) == [*range(32)]
    assert not together.broken

    vars(world)["connect"] = wait
    connect_peers(world, world, world.joined(ID))  # type: ignore[arg-type]
    assert not together.broken


def test_no_more_peers_are_dialled_at_a_time_than_threads_are_cheap(world: World) -> None:
    world.logged = [reveal(slot) for slot in range(3 * MOST_DIALLED)]
    dialling = [0, 0]
    lock = threading.Lock()

    def connect(_: str) -> None:
        with lock:
            dialling[0] += 1
            dialling[1] = max(dialling)
        time.sleep(0.02)
        with lock:
            dialling[0] -= 1

    vars(world)["connect"] = connect
    connect_peers(world, world, world.joined(ID))  # type: ignore[arg-type]
    assert 1 < dialling[1] <= MOST_DIALLED


def test_a_reveal_that_displaces_one_that_the_node_does_not_show_is_waited_for(
    world: World, tmp_path: Path
) -> None:
    late = replace(world.logged[2], displaced=world.logged[1].trainer)
    world.logged = placed([world.logged[0], late])
    with pytest.raises(ChainError, match="1 reveals of 3") as caught:
        service(world, tmp_path)._step(STATE, [])
    assert caught.value.hint == "wait for its logs"


def test_who_kept_silent_is_slashed_once_the_time_to_reveal_is_over(
    world: World, tmp_path: Path
) -> None:
    """Nothing happens by itself: a contract cannot loop over who committed."""
    world.content = {each.cid: [1] for each in world.logged}
    world.committed = [each.trainer for each in world.logged]
    world.silent = {world.committed[1]}
    at_work = service(world, tmp_path)
    vars(at_work)["_settle"] = lambda *_: None
    at_work._enforcer.look(replace(STATE, phase=Phase.REVEAL))
    assert world.did == []
    for _ in range(2):
        at_work._enforcer.look(STATE)
    assert world.did == ["expel 1"]


@pytest.mark.parametrize(
    ("phase", "epoch", "raises"),
    [(Phase.AUDIT, 0, False), (Phase.DONE, 1, False), (Phase.SETTLE, 0, True)],
)
def test_a_dispute_while_it_proved_is_no_failure(
    world: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    phase: Phase,
    epoch: int,
    raises: bool,
) -> None:
    def refuse(*_: Any) -> None:
        raise ContractError("the project is in another phase")

    monkeypatch.setattr(serving, "prove_round", lambda *_: (None, ()))
    ready = SimpleNamespace(seconds=0.0, peak_bytes=0, proof_bytes=0, settlement=None)
    monkeypatch.setattr(serving, "prepare", lambda *_: ready)
    vars(world)["settle"] = refuse
    asked = project(world)
    vars(asked.terms)["rounds"] = 1
    vars(asked.keys).update(rows=0, logrows=0)
    world.content = {"initial": [0]}
    ours = serving.AggregatorService(
        world,  # type: ignore[arg-type]
        world,  # type: ignore[arg-type]
        tmp_path,
        asked,
        world,  # type: ignore[arg-type]
        lambda *_, **__: None,
    )
    ours._deltas = {each.point: [0] for each in world.logged}
    world.state = replace(STATE, phase=phase, epoch=epoch)
    opened = replace(STATE, model=point_of([0]))
    if raises:
        with pytest.raises(ContractError):
            ours._settle(opened, [], world.logged)
    else:
        ours._settle(opened, [], world.logged)


def settled(round_number: int, model: list[int], cid: str) -> SettledRound:
    trainers = tuple(f"0x{slot:040x}" for slot in range(3))
    weights = (LATTICE // 2, 0, LATTICE // 2)
    return SettledRound(
        round_number, ME, trainers, 0b101, weights, (0, 0, 0), 1, (0, 0, 0), 0, 0,
        point_of(model), cid, "0x", (0, 0), 0,
    )  # fmt: skip


def test_a_model_that_nobody_published_is_computed(world: World) -> None:
    """By the successor of an aggregator that settled and withheld it."""
    world.content = {"initial": [0], "cid-0": [1], "cid-1": [50], "cid-2": [4]}
    moved = step([0], [[1], [4]], [3, 3])
    assert moved == [15]
    world.rounds = [settled(0, moved, "withheld")]
    again = [
        replace(each, round=1, epoch=1, cid=f"cid-{3 + i}") for i, each in enumerate(world.logged)
    ]
    world.logged += again
    world.content |= {"cid-3": [2], "cid-5": [2]}
    world.rounds.append(settled(1, step(moved, [[2], [2]], [3, 3]), "withheld too"))
    models = Models(world, world, project(world), b"")  # type: ignore[arg-type]
    assert models.of(replace(STATE, round=2, model=world.rounds[1].model)) == [15 + 3 * 4]
    assert world.did == ["add", "add"]
    world.content.clear()
    assert models.of(replace(STATE, round=1, model=world.rounds[0].model)) == moved


def test_a_model_that_does_not_follow_is_refused(world: World) -> None:
    world.content = {"initial": [0], "cid-0": [1], "cid-2": [4]}
    world.rounds = [settled(0, [16], "withheld")]
    models = Models(world, world, project(world), b"")  # type: ignore[arg-type]
    with pytest.raises(StorageError, match="does not follow"):
        models.of(replace(STATE, round=1, model=point_of([16])))
    with pytest.raises(ChainError, match="different models"):
        models.of(replace(STATE, round=1, model=point_of([15])))
