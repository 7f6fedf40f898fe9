"""Blocks from kubo with a deadline, though kubo itself waits for a missing block for ever.

A call into kubo cannot be cancelled. Each block is therefore awaited in its own thread, shared by
everyone who asks for it; threads that nobody waits for any more are left alone until too many
have gathered, and then a reset of the node ends them all.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

from market.errors import StorageError
from market.storage import unixfs
from market.storage.cid import format_cid

_WINDOW = 16  # blocks one file asks for at a time
_PATIENCE = 1.0  # seconds of silence after which to look for lost peers
_ATTEMPTS = 5  # resets that one fetch survives


class BlockSource(Protocol):
    """What is needed of `kubo.Kubo`, which says what each member does."""

    @property
    def generation(self) -> int: ...
    def block(self, digest: bytes) -> bytes: ...
    def reset(self) -> None: ...


@dataclass
class _Pending:
    future: Future[bytes] = field(default_factory=Future)
    waiters: int = 0
    generation: int = 0  # of the node that is being asked


class BlockFetcher:
    """Files and their blocks, each by a deadline.

    Args:
        source: the node.
        on_silence: called about once a second while a block is awaited; must not block.
        max_abandoned: calls into the node that nobody waits for, at which it is reset.
    """

    def __init__(
        self, source: BlockSource, on_silence: Callable[[], None], max_abandoned: int = 64
    ) -> None:
        self._source = source
        self._on_silence = on_silence
        self._max_abandoned = max_abandoned
        self._lock = threading.Lock()
        self._resetting = threading.Lock()
        self._pending: dict[bytes, _Pending] = {}

    def file(self, root: bytes, limit: int, deadline: float) -> bytes:
        """The file under the block with digest `root`.

        Args:
            root: sha-256 digest of the root block.
            limit: the most bytes that the file may have.
            deadline: on the clock of `time.monotonic`.

        Raises:
            StorageError: a block did not come in time, or is not what its parent promises.
        """

        def fetch(digests: Sequence[bytes]) -> Iterator[bytes]:
            return self._blocks(digests, deadline)

        try:
            return unixfs.read(root, limit, fetch)
        except TimeoutError as error:
            raise StorageError(
                f"no peer sent all of {format_cid(root)} in time",
                "is a peer that has it online and connected?",
            ) from error

    def _blocks(self, digests: Sequence[bytes], deadline: float) -> Iterator[bytes]:
        window: deque[tuple[bytes, _Pending]] = deque()
        remaining = iter(digests)
        try:
            while True:
                while len(window) < _WINDOW and (digest := next(remaining, None)) is not None:
                    window.append((digest, self._join(digest)))
                if not window:
                    return
                yield self._await(window[0][1].future, deadline)
                self._leave(window.popleft()[1])
        finally:
            for _, pending in window:
                self._leave(pending)
            self._reset_if_clogged()

    def _join(self, digest: bytes) -> _Pending:
        with self._lock:
            pending = self._pending.get(digest)
            if pending is None:
                pending = self._pending[digest] = _Pending()
                threading.Thread(target=self._fetch, args=(digest, pending), daemon=True).start()
            pending.waiters += 1
            return pending

    def _leave(self, pending: _Pending) -> None:
        with self._lock:
            pending.waiters -= 1

    def _await(self, future: Future[bytes], deadline: float) -> bytes:
        while True:
            left = deadline - time.monotonic()
            if left <= 0 and not future.done():
                raise TimeoutError
            try:
                return future.result(min(max(left, 0.0), _PATIENCE))
            except TimeoutError:
                self._on_silence()

    def _fetch(self, digest: bytes, pending: _Pending) -> None:
        for attempt in range(_ATTEMPTS):
            generation = pending.generation = self._source.generation
            try:
                block = self._source.block(digest)
            except Exception as error:
                with self._resetting:  # not to ask a node that is still going down
                    interrupted = generation != self._source.generation
                with self._lock:
                    if interrupted and pending.waiters > 0 and attempt + 1 < _ATTEMPTS:
                        continue
                    del self._pending[digest]
                pending.future.set_exception(error)
                return
            with self._lock:
                del self._pending[digest]
            pending.future.set_result(block)
            return

    def _reset_if_clogged(self) -> None:
        generation = self._source.generation
        with self._lock:
            abandoned = sum(
                pending.waiters == 0 and pending.generation == generation
                for pending in self._pending.values()
            )
        if abandoned >= self._max_abandoned and self._resetting.acquire(blocking=False):
            try:
                self._source.reset()
            finally:
                self._resetting.release()
            self._on_silence()  # the reset has cut all connections
