"""How a role's processes speak to its node: one JSON line each way over a unix socket.

Content does not go through the socket but through files in the spool directory beside it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from market.errors import StorageError

MAX_LINE = 64 << 10
LOCKED = 75  # exit code of a node that found another one on its repository

_SPOOL_NAME = re.compile(r"[0-9a-f]{32}", re.ASCII)


def spool_directory(path: Path) -> Path:
    """Where the files of the node with its socket at `path` come and go."""
    return path.parent / "spool"


def spool_name() -> str:
    """A fresh name in the spool directory."""
    return uuid.uuid4().hex


def spool_file(path: Path, name: str) -> Path:
    """The file that a message to or from the socket at `path` names.

    Raises:
        StorageError: `name` is not one that `spool_name` makes.
    """
    if not _SPOOL_NAME.fullmatch(name):
        raise StorageError(f"not a spool file: {name[:80]!r}")
    return spool_directory(path) / name


def listen(path: Path) -> socket.socket:
    """A socket that accepts connections at `path`, replacing a dead one's file.

    Raises:
        OSError: the directory is missing or cannot be written to.
    """
    path.unlink(missing_ok=True)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _short(path) as address:
            server.bind(address)
        os.chmod(path, 0o600)
        server.listen(64)
    except BaseException:
        server.close()
        raise
    return server


def connect(path: Path, deadline: float) -> socket.socket:
    """A connection to the node at `path`.

    Raises:
        TimeoutError: none by the deadline.
        ConnectionError: no node listens.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(_left(deadline))
        with _short(path) as address:
            connection.connect(address)
    except (FileNotFoundError, BlockingIOError) as error:  # the latter: its queue is full
        connection.close()
        raise ConnectionRefusedError(f"no node listens at {path}") from error
    except BaseException:
        connection.close()
        raise
    return connection


def call(path: Path, message: dict[str, Any], deadline: float) -> dict[str, Any]:
    """Sends one request to the node at `path` and returns its answer.

    Args:
        path: the node's socket.
        message: the request.
        deadline: on the clock of `time.monotonic`.

    Raises:
        TimeoutError: no answer by the deadline.
        ConnectionError: no node listens, or it died before it answered.
        StorageError: the node refused, or its answer is not JSON.
    """
    with connect(path, deadline) as connection:
        send(connection, message)
        answer = receive(connection, deadline)
    if answer.get("ok") is True:
        return answer
    raise StorageError(str(answer.get("error", "the node refused")), str(answer.get("hint", "")))


def send(connection: socket.socket, message: dict[str, Any]) -> None:
    """Writes `message` as one line."""
    connection.sendall(json.dumps(message).encode() + b"\n")


def receive(connection: socket.socket, deadline: float) -> dict[str, Any]:
    """Reads one line and parses it.

    Raises:
        TimeoutError: no whole line by the deadline.
        ConnectionError: the other side closed before the line's end.
        StorageError: the line is too long, or not a JSON object.
    """
    line = b""
    while not line.endswith(b"\n"):
        connection.settimeout(_left(deadline))
        chunk = connection.recv(MAX_LINE)
        if not chunk:
            raise ConnectionAbortedError("the connection closed before a whole line came")
        line += chunk
        if len(line) > MAX_LINE or b"\n" in line[:-1]:
            raise StorageError("the message is not one line of allowed length")
    try:
        message = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise StorageError("the message is not JSON") from error
    if not isinstance(message, dict):
        raise StorageError("the message is not a JSON object")
    return message


@contextlib.contextmanager
def _short(path: Path) -> Iterator[str]:
    """A name of at most 107 bytes for `path`, however deep it lies."""
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("the deadline has passed")
    return left
