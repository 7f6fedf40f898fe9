"""Storage on a role's own kubo node, started when none runs for that home."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from market.errors import StorageError
from market.process import Child, python_module
from market.storage import wire
from market.storage.base import Storage
from market.storage.cid import cid_of, parse_cid

_START_SECONDS = 60.0
_ADD_SECONDS = 120.0
_CONNECT_SECONDS = 20.0
_POLL_SECONDS = 0.05
_RETRY_SECONDS = 0.5  # between attempts to take over a repository that another node holds


class EmbeddedStorage(Storage):
    """The node of the role that lives in `home`.

    Processes of one role share one node: the first starts it as its child, the others attach,
    and whoever finds it dead starts it again, on the same content, identity and address.

    Args:
        home: the role's directory; everything is kept under its `ipfs/`.
        host: IP address to listen on, one that peers can dial; of effect for a node started here.

    Raises:
        StorageError: the node does not start.
    """

    def __init__(self, home: Path, host: str = "127.0.0.1") -> None:
        self.home = home.absolute()
        self._root = self.home / "ipfs"
        self._host = host
        self._socket = self._root / "node.sock"
        self._lock = threading.Lock()
        self._child: Child | None = None
        self._closed = False
        # The kernel ends the node with the thread that started it: so one that lasts starts it.
        self._starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ipfs-node")
        try:
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
            wire.spool_directory(self._socket).mkdir(mode=0o700, exist_ok=True)
            with self._lock:
                self._ensure_node(time.monotonic() + _START_SECONDS)
        except OSError as error:
            self.close()
            raise StorageError(f"cannot keep content in {self._root}: {error}") from error
        except BaseException:
            self.close()
            raise

    def add(self, data: bytes) -> str:
        cid = cid_of(data)
        deadline = time.monotonic() + _ADD_SECONDS
        name = wire.spool_name()
        path = wire.spool_file(self._socket, name)
        try:
            path.write_bytes(data)
            stored = self._call({"op": "add", "file": name}, deadline)["cid"]
        except OSError as error:
            raise StorageError(f"cannot keep content in {self._root}: {error}") from error
        finally:
            path.unlink(missing_ok=True)
        if stored != cid:
            raise StorageError(f"the node stored {stored} for {cid}")
        return cid

    def get(self, cid: str, limit: int, timeout: float) -> bytes:
        parse_cid(cid)
        answer = self._call_with_timeout({"op": "get", "cid": cid, "limit": limit}, timeout)
        path = wire.spool_file(self._socket, str(answer.get("file")))
        try:
            data = path.read_bytes()
        except OSError as error:
            raise StorageError(f"cannot keep content in {self._root}: {error}") from error
        finally:
            path.unlink(missing_ok=True)
        if len(data) > limit or cid_of(data) != cid:
            raise StorageError(f"the node handed over other content than {cid}")
        return data

    def pin(self, cid: str, limit: int, timeout: float) -> None:
        parse_cid(cid)
        self._call_with_timeout({"op": "pin", "cid": cid, "limit": limit}, timeout)

    def peer(self) -> str:
        answer = self._call({"op": "id"}, time.monotonic() + _START_SECONDS)
        return str(answer.get("address"))

    def connect(self, multiaddr: str) -> None:
        self._call_with_timeout({"op": "connect", "address": multiaddr}, _CONNECT_SECONDS)

    def close(self) -> None:
        self._closed = True
        with self._lock:
            if self._child is not None:
                self._child.stop()
            self._starter.shutdown()

    def _call_with_timeout(self, message: dict[str, Any], timeout: float) -> dict[str, Any]:
        # The node keeps the deadline; ours comes later, and only catches a node that is stuck.
        return self._call({**message, "timeout": timeout}, time.monotonic() + timeout + 2.0)

    def _call(self, message: dict[str, Any], deadline: float) -> dict[str, Any]:
        """Asks the node, starting it again as often as it dies; every request may be repeated."""
        started = time.monotonic()
        while True:
            if self._closed:
                raise StorageError("the storage has been closed")
            try:
                if "timeout" in message:
                    left = message["timeout"] - (time.monotonic() - started)
                    return wire.call(self._socket, {**message, "timeout": max(left, 0.0)}, deadline)
                return wire.call(self._socket, message, deadline)
            except TimeoutError as error:
                raise StorageError("the IPFS node does not answer", self._see_log()) from error
            except ConnectionError:
                with self._lock:
                    self._ensure_node(deadline)
            except OSError as error:
                raise StorageError(f"cannot speak to the IPFS node: {error}") from error

    def _ensure_node(self, deadline: float) -> None:
        started: Child | None = None
        while not self._is_answering():
            if self._closed:
                raise StorageError("the storage has been closed")
            if time.monotonic() > deadline:
                raise StorageError("the IPFS node does not start in time", self._see_log())
            if started is not None and not started.running:
                code = started.process.returncode
                if code > 0 and code != wire.LOCKED:
                    raise StorageError(f"the IPFS node ended: {started.tail(1)}", self._see_log())
                time.sleep(_RETRY_SECONDS)
            if self._child is None or not self._child.running:
                self._child = started = self._starter.submit(self._start).result()
            time.sleep(_POLL_SECONDS)

    def _is_answering(self) -> bool:
        try:
            wire.call(self._socket, {"op": "id"}, time.monotonic() + 5.0)
        except (ConnectionError, TimeoutError):
            return False
        return True

    def _start(self) -> Child:
        arguments = ["--repo", str(self._root / "repo"), "--socket", str(self._socket)]
        command = python_module("market.storage.node", *arguments, "--listen", self._host)
        return Child(command, self._root / "node.log")

    def _see_log(self) -> str:
        return f"see {self._root / 'node.log'}"
