"""Deadlines on a source that, like kubo, waits for a missing block for ever."""

import hashlib
import threading
import time

import pytest

from market.errors import StorageError
from market.storage import unixfs
from market.storage.blocks import BlockFetcher


class Source:
    """Holds blocks; a call for a missing one ends with a reset, or when the block arrives."""

    def __init__(self) -> None:
        self.generation = 0
        self.calls = 0
        self._held: dict[bytes, bytes] = {}
        self._changed = threading.Condition()

    def put(self, data: bytes) -> bytes:
        block = unixfs.encode(unixfs.Node(data))
        digest = hashlib.sha256(block).digest()
        with self._changed:
            self._held[digest] = block
            self._changed.notify_all()
        return digest

    def block(self, digest: bytes) -> bytes:
        with self._changed:
            self.calls += 1
            generation = self.generation
            self._changed.wait_for(lambda: digest in self._held or self.generation != generation)
            if digest not in self._held:
                raise StorageError("interrupted")
            return self._held[digest]

    def reset(self) -> None:
        with self._changed:
            self.generation += 1
            self._changed.notify_all()


def fetcher(source: Source, max_abandoned: int = 64) -> BlockFetcher:
    return BlockFetcher(source, on_silence=lambda: None, max_abandoned=max_abandoned)


def missing(number: int) -> bytes:
    return unixfs.build(b"missing %d" % number)


def give_up(files: BlockFetcher, root: bytes) -> None:
    with pytest.raises(StorageError, match="no peer sent"):
        files.file(root, 100, time.monotonic() + 0.01)


def test_a_late_block_arrives() -> None:
    source = Source()
    threading.Timer(0.05, source.put, [b"late"]).start()
    assert fetcher(source).file(unixfs.build(b"late"), 100, time.monotonic() + 30) == b"late"


def test_asking_again_joins_the_call_that_still_waits() -> None:
    source = Source()
    files = fetcher(source)
    for _ in range(5):
        give_up(files, missing(0))
    assert source.calls == 1
    source.put(b"missing 0")
    assert files.file(missing(0), 100, time.monotonic() + 30) == b"missing 0"


def test_abandoned_calls_end_in_a_reset_that_others_survive() -> None:
    source = Source()
    files = fetcher(source, max_abandoned=3)
    got: list[bytes] = []
    wanted = unixfs.build(b"wanted")
    waiting = threading.Thread(
        target=lambda: got.append(files.file(wanted, 100, time.monotonic() + 30))
    )
    waiting.start()
    for number in range(3):
        give_up(files, missing(number))
    assert source.generation == 1
    source.put(b"wanted")
    waiting.join(30)
    assert got == [b"wanted"]


def test_an_error_of_the_source_is_passed_on() -> None:
    class Broken(Source):
        def block(self, digest: bytes) -> bytes:  # noqa: ARG002
            raise StorageError("the disk is full")

    with pytest.raises(StorageError, match="disk is full"):
        fetcher(Broken()).file(missing(0), 100, time.monotonic() + 30)


def test_silence_is_reported() -> None:
    heard = threading.Event()
    files = BlockFetcher(Source(), on_silence=heard.set)
    with pytest.raises(StorageError):
        files.file(missing(0), 100, time.monotonic() + 1.2)
    assert heard.is_set()
