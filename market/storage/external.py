"""Storage on a kubo daemon that the user runs, through its RPC API."""

from __future__ import annotations

import urllib.parse
import warnings
from collections.abc import Callable
from typing import Any

import ipfshttpclient

from market.errors import InputError, StorageError
from market.storage.address import parse_address
from market.storage.base import Storage
from market.storage.cid import cid_of, parse_cid

# The client library passes on an argument that its own dependency no longer needs.
warnings.filterwarnings("ignore", "The 'strict' parameter", FutureWarning)

_SECONDS = 20.0  # for requests that only concern the daemon itself
_ADD_SECONDS = 120.0


class ExternalStorage(Storage):
    """The daemon behind `api`.

    Args:
        api: its RPC address, `http://HOST:PORT` or `/ip4/HOST/tcp/PORT`.

    Raises:
        InputError: `api` is not such an address.
        StorageError: no kubo daemon answers there.
    """

    def __init__(self, api: str) -> None:
        self._api = api
        try:
            # Not `ipfshttpclient.connect`, which refuses today's daemons by their version.
            self._client = ipfshttpclient.Client(_multiaddr(api), timeout=_SECONDS)
        except (ipfshttpclient.exceptions.AddressError, ValueError) as error:
            raise InputError(
                f"not the address of an IPFS API: {api!r}", "it reads http://HOST:PORT"
            ) from error
        self.peer()

    def add(self, data: bytes) -> str:
        options = {"cid-version": "0", "raw-leaves": "false", "chunker": "size-262144"}
        cid = cid_of(data)
        stored = self._ask(
            lambda: self._client.add_bytes(
                data, opts={**options, "pin": "true"}, timeout=_ADD_SECONDS
            )
        )
        if stored != cid:
            raise StorageError(
                f"the IPFS daemon at {self._api} stored {str(stored)[:80]} for {cid}",
                "is its Import configuration the default one?",
            )
        return cid

    def get(self, cid: str, limit: int, timeout: float) -> bytes:
        parse_cid(cid)
        # One byte more than allowed tells a larger file from one of just this size.
        options = {"length": str(limit + 1), "timeout": f"{timeout:.3f}s"}
        data = self._ask(lambda: self._client.cat(cid, opts=options, timeout=timeout), cid)
        if len(data) > limit:
            raise StorageError(f"the content of {cid} has more than the allowed {limit} bytes")
        if cid_of(data) != cid:
            raise StorageError(f"the IPFS daemon at {self._api} sent other content than {cid}")
        return bytes(data)

    def pin(self, cid: str, limit: int, timeout: float) -> None:
        self.get(cid, limit, timeout)
        options = {"timeout": f"{timeout:.3f}s"}
        self._ask(lambda: self._client.pin.add(cid, opts=options, timeout=timeout), cid)

    def peer(self) -> str:
        answer = self._ask(lambda: self._client.id().as_json())
        addresses = []
        for text in answer.get("Addresses") or []:
            try:
                addresses.append(parse_address(str(text)))
            except StorageError:
                continue  # QUIC, relays and the like
        if not addresses:
            raise StorageError(
                f"the IPFS daemon at {self._api} listens on no TCP address",
                "give it one in Addresses.Swarm",
            )
        return str(max(addresses, key=lambda address: address.reach))

    def connect(self, multiaddr: str) -> None:
        address = str(parse_address(multiaddr))
        # `swarm.connect` itself sends every letter of the address as one more address.
        request = self._client.swarm._client.request
        options = {"timeout": f"{_SECONDS:.3f}s"}
        try:
            self._ask(lambda: request("/swarm/connect", (address,), opts=options, decoder="json"))
        except StorageError as error:
            raise StorageError(
                f"cannot reach the peer {address}: {error.message}", error.hint
            ) from error

    def close(self) -> None:
        """Leaves the daemon running: it is the user's."""
        self._client.close()

    def _ask(self, request: Callable[[], Any], cid: str = "") -> Any:
        """Makes a request; every way it can fail comes out as a StorageError."""
        try:
            return request()
        except ipfshttpclient.exceptions.TimeoutError as error:
            if cid:
                raise StorageError(
                    f"no peer sent all of {cid} in time",
                    "is a peer that has it online and connected?",
                ) from error
            raise StorageError(f"the IPFS daemon at {self._api} does not answer") from error
        except ipfshttpclient.exceptions.ErrorResponse as error:
            reason = str(error)[:200]
            raise StorageError(f"the IPFS daemon at {self._api} refused: {reason}") from error
        except (ipfshttpclient.exceptions.Error, OSError) as error:
            raise StorageError(
                f"no IPFS daemon answers at {self._api}", "is it running, and is this its API?"
            ) from error
        except (AssertionError, AttributeError, KeyError, TypeError, ValueError) as error:
            raise StorageError(f"the server at {self._api} is not an IPFS daemon") from error


def _multiaddr(api: str) -> str:
    """`api` in the only form that the client library takes.

    Raises:
        ValueError: it is neither a multiaddr nor an HTTP URL without a path.
    """
    if api.startswith("/"):
        return api
    url = urllib.parse.urlsplit(api)
    if url.scheme not in ("http", "https") or not url.hostname or url.path.strip("/"):
        raise ValueError(api)
    kind = "ip6" if ":" in url.hostname else "ip4" if url.hostname[-1].isdigit() else "dns"
    port = url.port or (443 if url.scheme == "https" else 80)
    return f"/{kind}/{url.hostname}/tcp/{port}/{url.scheme}"
