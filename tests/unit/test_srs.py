from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from market.errors import ProofError
from zk.srs import add_srs, download_srs, find_srs

CEREMONY = b"powers of tau" * 100
HASH = hashlib.sha256(CEREMONY).hexdigest()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MARKET_CACHE", str(tmp_path))
    return tmp_path


def files(cache: Path) -> list[Path]:
    return [path for path in (cache / "srs").rglob("*") if path.is_file()]


def test_what_was_added_is_found_by_its_hash() -> None:
    assert find_srs(HASH) is None
    added = add_srs(CEREMONY, HASH)
    assert added.path.read_bytes() == CEREMONY
    assert find_srs(HASH) == added
    assert find_srs("00" * 32) is None
    assert add_srs(CEREMONY, HASH) == added


def test_another_file_than_the_one_named_leaves_nothing_behind(cache: Path) -> None:
    for data in (CEREMONY[:-1], CEREMONY + b"\0", b""):
        with pytest.raises(ProofError, match="not the one named"):
            add_srs(data, HASH)
    assert files(cache) == []
    assert find_srs(HASH) is None


def test_a_damaged_file_is_removed_and_can_be_added_again(cache: Path) -> None:
    added = add_srs(CEREMONY, HASH)
    added.path.write_bytes(CEREMONY[:500])
    assert find_srs(HASH) is None
    assert files(cache) == []
    assert add_srs(CEREMONY, HASH) == find_srs(HASH)


@pytest.mark.parametrize("name", ["", "ab", HASH.upper(), HASH + "\n", "../" * 21 + "x", "g" * 64])
def test_what_is_no_hash_never_becomes_a_path(name: str) -> None:
    with pytest.raises(ProofError, match="not a SHA-256"):
        find_srs(name)


def downloads(monkeypatch: pytest.MonkeyPatch, data: bytes | None) -> list[int]:
    """The engine's download gives these bytes, or none; the list gets the sizes asked for."""
    asked = []

    def run(operation: str, *, path: str, logrows: int, **_: float) -> None:
        assert operation == "download"
        asked.append(logrows)
        if data is None:
            raise ProofError("download failed: no route to host")
        Path(path).write_bytes(data)

    monkeypatch.setattr("zk.engine.run", run)
    return asked


def test_a_downloaded_srs_is_kept_under_its_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = downloads(monkeypatch, CEREMONY)
    found = download_srs(17, HASH)
    assert found == find_srs(HASH) == download_srs(17, HASH)
    assert asked == [17], "what is here is not fetched again"


def test_a_download_with_another_hash_leaves_nothing(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    downloads(monkeypatch, CEREMONY + b"!")
    with pytest.raises(ProofError, match="not the one named"):
        download_srs(17, HASH)
    assert not files(cache)


def test_a_failed_download_says_what_else_can_be_done(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    downloads(monkeypatch, None)
    with pytest.raises(ProofError, match="no route") as refusal:
        download_srs(17, HASH)
    assert "add-srs FILE" in refusal.value.hint
    assert not files(cache)
