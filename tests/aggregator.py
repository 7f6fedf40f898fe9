"""An aggregator among a chain, a store and trainers that do what a test says."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from market.aggregator.basis import LinearBasis
from market.aggregator.service import AggregatorService
from market.chain.logs import RevealEvent, SettledRound
from market.chain.state import Announcement, Phase, ProjectState
from market.errors import StorageError
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
        shape=document.shape,
        keys=SimpleNamespace(memory_bytes=0),
        fetch_model=world.fetch_model,
    )


def service_of(world: Any, home: Path, asked: Any) -> AggregatorService:
    """What `market aggregate` runs, for a project that was asked of it."""

    def progress(event: str, **_: Any) -> None:
        world.told.append(event)

    basis = LinearBasis(world, world, asked, bytes(32))
    vars(basis)["statistics"] = lambda _state: [7]
    return AggregatorService(world, world, home, basis, world, progress)


def service(world: Any, home: Path) -> Any:
    """The same, for the project above, where settling is only written down."""
    made = service_of(world, home, project(world))

    def settle(_state: Any, reveals: list[RevealEvent]) -> None:
        world.did.append(f"settle {len(reveals)}")

    vars(made)["_settle"] = settle
    return made
