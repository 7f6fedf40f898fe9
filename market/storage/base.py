"""What a role needs of IPFS, whoever provides it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self


class Storage(ABC):
    """Content by its CID, kept here and fetched from peers.

    Safe to use from several threads. Every method raises StorageError when the node behind it is
    dead and does not come back in time.
    """

    @abstractmethod
    def add(self, data: bytes) -> str:
        """Stores and pins `data`.

        Returns:
            Its CID, version 0 (`Qm...`), as `cid.cid_of` computes it.
        """

    @abstractmethod
    def get(self, cid: str, limit: int, timeout: float) -> bytes:
        """Fetches content, from this node or from any peer it is connected to.

        Args:
            cid: what to fetch; may come from a stranger.
            limit: the most bytes accepted.
            timeout: seconds, for everything.

        Raises:
            StorageError: `cid` is malformed, nobody sent the content in time, it is larger than
                `limit`, or it is not what the CID names.
        """

    @abstractmethod
    def pin(self, cid: str, limit: int, timeout: float) -> None:
        """Fetches content like `get`, and keeps and serves it from now on.

        Raises:
            StorageError: as for `get`.
        """

    @abstractmethod
    def peer(self) -> str:
        """The multiaddr under which peers reach this node, with its `/p2p/` identity."""

    @abstractmethod
    def connect(self, multiaddr: str) -> None:
        """Connects to a peer, which is remembered even if it cannot be reached just now.

        Args:
            multiaddr: what the peer's `peer` returned; may come from a stranger.

        Raises:
            StorageError: the address is malformed, or nobody with that identity answers there.
        """

    @abstractmethod
    def close(self) -> None:
        """Ends what this object started; content stays on disk. May be called twice."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
