"""The structured reference string, known by its SHA-256.

A locally generated one is for development only: whoever generated it can forge every proof. A
network uses one from a ceremony, whose hash its projects name.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from market import durable
from market.errors import ProofError
from zk import engine
from zk.cache import cache_root, locked, sha256_file

_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Srs:
    """A file whose content has the hash that its name says.

    Args:
        path: the file.
        sha256: its hash, hexadecimal.
    """

    path: Path
    sha256: str


def development_srs(logrows: int) -> Srs:
    """This machine's own SRS for 2**logrows rows, generated once (14 s at 16).

    Raises:
        ProofError: generating failed.
    """
    pointer = _folder() / f"development-{logrows}"
    with locked(f"srs-{logrows}"):
        if pointer.exists():
            named = pointer.read_text(errors="replace").strip()
            known = find_srs(named) if _HASH.fullmatch(named) else None
            if known is not None:
                return known
        with _temporary(f"development-{logrows}") as temporary:
            engine.run("srs", path=str(temporary), logrows=logrows)
            srs = _adopt(temporary, sha256_file(temporary))
        durable.write_bytes(pointer, srs.sha256.encode())
        return srs


def find_srs(sha256: str) -> Srs | None:
    """The cached SRS with this hash; a damaged file is removed and not returned."""
    if not _HASH.fullmatch(sha256):
        raise ProofError(f"not a SHA-256 in hexadecimal: {sha256[:80]!r}")
    path = _folder() / f"{sha256}.srs"
    if not path.exists():
        return None
    if sha256_file(path) == sha256:
        return Srs(path, sha256)
    with locked(f"srs-{sha256}"):
        # Another process may have replaced it meanwhile.
        if path.exists() and sha256_file(path) == sha256:
            return Srs(path, sha256)
        path.unlink(missing_ok=True)
    return None


def add_srs(data: bytes, sha256: str) -> Srs:
    """Caches an SRS from elsewhere.

    Raises:
        ProofError: the data does not have this hash.
    """
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ProofError(f"the SRS is not the one named, {sha256}", "get it again")
    with _temporary(sha256) as temporary:
        temporary.write_bytes(data)
        return _adopt(temporary, sha256)


def download_srs(logrows: int, sha256: str, timeout: float = 1800.0) -> Srs:
    """The perpetual powers of tau for 2**logrows rows, by the engine's own download, if they are
    the named ones.

    Raises:
        ProofError: they cannot be fetched within `timeout` seconds, or have another hash.
    """
    known = find_srs(sha256)
    if known is not None:
        return known
    with _temporary(f"download-{logrows}") as temporary:
        try:
            engine.run("download", timeout=timeout, path=str(temporary), logrows=logrows)
        except ProofError as error:
            raise ProofError(
                error.message, "get the file by other means: market add-srs FILE"
            ) from error
        found = sha256_file(temporary)
        if found != sha256:
            raise ProofError(
                f"the downloaded SRS has the hash {found}, not the one named, {sha256}"
            )
        return _adopt(temporary, sha256)


@contextmanager
def _temporary(name: str) -> Iterator[Path]:
    """A path that ends with the block, or with the next block of this name if this process dies."""
    with locked(f"srs-writing-{name}"):
        path = _folder() / f".{name}.part"
        path.unlink(missing_ok=True)
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)


def _adopt(temporary: Path, sha256: str) -> Srs:
    path = _folder() / f"{sha256}.srs"
    with locked(f"srs-{sha256}"):
        os.replace(temporary, path)
    return Srs(path, sha256)


def _folder() -> Path:
    folder = cache_root() / "srs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
