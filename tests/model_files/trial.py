"""Reads hostile files in a process of its own, which may neither run code nor take memory or time.

    python -m tests.model_files.trial corpus|arguments|traced|fuzz [SECONDS [SEED]]

Prints one line of JSON: how many files were read, and what went wrong with which. While a file is read an
audit hook (PEP 578) notes every event, and a bound on the address space makes allocations fail.
"""

from __future__ import annotations

import json
import random
import resource
import sys
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from market.errors import InputError
from market.models import parse_model
from tests.model_files.containers import containers
from tests.model_files.draft import Draft
from tests.model_files.fuzz import mutations
from tests.model_files.graphs import arguments, graphs
from tests.model_files.samples import samples
from tests.model_files.traced import MARK, traced

MOST_BYTES = 2**28
"""Of address space beyond what the process has when it begins to read: 64 times the largest header."""

MOST_SECONDS = 10.0
"""For one file, on a machine that does other things besides."""

_HARMLESS = ("object.__", "builtins.id", "sys._getframe", "gc.", "sys.unraisablehook")
events: list[str] = []
watching = False


def watch(event: str, _arguments: object) -> None:
    if watching and not event.startswith(_HARMLESS):
        events.append(event)


def files(kind: str, seconds: float, seed: int) -> Iterator[tuple[str, bytes]]:
    """Those of a kind; `fuzz` goes on for so many seconds."""
    if kind == "fuzz":
        end = time.monotonic() + seconds
        for name, data in mutations([data for _, data in samples()], random.Random(seed)):
            if time.monotonic() > end:
                return
            yield name, data
    else:
        kinds = {
            "corpus": chain(containers(), graphs()),
            "arguments": arguments(),
            "traced": traced(),
        }
        yield from kinds[kind]


def attempt(data: bytes) -> str:
    """What happened that must not: empty, or words. `read` is for the caller to judge."""
    global watching
    events.clear()
    start = time.monotonic()
    try:
        watching = True
        parse_model(data)
        result = "read"
    except InputError:
        result = ""
    except BaseException as error:
        result = f"{type(error).__name__}: {str(error)[:200]}"
    finally:
        watching = False
    if events:
        return f"did {sorted(set(events))}"
    if time.monotonic() - start > MOST_SECONDS:
        return f"took {time.monotonic() - start:.1f} s"
    return "ran code" if Path(MARK).exists() else result


def main(kind: str, seconds: float = 5, seed: int = 0) -> None:
    # What torch imports when an operation is first used is no file's doing: all of it is used once.
    for _, data in samples():
        parse_model(data)
    for _, data in chain(arguments(), [("", Draft().file())]):
        attempt(data)
    # Files are made beforehand: making them takes memory, and torch.export runs code.
    made = files(kind, seconds, seed) if kind == "fuzz" else iter(list(files(kind, seconds, seed)))
    sys.addaudithook(watch)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MOST_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    count, read, wrong = 0, 0, {}
    for name, data in made:
        result = attempt(data)
        count += 1
        if result == "read":
            read += 1
        if result and not (kind == "fuzz" and result == "read"):
            wrong[name] = result
    print(json.dumps({"files": count, "read": read, "wrong": wrong}))


if __name__ == "__main__":
    main(sys.argv[1], *map(float, sys.argv[2:3]), *map(int, sys.argv[3:4]))
