"""ExternalStorage against a server that speaks the few RPC endpoints of kubo that it uses."""

import email
import email.policy
import json
import threading
import urllib.parse
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from market.errors import InputError, StorageError
from market.storage.cid import cid_of
from market.storage.external import ExternalStorage

ID = "QmWkqrbb4JgrXZbAQo6u8Nwp7dwoCbpwbSZ8qKP7yNbm8b"
PEER = f"/ip4/127.0.0.1/tcp/4001/p2p/{ID}"


class Daemon(ThreadingHTTPServer):
    """A kubo daemon as far as its RPC shows."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Rpc)
        self.content: dict[str, bytes] = {}
        self.pinned: set[str] = set()
        self.connected: list[str] = []
        self.released = threading.Event()  # ends the waits for missing content
        self.addresses = [f"/ip4/127.0.0.1/udp/4001/quic-v1/p2p/{ID}", PEER]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Rpc(BaseHTTPRequestHandler):
    server: Daemon

    def do_POST(self) -> None:
        url = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(url.query)
        argument = query.get("arg", [""])
        match url.path.removeprefix("/api/v0/"):
            case "add":
                data = self._upload()
                assert query["cid-version"] == ["0"]
                self.server.content[cid_of(data)] = data
                self._json({"Name": cid_of(data), "Hash": cid_of(data), "Size": "0"})
            case "cat":
                if argument[0] not in self.server.content:
                    self.server.released.wait(30)
                    return
                self._reply(200, self.server.content[argument[0]][: int(query["length"][0])])
            case "pin/add":
                self.server.pinned.add(argument[0])
                self._json({"Pins": argument})
            case "id":
                self._json({"ID": ID, "Addresses": self.server.addresses})
            case "swarm/connect":
                assert len(argument) == 1
                if argument[0].endswith(ID):
                    self.server.connected += argument
                    self._json({"Strings": [f"connect {ID} success"]})
                else:
                    self._reply(500, b'{"Message": "failed to dial", "Code": 0, "Type": "error"}')

    def _upload(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        message = email.message_from_bytes(head + body, policy=email.policy.HTTP)
        (part,) = message.iter_parts()
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        return payload

    def _json(self, value: Any) -> None:
        self._reply(200, json.dumps(value).encode())

    def _reply(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Keeps the test's output clean."""


@pytest.fixture
def daemon() -> Iterator[Daemon]:
    with Daemon() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.released.set()
        server.shutdown()
        thread.join()


def test_content_comes_back(daemon: Daemon) -> None:
    with ExternalStorage(daemon.url) as storage:
        cid = storage.add(b"delta")
        assert cid == cid_of(b"delta")
        assert storage.get(cid, 5, 5.0) == b"delta"
        storage.pin(cid, 5, 5.0)
        assert daemon.pinned == {cid}


def test_the_address_may_be_a_multiaddr(daemon: Daemon) -> None:
    with ExternalStorage(f"/ip4/127.0.0.1/tcp/{daemon.server_address[1]}") as storage:
        assert storage.peer() == PEER


def test_larger_than_allowed_is_refused(daemon: Daemon) -> None:
    with ExternalStorage(daemon.url) as storage:
        cid = storage.add(b"delta")
        with pytest.raises(StorageError, match="more than the allowed 4"):
            storage.get(cid, 4, 5.0)


def test_other_content_is_refused(daemon: Daemon) -> None:
    with ExternalStorage(daemon.url) as storage:
        cid = storage.add(b"delta")
        daemon.content[cid] = b"forged"
        with pytest.raises(StorageError, match="other content"):
            storage.get(cid, 100, 5.0)


def test_missing_content_hits_the_deadline(daemon: Daemon) -> None:
    with (
        ExternalStorage(daemon.url) as storage,
        pytest.raises(StorageError, match="no peer sent"),
    ):
        storage.get(cid_of(b"missing"), 100, 0.2)


def test_connecting(daemon: Daemon) -> None:
    with ExternalStorage(daemon.url) as storage:
        storage.connect(PEER)
        assert daemon.connected == [PEER]
        with pytest.raises(StorageError, match="failed to dial"):
            storage.connect(PEER.replace("Nbm8b", "Nbm8c"))
        with pytest.raises(StorageError, match="not a peer address"):
            storage.connect("/ip4/127.0.0.1/tcp/4001")


def test_the_farthest_reaching_address_is_handed_out(daemon: Daemon) -> None:
    public = PEER.replace("127.0.0.1", "1.1.1.1")
    daemon.addresses = [PEER, public]
    with ExternalStorage(daemon.url) as storage:
        assert storage.peer() == public


def test_a_daemon_without_a_usable_address_is_refused(daemon: Daemon) -> None:
    daemon.addresses = daemon.addresses[:1]
    with pytest.raises(StorageError, match="no TCP address"):
        ExternalStorage(daemon.url)


def test_a_dead_daemon_is_named() -> None:
    with Daemon() as closed:
        url = closed.url
    with pytest.raises(StorageError, match="no IPFS daemon answers"):
        ExternalStorage(url)


@pytest.mark.parametrize(
    "api", ["", "localhost:5001", "ftp://127.0.0.1", "/ip4/x/tcp/1", "http://"]
)
def test_malformed_addresses_are_refused(api: str) -> None:
    with pytest.raises(InputError):
        ExternalStorage(api)
