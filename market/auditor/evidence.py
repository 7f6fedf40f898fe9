"""What claims about conduct need beside the events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from market.errors import MarketError
from zk.field import Point
from zk.opening import unpack


@dataclass(frozen=True)
class Evidence:
    """Where it comes from.

    Args:
        commit: the commitment of a vector, under the project's circuit.
        seconds_of: unix seconds of a block.
        hash_of: hash of a block.
        invitation_of: the proof that a joining transaction showed, for a project of these terms;
            None if it cannot be read back.
    """

    commit: Callable[[list[int]], Point]
    seconds_of: Callable[[int], int]
    hash_of: Callable[[int], bytes]
    invitation_of: Callable[[str], Sequence[bytes] | None]

    def commitment(self, values: bytes) -> Point | str:
        """Of a delta that was published; what is wrong with it where there is none."""
        try:
            return self.commit(unpack(values))
        except MarketError as error:
            return error.message
