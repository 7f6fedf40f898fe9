"""The trainer's end: a SuperNode process, and an executor of our own for what it receives."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self, TypeVar

from flwr.app import Message

from market.errors import InputError, MarketError, TransportError
from market.flower import launch, records, runtime
from market.flower.records import Record
from market.process import Child, python_module

ACQUIRE_SECONDS = 0.25
"""How often the executor asks its own SuperNode for work."""
RECEIVE_SECONDS = 20.0
"""How long the parts of an announced configuration may take to arrive."""
FAREWELL_SECONDS = 3.0
"""A SuperNode passes a reply on in an instant, and does not say when it has."""
_FIRST_BACKOFF = 0.5
_LAST_BACKOFF = 30.0
_STABLE_SECONDS = 60.0

Handler = Callable[[Record], Record]
T = TypeVar("T")


class Node:
    """Answers the configurations of a coordinator with what `handler` returns for each.

    A SuperNode process keeps the connection, reconnects when the SuperLink was away, and is
    started again, ever more slowly, when it dies. The handler runs in one background thread, one
    configuration at a time. It must be idempotent: after a crash on either side the configuration
    of an open round arrives again. A `MarketError` that it raises is reported to the coordinator
    as an error receipt, its hint excepted. Any other exception is a defect: the coordinator
    learns only that there was one, the node stops, and `check` raises it here.

    Code that the SuperLink sends is never unpacked, imported or run.

    Args:
        home: directory of this node's own.
        superlink: host:port that the coordinator announced.
        handler: receives a checked configuration, returns the receipt.
        root_certificates: PEM file that the coordinator's certificate is checked against; without
            it the connection is not encrypted.

    Raises:
        InputError: the certificate file does not exist, or the address is malformed.
    """

    def __init__(
        self, home: Path, superlink: str, handler: Handler, root_certificates: Path | None = None
    ) -> None:
        if root_certificates is not None and not root_certificates.is_file():
            raise InputError(f"no certificate file {root_certificates}")
        host, _, port = superlink.rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65536:
            raise InputError(f"{superlink!r} is not a SuperLink address", "write host:port")
        home.mkdir(parents=True, exist_ok=True)
        self._home = home
        self._superlink = superlink
        self._handler = handler
        self._root_certificates = root_certificates
        self._child: Child | None = None
        self._failure: Exception | None = None
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        # The kernel ends a child together with the thread that started it: this one starts all.
        self._thread = threading.Thread(target=self._run, name="flower-node", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the SuperNode process is up and the executor is serving it."""
        child = self._child
        return self._thread.is_alive() and child is not None and child.running

    def check(self) -> None:
        """Raises the unexpected exception that stopped this node, if one did."""
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        """Ends the SuperNode. A handler that is still at work is waited for 5 s, then left."""
        with self._lock:
            self._stopping.set()
            child = self._child
        if child is not None:
            child.stop()
        self._thread.join(5.0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self) -> None:
        backoff = _FIRST_BACKOFF
        try:
            while not self._stopping.is_set():
                started = time.monotonic()
                self._run_supernode()
                stable = time.monotonic() - started > _STABLE_SECONDS
                backoff = _FIRST_BACKOFF if stable else min(2 * backoff, _LAST_BACKOFF)
                self._stopping.wait(backoff)
        except Exception as error:
            self._failure = error

    def _run_supernode(self) -> None:
        """Starts a SuperNode and serves it until it dies, misbehaves, or the node is closed."""
        secret = launch.write_secret(self._home / "supernode.secret")
        port = launch.free_port()
        with self._lock:
            if self._stopping.is_set():
                return
            self._child = child = Child(
                python_module("market.flower.supernode", *self._arguments(port)),
                log=self._home / "supernode.log",
                env=launch.environment(self._home, "INFO"),
            )
        try:
            launch.wait_listening(child, launch.LOOPBACK, port)
            address = f"{launch.LOOPBACK}:{port}"
            with runtime.TaskQueue(address, runtime.CLIENT_APP, secret) as queue:
                while child.running and not self._stopping.is_set():
                    task = queue.acquire()
                    if task is None:
                        self._stopping.wait(ACQUIRE_SECONDS)
                        continue
                    with task:
                        self._answer(task)
        except TransportError:
            # A SuperNode waits for the reply to a message before it takes another, for ever if
            # need be: where an exchange with it failed, only a new one is sure to go on.
            pass
        finally:
            child.stop()

    def _arguments(self, port: int) -> list[str]:
        security = (
            ["--insecure"]
            if self._root_certificates is None
            else [f"--root-certificates={self._root_certificates}"]
        )
        return [
            *security,
            f"--superlink={self._superlink}",
            "--isolation=process",
            f"--host={launch.LOOPBACK}",
            f"--port={port}",
            f"--superexec-auth-secret-file={self._home / 'supernode.secret'}",
        ]

    def _answer(self, task: runtime.Task) -> None:
        """Handles the one message of a task.

        Raises:
            TransportError: the SuperNode did not deliver the message or take the reply.
        """
        envelope = self._awaited(lambda: next(iter(task.waiting()), None))
        defect: Exception | None = None
        try:
            message = self._awaited(lambda: task.open(envelope))
            reply = records.parse_record(self._handler(records.decode(message)))
        except MarketError as error:
            reply = {records.ERROR_KEY: error.message[:500]}
        except Exception as error:
            defect = error
            reply = {records.ERROR_KEY: f"the trainer stopped on a {type(error).__name__}"}
        task.push([Message(records.encode(reply), reply_to=envelope.header)])
        task.finish()
        if defect is not None:
            self._stopping.wait(FAREWELL_SECONDS)
            self._failure = defect
            raise defect

    def _awaited(self, get: Callable[[], T | None]) -> T:
        """What `get` returns, once it does: a SuperNode announces messages before it has them.

        Raises:
            TransportError: nothing came in time.
        """
        deadline = time.monotonic() + RECEIVE_SECONDS
        while not self._stopping.is_set() and time.monotonic() < deadline:
            if (value := get()) is not None:
                return value
            self._stopping.wait(0.05)
        raise TransportError("the configuration did not arrive in full")
