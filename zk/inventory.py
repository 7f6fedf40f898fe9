"""What a folder of keys must hold, listed beside them: a damaged folder is never used."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from market import durable
from market.errors import InputError
from zk.cache import sha256_file

LIST = "setup.json"

SMALL = ("settings.json", "circuit.ezkl", "vk", "Verifier.sol")
"""Less than a megabyte in all: hashed whenever keys are loaded."""

PROVING_KEY = "pk"
"""115 MB at 2**15 rows, gigabytes above. Only provers read it, so only they hash it: 0.1 s before a
proof of 8 s. Everybody else is content with its length, which a full disk or a power cut
usually gives away."""


@dataclass(frozen=True)
class Inventory:
    """Lengths and SHA-256 of the files in a folder.

    Args:
        seconds: what making them took.
        files: bytes and hexadecimal hash by name.
    """

    seconds: float
    files: dict[str, tuple[int, str]]

    @classmethod
    def take(cls, folder: Path, seconds: float) -> Inventory:
        """Lists the files of a folder, once they are on disk, and leaves the list there."""
        files = {}
        for name in (*SMALL, PROVING_KEY):
            path = folder / name
            with path.open("rb") as file:
                os.fsync(file.fileno())
            files[name] = (path.stat().st_size, sha256_file(path))
        durable.write_json(folder / LIST, {"seconds": seconds, "files": files})
        return cls(seconds, files)

    @classmethod
    def of(cls, folder: Path) -> Inventory | None:
        """The folder's list; None if it or a file that it names is missing or damaged.

        Of the proving key only the length is compared: see `proving_key_holds`.
        """
        try:
            raw = durable.read_json(folder / LIST)
            listed = {name: (int(size), str(sha)) for name, (size, sha) in raw["files"].items()}
            for name in SMALL:
                if sha256_file(folder / name) != listed[name][1]:
                    return None
            if (folder / PROVING_KEY).stat().st_size != listed[PROVING_KEY][0]:
                return None
            return cls(float(raw["seconds"]), listed)
        except (AttributeError, InputError, KeyError, OSError, TypeError, ValueError):
            return None

    def proving_key_holds(self, folder: Path) -> bool:
        """Whether the proving key is, byte for byte, the one that was made."""
        try:
            return sha256_file(folder / PROVING_KEY) == self.files[PROVING_KEY][1]
        except OSError:
            return False
