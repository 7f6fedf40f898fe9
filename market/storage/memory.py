"""Storage without a network: the twin for tests of everything above it."""

from __future__ import annotations

import itertools

from market.errors import StorageError
from market.storage.address import parse_address
from market.storage.base import Storage
from market.storage.cid import cid_of, parse_cid


class MemoryNetwork:
    """What the `MemoryStorage`s of one test can reach of each other."""

    def __init__(self) -> None:
        self._nodes: dict[str, MemoryStorage] = {}
        self._ports = itertools.count(1)

    def node(self) -> MemoryStorage:
        """A new, unconnected node on this network."""
        port = next(self._ports)
        address = f"/ip4/127.0.0.1/tcp/{port}/p2p/{cid_of(f'peer {port}'.encode())}"
        self._nodes[address] = MemoryStorage(self, address)
        return self._nodes[address]

    def find(self, address: str) -> MemoryStorage | None:
        return self._nodes.get(address)

    def remove(self, address: str) -> None:
        self._nodes.pop(address, None)


class MemoryStorage(Storage):
    """One node of a `MemoryNetwork`. It never waits: what is not there now is missing."""

    def __init__(self, network: MemoryNetwork, address: str) -> None:
        self._network = network
        self._address = address
        self._connected: set[str] = {address}
        self.content: dict[str, bytes] = {}

    def add(self, data: bytes) -> str:
        cid = cid_of(data)
        self.content[cid] = bytes(data)
        return cid

    def get(self, cid: str, limit: int, timeout: float) -> bytes:  # noqa: ARG002
        parse_cid(cid)
        for address in sorted(self._connected):
            node = self._network.find(address)
            if node is None or cid not in node.content:
                continue
            data = node.content[cid]
            if len(data) > limit:
                raise StorageError(
                    f"the content has {len(data)} bytes, and at most {limit} are allowed"
                )
            if cid_of(data) != cid:
                raise StorageError(f"the content is not that of {cid}")
            return data
        raise StorageError(f"no peer sent all of {cid} in time")

    def pin(self, cid: str, limit: int, timeout: float) -> None:
        self.content[cid] = self.get(cid, limit, timeout)

    def peer(self) -> str:
        return self._address

    def connect(self, multiaddr: str) -> None:
        other = self._network.find(str(parse_address(multiaddr)))
        if other is None:
            raise StorageError(f"cannot reach the peer {multiaddr}")
        self._connected.add(multiaddr)
        other._connected.add(self._address)

    def close(self) -> None:
        self._network.remove(self._address)
