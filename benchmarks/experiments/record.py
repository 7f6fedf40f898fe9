"""A file of measured cases, to which an interrupted experiment adds what is missing."""

from __future__ import annotations

import atexit
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from threadpoolctl import threadpool_limits

from market import durable
from market.errors import InputError

Case = dict[str, Any]
_SECONDS = 5


class Record:
    """Cases by name, with the processor seconds of each; saved every few seconds and at the end.

    Args:
        path: of a JSON file; nothing is saved without one.
        setting: what all cases share; a file of another setting is refused.
    """

    def __init__(self, path: Path | None, setting: Case) -> None:
        # One thread, so that processor time is comparable.
        torch.set_num_threads(1)
        threadpool_limits(1)
        self._path = path
        self._value: dict[str, Any] = {"setting": setting, "cases": {}}
        if path is not None and path.exists():
            found = durable.read_json(path)
            if found.get("setting") != setting:
                raise InputError(f"{path} is of another setting", "name another file")
            self._value = found
        self._saved = time.monotonic()
        atexit.register(self.save)

    @property
    def seconds(self) -> float:
        """Processor time of all cases."""
        return float(sum(case["seconds"] for case in self._value["cases"].values()))

    def case(self, name: str, measure: Callable[[], Case]) -> Case:
        """The case of that name, measured if it is not known."""
        cases = self._value["cases"]
        if name not in cases:
            start = time.process_time()
            measured = measure()
            cases[name] = {**measured, "seconds": round(time.process_time() - start, 3)}
            if time.monotonic() > self._saved + _SECONDS:
                self.save()
        found: Case = cases[name]
        return found

    def save(self) -> None:
        """Writes what is known, if there is a file for it."""
        if self._path is not None:
            durable.write_json(self._path, self._value)
        self._saved = time.monotonic()


def markdown(header: list[str], rows: list[list[str]]) -> str:
    """A table as documentation writes it."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
