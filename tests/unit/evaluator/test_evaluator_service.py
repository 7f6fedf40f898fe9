"""What an evaluator says, and when it hands out what others may not see yet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from circuits.lowrank_shape import LowRankShape
from market.chain.measuring import Attestation, Measurement, MeasuringLogs, Sitting
from market.chain.state import UNMEASURED, Phase, ProjectState
from market.contribution.exact import as_integers
from market.contribution.grid import Grid, Step
from market.contribution.lowrank import STATS_BITS, LowRankStatistics
from market.errors import InputError, StorageError
from market.evaluator import service as serving
from market.evaluator.bench import Own
from market.evaluator.service import EvaluatorService
from market.measured.manifest import SealedYardstick, fetch_manifest
from market.measurement import Assessment, Measured, Quantised, Tolerance
from market.storage.encryption import new_private_key, public_key_of
from market.storage.envelope import open_envelope
from market.storage.memory import MemoryNetwork
from market.vectors import encode, salted
from tests.states import state_of
from zk.field import Point

ME, OTHER, THIRD, AGGREGATOR = (f"0x{letter * 40}" for letter in "abcd")
SEED = b"\x05" * 32
SHAPE = LowRankShape(3, 4, rank=1)
GRID = Grid(3, stats_bits=STATS_BITS, moves=Step.BOUNDED)
STATISTICS = LowRankStatistics(as_integers([[1, 2, 3, 4]]), as_integers([5, 6, 7, 8]), GRID)
KEYS = {account: new_private_key() for account in (ME, OTHER, THIRD, AGGREGATOR)}


def point_of(vector: list[int]) -> Point:
    """A commitment for tests: another vector is another point."""
    return Point(1 + sum(vector) % 1000, len(vector))


class World:
    """A chain, a network of storage, and what was done on them."""

    def __init__(self) -> None:
        self.address = ME
        self.network = MemoryNetwork()
        self.storage = self.network.node()
        self.logs = MeasuringLogs({0: SEED}, {}, (), frozenset())
        self.state = measuring()
        self.said_before: dict[tuple[int, int], bytes] = {}
        self.did: list[Any] = []
        self.told: list[str] = []

    def project(self, _id: bytes) -> ProjectState:
        return self.state

    def measuring(self, _id: bytes) -> MeasuringLogs:
        return self.logs

    def announcement(self, account: str) -> Any:
        return SimpleNamespace(encryption_key=public_key_of(KEYS[account]))

    def said(self, _id: bytes, number: int, sitting: Sitting, _account: str) -> bytes:
        return self.said_before.get((number, int(sitting)), bytes(32))

    def height(self) -> int:
        return 10

    def draw_coordinates(self, _terms: Any) -> None:
        self.did.append("draw")

    def measure(self, _terms: Any, number: int, measurement: Measurement) -> None:
        self.did.append((number, measurement))

    def others(self, account: str, measurement: Measurement, number: int = 0) -> None:
        """Somebody has said something."""
        said = (*self.logs.attested, Attestation(number, account, measurement))
        self.logs = replace(self.logs, attested=said)


def measuring(phase: Phase = Phase.MEASURE, **more: Any) -> ProjectState:
    measure = replace(UNMEASURED, **{"seed": SEED, **more})
    return replace(state_of(phase), measure=measure)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World()
    for module in ("market.evaluator.service", "market.measured.manifest"):
        monkeypatch.setattr(f"{module}.commit", lambda vector, _keys: point_of(list(vector)))
    monkeypatch.setattr(serving, "encryption_key", lambda _home: KEYS[ME])
    monkeypatch.setattr(serving, "connect_peers", lambda *_: None)
    monkeypatch.setattr(serving, "advance_if_due", lambda *_: False)
    return made


def service(world: World, home: Path, arbiters: tuple[str, ...] = ()) -> Any:
    document = SimpleNamespace(shape=SHAPE, grid=GRID, tolerance=Tolerance())
    terms = SimpleNamespace(
        evaluators=(OTHER, ME, THIRD),
        arbiters=arbiters,
        aggregators=(AGGREGATOR,),
        measure_seconds=100,
        audit_seconds=100,
    )
    project: Any = SimpleNamespace(id=b"\x07" * 32, terms=terms, document=document, keys=None)
    attested = Measured(Assessment(-900, 3), Quantised(STATISTICS))
    bench: Any = SimpleNamespace(measure=lambda *_: Own(None, attested, False))  # type: ignore[arg-type]
    market: Any = world

    def progress(event: str, **_: Any) -> None:
        world.told.append(event)

    return EvaluatorService(market, world.storage, home, project, bench, progress)


def said_by(world: World, utility: int = -900, sent: bool = True) -> tuple[Measurement, list[int]]:
    """A measurement of another account, and its yardstick."""
    vector = salted(STATISTICS.entries, SHAPE.statistics_length)
    judges = [public_key_of(KEYS[each]) for each in (OTHER, ME, THIRD)]
    sealed = SealedYardstick.of(vector, judges, [public_key_of(KEYS[AGGREGATOR])])
    node = world.network.node()
    if sent:
        world.storage.connect(node.peer())
    node.add(sealed.for_judges)
    cid = node.add(sealed.manifest.encode())
    return Measurement(point_of(vector), utility, 3, cid), vector


def agreeing(monkeypatch: pytest.MonkeyPatch, *reasons: str) -> None:
    monkeypatch.setattr(serving, "agrees", lambda *_: reasons)


def test_alone_it_says_its_own_once(world: World, tmp_path: Path) -> None:
    at_work = service(world, tmp_path)
    at_work._step(world.state)
    ((number, said),) = world.did
    assert (number, said.utility, said.spread) == (0, -900, 3)
    world.said_before[0, Sitting.EVALUATOR] = said.digest()
    at_work._step(world.state)
    assert len(world.did) == 1


def test_started_again_it_says_the_same_bytes(world: World, tmp_path: Path) -> None:
    service(world, tmp_path)._step(world.state)
    service(world, tmp_path)._step(world.state)
    assert world.did[0] == world.did[1]


def test_who_measured_the_same_says_the_first_ones_bytes(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agreeing(monkeypatch)
    first, vector = said_by(world)
    world.others(THIRD, said_by(world)[0])
    world.others(OTHER, first)
    at_work = service(world, tmp_path)
    at_work._step(world.state)
    assert world.did == [(0, first)]
    # Whoever attested it can hand it out, also when the first is gone.
    world.state = measuring(Phase.REVEAL, number=1, yardstick=first.yardstick)
    at_work._step(world.state)
    manifest = fetch_manifest(world.storage, first.cid, 1)
    sealed = world.storage.get(manifest.aggregators, 10**6, 1)
    assert open_envelope(sealed, KEYS[AGGREGATOR]) == encode(vector)


def test_another_value_is_not_repeated(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agreeing(monkeypatch, "the utility is apart")
    other, _ = said_by(world, utility=-1)
    world.others(OTHER, other)
    at_work = service(world, tmp_path)
    at_work._step(world.state)
    ((_, said),) = world.did
    assert said != other
    assert "disagreed" in world.told


def test_what_cannot_be_fetched_keeps_nobody_from_speaking(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agreeing(monkeypatch)
    world.others(OTHER, said_by(world, sent=False)[0])
    at_work = service(world, tmp_path)
    for _ in range(3):
        at_work._step(world.state)
    assert world.did[0][1].utility == -900
    assert world.told.count("unusable") == 1  # and is not asked for at every look


def test_envelopes_of_something_else_are_not_attested(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its aggregators would get nothing, and the quorum would have said that they could."""
    agreeing(monkeypatch)
    honest, vector = said_by(world)
    judges = [public_key_of(KEYS[each]) for each in (OTHER, ME, THIRD)]
    sealed = SealedYardstick.of(vector, judges, [public_key_of(new_private_key())])
    node = world.storage
    node.add(sealed.for_judges)
    bent = replace(honest, cid=node.add(sealed.manifest.encode()))
    world.others(OTHER, bent)
    service(world, tmp_path)._step(world.state)
    assert [said for _, said in world.did] != [bent]


def test_nothing_is_handed_out_before_all_have_committed(world: World, tmp_path: Path) -> None:
    at_work = service(world, tmp_path)
    at_work._step(world.state)
    ((_, said),) = world.did
    manifest = fetch_manifest(world.storage, said.cid, 1)
    reader = world.network.node()
    reader.connect(world.storage.peer())
    for phase in (Phase.CONTEST, Phase.COMMIT):
        at_work._step(measuring(phase, number=1, yardstick=said.yardstick))
        with pytest.raises(StorageError, match="no peer sent"):
            reader.get(manifest.aggregators, 10**6, 1)
    at_work._step(measuring(Phase.REVEAL, number=1, yardstick=said.yardstick))
    assert open_envelope(reader.get(manifest.aggregators, 10**6, 1), KEYS[AGGREGATOR])


def test_who_answers_a_demand_hands_out_what_it_said(world: World, tmp_path: Path) -> None:
    """An arbiter had nothing to hand out in Reveal, and has when the yardstick is its own."""
    at_work = service(world, tmp_path, arbiters=(ME,))
    strange = Point(9, 9)
    at_work._step(measuring(Phase.REVEAL, number=1, yardstick=strange))
    assert "handed over" not in world.told
    demanded = measuring(Phase.AUDIT, number=1, yardstick=strange, demanded_in=1)
    at_work._step(demanded)
    ((number, said),) = world.did
    assert number == 0
    at_work._step(measuring(Phase.SETTLE, number=1, yardstick=said.yardstick, demanded_in=1))
    assert "handed over" in world.told


def test_what_was_said_on_demand_belongs_to_its_opening(world: World, tmp_path: Path) -> None:
    at_work = service(world, tmp_path, arbiters=(ME,))
    demanded = replace(measuring(Phase.AUDIT, number=1, demanded_in=4), epoch=3)
    at_work._step(demanded)
    ((_, said),) = world.did
    world.said_before[3, Sitting.ON_DEMAND] = said.digest()
    at_work._step(demanded)
    assert len(world.did) == 1
    at_work._step(replace(measuring(Phase.AUDIT, number=1, demanded_in=5), epoch=4))
    assert len(world.did) == 2


@pytest.mark.parametrize(
    ("state", "arbiters"),
    [
        (measuring(Phase.COMMIT), ()),
        (measuring(Phase.MEASURE, deposed=True), (OTHER,)),
        (measuring(Phase.AUDIT), (OTHER,)),
        (measuring(Phase.AUDIT, number=1, demanded_in=1), (OTHER,)),
    ],
)
def test_who_is_not_asked_says_nothing(
    world: World, tmp_path: Path, state: ProjectState, arbiters: tuple[str, ...]
) -> None:
    service(world, tmp_path, arbiters)._step(state)
    assert world.did == []


def test_coordinates_are_drawn_when_their_block_is_there(world: World, tmp_path: Path) -> None:
    at_work = service(world, tmp_path)
    at_work._step(measuring(seed=bytes(32), seed_block=10))
    assert world.did == []
    at_work._step(measuring(seed=bytes(32), seed_block=9))
    assert world.did == ["draw"]


def test_a_stranger_is_told_whose_key_it_takes(world: World, tmp_path: Path) -> None:
    world.address = AGGREGATOR
    with pytest.raises(InputError, match="neither an evaluator nor an arbiter") as refused:
        service(world, tmp_path)
    assert ME in str(refused.value.hint)
