"""Blocks that follow on the last transaction, where a network mines none by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

FOLLOWING = 2
"""What the hash of the next block decides, the block after that is the first to know."""


class Following:
    """Mines empty blocks after those that others made, one at each quiet look, and then rests.

    Args:
        request: the result of one JSON-RPC call to the node.
    """

    def __init__(self, request: Callable[..., Any]) -> None:
        self._request = request
        self._seen = ""
        self._left = 0

    def look(self, latest: dict[str, str]) -> None:
        """At the newest block.

        Raises:
            ChainError: the node is dead or too slow.
        """
        if latest["hash"] != self._seen:
            self._seen, self._left = latest["hash"], FOLLOWING
        elif self._left:
            self._request("evm_mine")
            self._left -= 1
            mined = self._request("eth_getBlockByNumber", "latest", False)
            # Where somebody was faster, the next look starts to count again.
            if mined["parentHash"] == self._seen:
                self._seen = mined["hash"]
