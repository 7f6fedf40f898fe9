"""What an aggregator does when others withhold, lag, or flood: its stake depends on it."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from market.aggregator import basis
from market.aggregator import service as serving
from market.aggregator.basis import Basis
from market.chain.events import placed
from market.chain.state import Phase, ProjectState
from market.errors import (
    ChainError,
    ContractError,
    InputError,
    ProofError,
    StorageError,
    TransportError,
)
from market.project import MOST_DIALLED, connect_peers, settled_before
from tests.aggregator import ID, STATE, World, point_of, project, reveal, service, service_of


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
    monkeypatch.setattr(basis, "fetch_statistics", lambda *_: [])
    monkeypatch.setattr(serving, "announce", lambda *_: None)
    world.state = replace(STATE, phase=Phase.JOINING, model=point_of([0]))
    world.flower = flower
    with pytest.raises(error, match=reason):
        service_of(world, tmp_path, asked).run()
    assert world.did == []


def test_no_stake_before_a_round_was_proven(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(found: Basis, state: ProjectState) -> float:
        assert found.rehearsal(state) == ([7], [0])
        raise ProofError("a proof does not hold")

    monkeypatch.setattr(serving, "rehearse", fails)
    world.content = {"initial": [0]}
    world.state = replace(STATE, phase=Phase.JOINING, model=point_of([0]))
    with pytest.raises(ProofError):
        service(world, tmp_path)._bond()
    assert world.did == []
    monkeypatch.setattr(serving, "rehearse", lambda *_: 1.0)
    service(world, tmp_path)._bond()
    assert world.did == ["bond"]


def test_flower_holds_up_no_settlement(world: World, tmp_path: Path) -> None:
    world.content = {each.cid: [1] for each in world.logged} | {"initial": [0]}
    world.flower = TransportError("flooded")
    at_work = service(world, tmp_path)
    at_work._step(replace(STATE, phase=Phase.COMMIT, model=point_of([0])))
    at_work._step(replace(STATE, phase=Phase.REVEAL))
    at_work._step(STATE)
    assert world.did == ["settle 3"]


def test_a_dead_flower_keeps_nothing_from_being_advanced(world: World, tmp_path: Path) -> None:
    """And is not called again at once: each call may take long."""
    world.content, world.flower = {"initial": [0]}, TransportError("dead")
    world.now = 2
    overdue = replace(STATE, phase=Phase.COMMIT, model=point_of([0]), deadline=1)
    at_work = service(world, tmp_path)
    for _ in range(5):
        at_work._step(overdue)
    assert world.did == ["advance"] * 5
    assert world.told.count("failed") == 1
    world.flower = None
    at_work._step(replace(overdue, epoch=1))
    assert "invited" in world.told


@pytest.mark.parametrize("shown", [0, 1, 2])
def test_logs_that_lag_behind_are_waited_for(world: World, tmp_path: Path, shown: int) -> None:
    world.content = {each.cid: [1] for each in world.logged}
    world.logged = world.logged[3 - shown :]
    with pytest.raises(ChainError, match=f"{shown} reveals of 3"):
        service(world, tmp_path)._step(STATE)
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
        service(world, tmp_path)._step(STATE)
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
    ours = service_of(world, tmp_path, asked)
    ours._deltas = {each.point: [0] for each in world.logged}
    world.state = replace(STATE, phase=phase, epoch=epoch)
    opened = replace(STATE, model=point_of([0]))
    if raises:
        with pytest.raises(ContractError):
            ours._settle(opened, world.logged)
    else:
        ours._settle(opened, world.logged)


def test_a_yardstick_that_does_not_come_is_demanded_and_deadlines_are_kept(
    world: World, tmp_path: Path
) -> None:
    world.content = {each.cid: [1] for each in world.logged}
    asked = project(world)
    vars(asked.terms).update(settle_seconds=100)
    at_work = service_of(world, tmp_path, asked)

    def withheld(_state: ProjectState) -> Any:
        raise StorageError("nobody sent it")

    def demand(_state: ProjectState) -> bool:
        demanded = "demand" in world.did
        world.did.append("demand" if not demanded else "demand refused")
        return not demanded

    vars(at_work._basis).update(statistics=withheld, demand=demand)
    now = replace(STATE, deadline=200)
    for world.now in (101, 110):  # at once it may still be on its way
        at_work._step(now)
    assert world.did == []
    assert world.told.count("unusable") == 1
    world.now = 126
    at_work._step(now)
    assert world.did == ["demand"]
    assert "demanded" in world.told
    world.now = 201  # answered, and not handed out all the same
    at_work._step(now)
    assert world.did == ["demand", "demand refused", "advance"]
