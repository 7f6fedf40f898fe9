"""Keys that several processes ask for, that a killed one left half-made, or that a disk damaged."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from circuits.shape import FoldedShape
from tests.folding import FoldedRound
from zk.folding import holds
from zk.keys import Keys, circuit_logrows, derive_keys
from zk.plan import Plan
from zk.srs import add_srs, development_srs, find_srs

pytestmark = [pytest.mark.e2e, pytest.mark.proof]

SHAPE = FoldedShape(slots=4, features=4, classes=2)
PLAN = Plan(freivalds=False)
PATIENCE = 600.0

_DERIVE = """
import json, sys
from circuits.shape import FoldedShape
from zk.keys import derive_keys
from zk.plan import Plan
from zk.srs import find_srs
keys = derive_keys(FoldedShape(4, 4, 2), find_srs(sys.argv[1]), Plan(freivalds=False))
print(json.dumps([str(keys.folder), keys.identity.hex(), keys.setup_seconds]))
"""
_SRS = """
from zk.srs import development_srs
print(development_srs(12).sha256)
"""


def started(script: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments], stdout=subprocess.PIPE, text=True
    )


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture(scope="module")
def made() -> Keys:
    """The same keys in the machine's cache, to compare with."""
    return derive_keys(SHAPE, development_srs(circuit_logrows(SHAPE, PLAN)), PLAN)


@pytest.fixture(scope="module")
def cache(made: Keys, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another cache, which knows the SRS and nothing else."""
    root = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MARKET_CACHE", str(root))
        add_srs(made.srs.path.read_bytes(), made.srs.sha256)
    return root


@pytest.fixture(autouse=True)
def environment(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARKET_CACHE", str(cache))


def test_after_damage_and_a_kill_two_processes_make_the_keys_once(made: Keys, cache: Path) -> None:
    place = cache / "keys" / made.folder.name
    shutil.copytree(made.folder, place, ignore=shutil.ignore_patterns("pk"))
    (place / "pk").write_bytes(b"cut short")
    abandoned = cache / "keys" / f".{'0' * 32}-gone"  # of a shape that nobody asks for any more
    abandoned.mkdir()

    first = started(_DERIVE, made.srs.sha256)
    wait_until(lambda: bool(list(place.parent.glob(f".{place.name}-*/circuit.ezkl"))))
    first.send_signal(signal.SIGKILL)
    assert first.wait(PATIENCE) == -signal.SIGKILL
    (half,) = place.parent.glob(f".{place.name}-*")

    both = [started(_DERIVE, made.srs.sha256) for _ in range(2)]
    found = [json.loads(process.communicate(timeout=PATIENCE)[0]) for process in both]
    # Made once: the seconds that it took are those of one process.
    assert found[0] == found[1]
    assert found[0][:2] == [str(place), made.identity.hex()]
    assert [path.name for path in place.parent.iterdir()] == [place.name]
    assert not half.exists()
    assert not abandoned.exists()
    assert (place / "pk").stat().st_size == made.pk.stat().st_size


def test_a_proving_key_with_one_bit_changed_is_made_again_before_it_is_used(cache: Path) -> None:
    (sha256,) = (path.stem for path in (cache / "srs").glob("*.srs"))
    srs = find_srs(sha256)
    assert srs is not None
    keys = derive_keys(SHAPE, srs, PLAN)
    with keys.pk.open("r+b") as file:
        file.seek(10_000_000)
        byte = file.read(1)
        file.seek(10_000_000)
        file.write(bytes([byte[0] ^ 1]))
    damaged = keys.pk.stat().st_ino
    assert derive_keys(SHAPE, srs, PLAN) == keys  # who does not prove does not read it
    played = FoldedRound.draw(keys, n=3)
    assert holds(played.prove(), played.binding, played.claims, keys)
    assert keys.pk.stat().st_ino != damaged
    assert keys.identity == derive_keys(SHAPE, srs, PLAN).identity


def test_after_a_kill_and_damage_two_processes_make_one_srs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MARKET_CACHE", str(tmp_path))
    folder = tmp_path / "srs"
    first = started(_SRS)
    wait_until(lambda: (tmp_path / "locks" / "srs-12.lock").exists())
    first.send_signal(signal.SIGKILL)
    assert first.wait(PATIENCE) == -signal.SIGKILL
    folder.mkdir(exist_ok=True)
    (folder / ".development-12.part").write_bytes(b"half of one")

    both = [started(_SRS) for _ in range(2)]
    one, other = [process.communicate(timeout=PATIENCE)[0].strip() for process in both]
    # Each is random: had both made one, they would differ.
    assert one == other
    assert sorted(path.name for path in folder.iterdir()) == [f"{one}.srs", "development-12"]

    path = folder / f"{one}.srs"
    path.write_bytes(path.read_bytes()[:-1])
    assert find_srs(one) is None
    assert not path.exists()
    assert development_srs(12).sha256 != one
