"""Connects this process to a Ray cluster that the user names."""

from __future__ import annotations

import os
import re
import socket
from typing import Any

from market.errors import InputError, TransportError

_HOST_AND_PORT = re.compile(r"(?P<host>[\w.-]+|\[[\da-fA-F:]+\]):(?P<port>\d{1,5})")
_CONNECT_SECONDS = 5.0
_HINT = "start one with `ray start --head`, or pass address='local'"


def connect(address: str) -> Any:
    """The module `ray`, connected; once connected, a process stays with that cluster.

    Args:
        address: host:port of the cluster, or 'auto' for the one this machine belongs to; 'local'
            starts one here that ends with this process.

    Raises:
        InputError: ray is not installed.
        TransportError: the cluster does not answer.
    """
    try:
        import ray  # type: ignore[import-not-found, unused-ignore]
    except ImportError as error:
        raise InputError("ray is not installed", "pip install ray") from error
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    if _HOST_AND_PORT.fullmatch(address):
        _check_listening(address)
    try:
        if not ray.is_initialized():
            ray.init(address=address, log_to_driver=False)
    # Ray raises bare Exceptions, and ends the interpreter where no cluster listens.
    except (Exception, SystemExit) as error:
        raise TransportError(f"no Ray cluster at {address!r}: {error}", _HINT) from error
    return ray


def _check_listening(address: str) -> None:
    """Ray itself tries for two minutes and then ends the interpreter."""
    host, port = address.rsplit(":", 1)
    try:
        socket.create_connection((host.strip("[]"), int(port)), _CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise TransportError(f"no Ray cluster at {address!r}: {error}", _HINT) from error
