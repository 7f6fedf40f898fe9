"""Real kubo nodes as real processes, as the roles of a market run them."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from market.errors import StorageError
from market.storage import wire
from market.storage.cid import cid_of, parse_cid
from market.storage.embedded import EmbeddedStorage
from market.storage.unixfs import CHUNK

pytestmark = pytest.mark.e2e

MISSING = cid_of(b"content that nobody has added")
SECONDS = 30.0


@pytest.fixture
def alice(tmp_path: Path) -> Iterator[EmbeddedStorage]:
    with EmbeddedStorage(tmp_path / "alice") as storage:
        yield storage


@pytest.fixture
def bob(tmp_path: Path) -> Iterator[EmbeddedStorage]:
    with EmbeddedStorage(tmp_path / "bob") as storage:
        yield storage


def socket_of(home: Path) -> Path:
    return home / "ipfs" / "node.sock"


def node_pid(home: Path) -> int:
    """The process that listens on the socket of `home`."""
    with wire.connect(socket_of(home), time.monotonic() + SECONDS) as connection:
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    return int.from_bytes(credentials[:4], sys.byteorder)


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, "still not so at the deadline"
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    return False


def pattern(size: int) -> bytes:
    return hashlib.shake_128(b"%d" % size).digest(size)


@pytest.mark.parametrize("size", [0, 1, CHUNK, CHUNK + 1, 1_000_000, 50_000_000])
def test_kubo_names_content_as_we_do(alice: EmbeddedStorage, size: int) -> None:
    data = pattern(size)
    name = wire.spool_name()
    path = socket_of(alice.home)
    wire.spool_file(path, name).write_bytes(data)
    answer = wire.call(path, {"op": "add", "file": name}, time.monotonic() + SECONDS)
    assert answer["cid"] == cid_of(data)


def test_content_travels_between_nodes(alice: EmbeddedStorage, bob: EmbeddedStorage) -> None:
    data = pattern(20_000_000)
    cid = alice.add(data)
    bob.connect(alice.peer())
    assert bob.get(cid, len(data), SECONDS) == data
    with pytest.raises(StorageError, match="at most 19999999 are allowed"):
        bob.get(cid, len(data) - 1, SECONDS)
    assert not any(wire.spool_directory(socket_of(bob.home)).iterdir())


def test_pinned_content_outlives_its_source(alice: EmbeddedStorage, bob: EmbeddedStorage) -> None:
    cid = alice.add(b"delta")
    bob.connect(alice.peer())
    bob.pin(cid, 100, SECONDS)
    alice.close()
    assert bob.get(cid, 100, SECONDS) == b"delta"


def test_missing_content_hits_the_deadline_and_holds_up_nobody(
    alice: EmbeddedStorage, bob: EmbeddedStorage
) -> None:
    bob.connect(alice.peer())
    outcome: list[StorageError] = []

    def wait_in_vain() -> None:
        with pytest.raises(StorageError, match="no peer sent") as caught:
            bob.get(MISSING, 100, 3.0)
        outcome.append(caught.value)

    waiting = threading.Thread(target=wait_in_vain)
    waiting.start()
    cid = alice.add(b"delta")
    assert bob.get(cid, 100, SECONDS) == b"delta"
    assert waiting.is_alive()
    waiting.join(SECONDS)
    assert len(outcome) == 1


def test_content_that_appears_while_waiting_arrives(
    alice: EmbeddedStorage, bob: EmbeddedStorage
) -> None:
    got: list[bytes] = []
    waiting = threading.Thread(target=lambda: got.append(bob.get(cid_of(b"late"), 100, SECONDS)))
    waiting.start()
    alice.add(b"late")
    bob.connect(alice.peer())
    waiting.join(SECONDS)
    assert got == [b"late"]


def test_many_stuck_fetches_are_shaken_off(alice: EmbeddedStorage, bob: EmbeddedStorage) -> None:
    bob.connect(alice.peer())
    pid = node_pid(bob.home)
    for number in range(70):
        with pytest.raises(StorageError, match="no peer sent"):
            bob.get(cid_of(b"missing %d" % number), 100, 0.01)
    threads = len(os.listdir(f"/proc/{pid}/task"))
    cid = alice.add(b"delta")
    assert bob.get(cid, 100, SECONDS) == b"delta"
    assert node_pid(bob.home) == pid
    assert threads < 70


def test_a_killed_node_comes_back_as_it_was(alice: EmbeddedStorage, bob: EmbeddedStorage) -> None:
    cid = alice.add(pattern(1_000_000))
    peer = alice.peer()
    bob.connect(peer)
    os.kill(node_pid(alice.home), signal.SIGKILL)
    assert alice.peer() == peer
    assert bob.get(cid, 1_000_000, SECONDS) == pattern(1_000_000)


def test_a_node_killed_while_it_fetches_goes_on(
    alice: EmbeddedStorage, bob: EmbeddedStorage
) -> None:
    bob.connect(alice.peer())
    got: list[bytes] = []
    waiting = threading.Thread(target=lambda: got.append(bob.get(cid_of(b"late"), 100, SECONDS)))
    waiting.start()
    os.kill(node_pid(bob.home), signal.SIGKILL)
    alice.add(b"late")
    waiting.join(SECONDS)
    assert got == [b"late"]


def test_processes_of_one_role_share_a_node(alice: EmbeddedStorage) -> None:
    cid, peer = alice.add(b"delta"), alice.peer()
    with EmbeddedStorage(alice.home) as second:
        assert second.peer() == peer
        alice.close()  # the one that started the node
        assert second.get(cid, 100, SECONDS) == b"delta"
        assert second.peer() == peer


def test_a_repository_has_one_node(alice: EmbeddedStorage, tmp_path: Path) -> None:
    repo = alice.home / "ipfs" / "repo"
    other = [sys.executable, "-m", "market.storage.node", "--socket", str(tmp_path / "other")]
    ended = subprocess.run(
        [*other, "--repo", str(repo)], capture_output=True, timeout=SECONDS, check=False
    )
    assert ended.returncode == wire.LOCKED
    assert alice.get(alice.add(b"delta"), 100, SECONDS) == b"delta"


def test_a_node_ends_with_its_parent(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path;"
        "from market.storage.embedded import EmbeddedStorage;"
        "storage = EmbeddedStorage(Path(sys.argv[1]));"
        "print('ready', flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"ready\n"
        pid = node_pid(tmp_path)
        parent.kill()
    eventually(lambda: not is_running(pid))


def test_a_node_with_a_stuck_fetch_ends_when_told(alice: EmbeddedStorage) -> None:
    with pytest.raises(StorageError):
        alice.get(MISSING, 100, 0.1)
    pid = node_pid(alice.home)
    os.kill(pid, signal.SIGTERM)
    eventually(lambda: not is_running(pid))
    assert not socket_of(alice.home).exists()


def test_damaged_content_is_refused(alice: EmbeddedStorage) -> None:
    """On disk, where kubo itself does not look again."""
    cid = alice.add(b"the honest delta")
    blocks = alice.home / "ipfs" / "repo" / "blocks"
    (block,) = [path for path in blocks.rglob("*.data") if b"honest delta" in path.read_bytes()]
    block.write_bytes(block.read_bytes().replace(b"honest", b"forged"))
    with pytest.raises(StorageError, match="does not match its hash"):
        alice.get(cid, 100, SECONDS)


def test_other_content_than_asked_for_is_refused(tmp_path: Path) -> None:
    """From a node that does not check, or lies."""
    path = socket_of(tmp_path)
    wire.spool_directory(path).mkdir(parents=True)
    name = wire.spool_name()
    with wire.listen(path) as server:

        def lie() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection:
                        wire.receive(connection, time.monotonic() + SECONDS)
                        wire.spool_file(path, name).write_bytes(b"forged")
                        wire.send(connection, {"ok": True, "file": name, "cid": MISSING})

        threading.Thread(target=lie, daemon=True).start()
        with EmbeddedStorage(tmp_path) as storage:
            with pytest.raises(StorageError, match="other content"):
                storage.get(cid_of(b"honest"), 100, SECONDS)
            with pytest.raises(StorageError, match="stored"):
                storage.add(b"honest")
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"not json\n",
        b"\xff\xfe\n",
        b"[]\n",
        b"null\n",
        b"[" * 60_000 + b"\n",
        b'{"op": 1}\n',
        b'{"op": "no such"}\n',
        b'{"op": "__class__"}\n',
        b'{"op": "add", "file": "../repo/config"}\n',
        b'{"op": "add", "file": "' + b"0" * 32 + b'"}\n',
        b'{"op": "get", "cid": "/ipfs/x", "limit": 1, "timeout": 1}\n',
        b'{"op": "get", "cid": "%s", "limit": true, "timeout": 1}\n' % MISSING.encode(),
        b'{"op": "get", "cid": "%s", "limit": 1, "timeout": NaN}\n' % MISSING.encode(),
        b'{"op": "get", "cid": "%s", "limit": 1, "timeout": 1e400}\n' % MISSING.encode(),
        b'{"op": "connect", "address": "/ip4/127.0.0.1/tcp/1", "timeout": 1}\n',
        b"x" * (wire.MAX_LINE + 1),
        b'{"op": "id"}\n{"op": "shutdown"}\n',
    ],
)
def test_hostile_requests_are_refused(shared: EmbeddedStorage, line: bytes) -> None:
    with wire.connect(socket_of(shared.home), time.monotonic() + SECONDS) as connection:
        connection.settimeout(SECONDS)
        connection.sendall(line)
        answer = json.loads(connection.makefile().readline())
    assert answer["ok"] is False
    assert answer["error"]
    assert shared.get(shared.add(b"delta"), 100, SECONDS) == b"delta"


def test_clients_that_leave_or_stall_are_no_trouble(shared: EmbeddedStorage) -> None:
    stalled = []
    for _ in range(20):
        connection = wire.connect(socket_of(shared.home), time.monotonic() + SECONDS)
        connection.send(b'{"op"')
        stalled.append(connection)
    for connection in stalled[::2]:
        connection.close()
    assert shared.get(shared.add(b"delta"), 100, SECONDS) == b"delta"
    for connection in stalled:
        connection.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStorage]:
    """One node for the tests that must not be able to harm it."""
    with EmbeddedStorage(tmp_path_factory.mktemp("shared")) as storage:
        yield storage


@pytest.mark.parametrize("address", ["garbage", "/ip4/127.0.0.1/tcp/1/p2p/" + cid_of(b"nobody")])
def test_peers_that_cannot_be_reached(shared: EmbeddedStorage, address: str) -> None:
    with pytest.raises(StorageError):
        shared.connect(address)


def test_an_impostor_is_not_connected_to(alice: EmbeddedStorage, shared: EmbeddedStorage) -> None:
    place, _, _ = alice.peer().rpartition("/")
    with pytest.raises(StorageError, match="cannot reach the peer"):
        shared.connect(f"{place}/{cid_of(b'somebody else')}")


def test_a_deep_home_works(tmp_path: Path) -> None:
    """Unix sockets have names of at most 107 bytes."""
    with EmbeddedStorage(tmp_path / ("x" * 100) / ("y" * 100)) as storage:
        assert parse_cid(storage.add(b"delta"))


def test_a_taken_port_is_named(alice: EmbeddedStorage) -> None:
    port = int(alice.peer().split("/")[4])
    alice.close()
    with (
        socket.create_server(("127.0.0.1", port)),
        pytest.raises(StorageError, match=f"port {port} on 127.0.0.1 is taken"),
    ):
        EmbeddedStorage(alice.home)
    with EmbeddedStorage(alice.home) as storage:
        assert storage.peer() == alice_address(alice.home, port)


def alice_address(home: Path, port: int) -> str:
    config = json.loads((home / "ipfs" / "repo" / "config").read_text())
    return f"/ip4/127.0.0.1/tcp/{port}/p2p/{config['Identity']['PeerID']}"


@pytest.mark.parametrize("host", ["0.0.0.0", "no address"])
def test_addresses_that_peers_cannot_dial_are_refused(tmp_path: Path, host: str) -> None:
    with pytest.raises(StorageError, match=host):
        EmbeddedStorage(tmp_path, host=host)
