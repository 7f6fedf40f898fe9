"""What an evaluator must not lose: the yardstick it attested, salts included."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from market import durable
from market.chain.measuring import Measurement
from market.errors import InputError, StorageError
from market.vectors import ENTRY_BYTES, decode, encode
from zk.field import Point

_BOUND = 1 << 126


@dataclass(frozen=True)
class Kept:
    """A measurement that was said, or is about to be.

    Args:
        seed: of the coordinates it was made in.
        vector: the yardstick: B row by row, c, salts.
        measurement: what stands on chain.
    """

    seed: bytes
    vector: tuple[int, ...]
    measurement: Measurement


class Journal:
    """The measurements of one project, two files each, in the evaluator's home."""

    def __init__(self, home: Path, project: bytes) -> None:
        self._folder = home / "measurements" / project.hex()

    def write(self, number: int, kept: Kept) -> None:
        """Is on disk before anything about it is on chain."""
        durable.write_bytes(self._path(number, "yardstick"), encode(kept.vector))
        said = kept.measurement
        durable.write_json(
            self._path(number, "json"),
            {
                "seed": kept.seed.hex(),
                "point": said.yardstick.to_bytes().hex(),
                "utility": str(said.utility),
                "spread": str(said.spread),
                "cid": said.cid,
            },
        )

    def read(self, number: int, seed: bytes) -> Kept | None:
        """What was measured in these coordinates; None if nothing was, or a file is damaged."""
        path, yardstick = self._path(number, "json"), self._path(number, "yardstick")
        if not (path.exists() and yardstick.exists()):
            return None
        try:
            raw, data = durable.read_json(path), yardstick.read_bytes()
            point = Point.from_bytes(bytes.fromhex(raw["point"]))
            said = Measurement(point, int(raw["utility"]), int(raw["spread"]), str(raw["cid"]))
            vector = tuple(decode(data, len(data) // ENTRY_BYTES, _BOUND))
            kept = Kept(bytes.fromhex(raw["seed"]), vector, said)
        except (InputError, StorageError, OSError, KeyError, TypeError, ValueError):
            return None
        return kept if kept.seed == seed else None

    def _path(self, number: int, ending: str) -> Path:
        return self._folder / f"{number}.{ending}"
