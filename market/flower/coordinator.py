"""The aggregator's end: sends round configurations to all nodes and collects their receipts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from market.errors import InputError, TransportError
from market.flower import launch, records, runtime
from market.flower.records import Outcome, Receipt, Record
from market.flower.superlink import SuperLink
from market.process import Child, python_module

MAX_NODES = 256
"""Nodes that one configuration goes to. Anyone may connect; who is paid is the chain's business."""
SCAN_SECONDS = 0.5
"""How often the SuperLink is asked for new nodes."""
_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Certificate:
    """What a coordinator proves its name with: PEM files of the chain and of its private key."""

    chain: Path
    key: Path


class Coordinator:
    """Runs a SuperLink behind a gate, and one Flower run as its server app in this process.

    Nothing here waits for nodes: call `send` once a round, then `receipts` whenever convenient.
    Flower is started by the first of these calls. After a crash a coordinator with the same home
    serves the same address, and nodes return to it by themselves; the caller sends the open round's
    configuration again. A SuperLink or gate that dies is replaced at the next call, and the open
    configuration is sent anew.

    Use it from one thread, which must live as long as the coordinator: the kernel ends the
    processes together with the thread that started them.

    Args:
        home: directory of this coordinator's own.
        host: address to listen on.
        port: port that nodes connect to; 0 takes a free one and keeps to it in this home.
        certificate: encrypts the nodes' connections.

    Raises:
        InputError: the port is taken, or a certificate file does not exist.
    """

    def __init__(
        self,
        home: Path,
        host: str = launch.LOOPBACK,
        port: int = 0,
        certificate: Certificate | None = None,
    ) -> None:
        for path in (certificate.chain, certificate.key) if certificate else ():
            if not path.is_file():
                raise InputError(f"no certificate file {path}")
        self._home = home
        self._host = host
        self._certificate = certificate
        self._port = port or launch.remembered_port(home / "port.json")
        launch.check_bindable(host, self._port)
        self._round = 0
        self._config: Record | None = None
        self._ttl = 0.0
        self._sent: dict[str, int] = {}
        self._partial: dict[str, runtime.Envelope] = {}
        self._reached: set[int] = set()
        self._lost: set[int] = set()
        self._next_scan = 0.0
        self._superlink: SuperLink | None = None
        self._task: runtime.Task | None = None
        self._gate: Child | None = None

    @property
    def address(self) -> str:
        """host:port for the nodes."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{host}:{self._port}"

    @property
    def pending(self) -> int:
        """Number of nodes that have the open configuration and have not answered it."""
        return len(self._sent)

    def nodes(self) -> set[int]:
        """Ids of the nodes that are connected; one that vanished is missed after a minute.

        Raises:
            TransportError: Flower does not answer and could not be started again.
        """
        return self._online()

    def send(self, config: Record, ttl: float = 6 * 3600.0) -> int:
        """Opens a round: `config` goes to every node that is or comes online until the next call.

        Replies to earlier configurations are no longer collected.

        Args:
            config: the record to send.
            ttl: seconds after which a node that did not fetch it need not.

        Returns:
            The number of this configuration, counted from 1 at each start, which its receipts name.

        Raises:
            TransportError: `config` is not a record, or Flower cannot be reached.
        """
        self._config = records.parse_record(config)
        self._ttl = ttl
        self._round += 1
        self._forget_deliveries()
        self._deliver(self._online())
        return self._round

    def receipts(self) -> list[Receipt]:
        """Returns the replies that have arrived since the last call, without waiting for any.

        Raises:
            TransportError: Flower does not answer and could not be started again.
        """
        if self._config is not None and time.monotonic() >= self._next_scan:
            self._deliver(self._online())
        for envelope in self._arrived():
            if envelope.reply_to in self._sent:
                self._partial[envelope.reply_to] = envelope
        receipts = []
        for message_id, envelope in list(self._partial.items()):
            receipt = self._read(self._sent[message_id], envelope)
            if receipt is not None:
                del self._partial[message_id], self._sent[message_id]
                if receipt.outcome is Outcome.LOST:
                    self._lost.add(receipt.node)
                receipts.append(receipt)
        return receipts

    def collect(self, expected: int, timeout: float) -> Iterator[Receipt]:
        """Yields receipts as they arrive, until `expected` nodes answered or `timeout` s passed.

        Receipts of the outcome `LOST` are yielded but not counted.

        Raises:
            TransportError: as `receipts`.
        """
        deadline = time.monotonic() + timeout
        answered = 0
        while answered < expected and time.monotonic() < deadline:
            for receipt in self.receipts():
                answered += receipt.outcome is not Outcome.LOST
                yield receipt
            time.sleep(_POLL_SECONDS)

    def close(self) -> None:
        """Ends the run and both processes."""
        if self._task is not None:
            self._task.close()
        if self._gate is not None:
            self._gate.stop()
        if self._superlink is not None:
            self._superlink.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open_gate(self, upstream: str) -> Child:
        security = (
            [f"--ssl-certfile={self._certificate.chain}", f"--ssl-keyfile={self._certificate.key}"]
            if self._certificate
            else []
        )
        gate = Child(
            python_module(
                "market.flower.gate",
                f"--host={self._host}",
                f"--port={self._port}",
                f"--upstream={upstream}",
                *security,
            ),
            log=self._home / "gate.log",
        )
        try:
            launch.wait_listening(gate, self._host, self._port)
        except TransportError:
            gate.stop()
            raise
        return gate

    def _online(self) -> set[int]:
        """The connected nodes, in a new run on new processes where there are none any more."""
        superlink = self._superlink
        if superlink is None or not superlink.running:
            superlink = self._superlink = SuperLink(self._home)
            if self._gate is not None:
                self._gate.stop()  # it points at the old port
            self._begin_run(superlink)
        if self._gate is None or not self._gate.running:
            self._gate = self._open_gate(superlink.address)
        try:
            return self._live_task.nodes()
        except TransportError:
            self._begin_run(superlink)
            return self._live_task.nodes()

    @property
    def _live_task(self) -> runtime.Task:
        if self._task is None:
            raise TransportError("Flower has no run", "restart the coordinator")
        return self._task

    def _begin_run(self, superlink: SuperLink) -> None:
        """Starts a new run; Flower ends one whose server app was silent for a minute."""
        if self._task is not None:
            self._task.close()
        self._task = None
        self._forget_deliveries()
        self._task = superlink.begin_run()

    def _forget_deliveries(self) -> None:
        self._sent.clear()
        self._partial.clear()
        self._reached.clear()
        self._lost.clear()
        self._next_scan = 0.0

    def _deliver(self, online: set[int]) -> None:
        """Sends the open configuration to those of the nodes that it was not sent to before."""
        self._next_scan = time.monotonic() + SCAN_SECONDS
        assert self._config is not None
        # A lost node that returns is sent to again, but only once it was seen to be offline: the
        # error that says so can be forged.
        self._reached -= self._lost - online
        self._lost &= online
        room = MAX_NODES - len(self._reached)
        fresh = sorted(online - self._reached)[:room]
        if not fresh:
            return
        task = self._live_task
        content = records.encode(self._config)
        messages = [task.address_to(node, content, str(self._round), self._ttl) for node in fresh]
        for node, message_id in zip(fresh, task.push(messages), strict=True):
            if message_id:  # refused: it has just gone, and is tried again if it is still listed
                self._sent[message_id] = node
                self._reached.add(node)

    def _arrived(self) -> list[runtime.Envelope]:
        """Replies to the open configuration that the SuperLink has not handed out before."""
        outstanding = self._sent.keys() - self._partial.keys()
        if not outstanding:
            return []
        task = self._live_task
        try:
            return task.waiting(outstanding)
        except TransportError:
            # One malformed reply spoils the answer for all: find it by asking one by one.
            found = []
            for message_id in outstanding:
                try:
                    found += task.waiting([message_id])
                except TransportError:
                    continue
            return found

    def _read(self, node: int, envelope: runtime.Envelope) -> Receipt | None:
        """The receipt in a reply; None while parts of the reply are still on their way."""
        try:
            message = self._live_task.open(envelope)
        except TransportError as error:
            return Receipt(node, self._round, Outcome.REJECTED, error=error.message)
        return None if message is None else records.parse_receipt(node, self._round, message)
