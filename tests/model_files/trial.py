"""Reads hostile files in a process of its own, which may neither run code nor take memory or time.

    python -m tests.model_files.trial [--fuzz COUNT] [--seed SEED] [--slow]

Prints JSON: of every kind how many files were read, and what went wrong with which. While a file is
read an audit hook (PEP 578) notes every event, and a bound on the address space makes allocations
fail. Mutations that are read as models must run, or refuse to.
"""

from __future__ import annotations

import json
import random
import resource
import time
from collections.abc import Iterable
from itertools import chain, islice
from pathlib import Path

import click
import torch

from market.errors import InputError
from market.models import Model, parse_model
from market.models.likeness import example
from tests.model_files.containers import containers
from tests.model_files.draft import Draft
from tests.model_files.each import each
from tests.model_files.fuzz import mutations
from tests.model_files.graphs import arguments, graphs
from tests.model_files.growth import growth, slow
from tests.model_files.samples import samples
from tests.model_files.traced import MARK, traced
from tests.model_files.watch import Watch, peak_bytes, reset_peak

MOST_BYTES = 2**28
"""Of address space beyond what the process has when it begins to read: 64 times the largest
header."""

MOST_SECONDS = 10.0
"""Of a processor, for one file."""

_ROWS = 2
_SPARE_BYTES = 2**25
"""What torch may take when it runs beyond what a model's tensors need."""

_TRIED_BYTES, _TRIED_WORK = 2**26, 10**9
"""Mutations that would need more for a row are not run here."""

_OUT_OF_MEMORY = ("allocate", "memory alloc")


class Trial:
    """What happened to the files of one kind.

    Args:
        watch: notes what Python does while a file is read.
    """

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self.files = self.read = self.run = 0
        self.slowest = 0.0
        self.wrong: dict[str, str] = {}

    def attempt(self, name: str, data: bytes, survives: bool) -> None:
        """Reads one file, and runs what comes of it if it may be a model."""
        self.files += 1
        start = time.process_time()
        try:
            with self._watch:
                model = parse_model(data)
            self.read += 1
            result = self._forward(model) if survives else "was read as a model"
        except InputError as error:
            lacking = any(each in error.message for each in _OUT_OF_MEMORY)
            result = f"allocated: {error.message}" if lacking else ""
        except BaseException as error:
            result = f"{type(error).__name__}: {str(error)[:200]}"
        taken = time.process_time() - start
        self.slowest = max(self.slowest, taken)
        if self._watch.events:
            result = f"did {sorted(self._watch.events)}"
        elif taken > MOST_SECONDS:
            result = f"took {taken:.1f} s"
        elif Path(MARK).exists():
            result = "ran code"
        if result:
            self.wrong[name] = result

    def _forward(self, model: Model) -> str:
        sizes = model.about.sizes
        if sizes.bytes(1) > _TRIED_BYTES or sizes.row_work > _TRIED_WORK:
            return ""
        self.run += 1
        rows = example(model, _ROWS)
        reset_peak()
        before = peak_bytes()
        with torch.no_grad(), self._watch:
            outcome = model(rows)
        taken = peak_bytes() - before
        if taken > sizes.bytes(_ROWS) + _SPARE_BYTES:
            return f"took {taken} bytes of {sizes.bytes(_ROWS)}"
        if outcome.shape != (_ROWS, *sizes.outcome) or outcome.dtype != sizes.dtype:
            return f"gave {outcome.dtype} of {list(outcome.shape)}"
        return ""

    def as_json(self) -> dict[str, object]:
        return {
            "files": self.files,
            "read": self.read,
            "run": self.run,
            "slowest_seconds": round(self.slowest, 3),
            "wrong": self.wrong,
        }


def limit_address_space(more: int) -> None:
    """Lets this process have so many bytes more than it has, and no more."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + more
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


@click.command()
@click.option("--fuzz", "count", default=0, help="How many mutations are read besides.")
@click.option("--seed", default=0, help="Of the mutations.")
@click.option("--slow", "with_slow", is_flag=True, help="Also files that take seconds each.")
@click.option("--good", "paths", multiple=True, type=Path, help="In place of the samples.")
def main(count: int, seed: int, with_slow: bool, paths: tuple[Path, ...]) -> None:
    torch.set_num_threads(1)
    good = [path.read_bytes() for path in paths] or [data for _, data in samples()]
    good += [*(data for _, data in each()), Draft().file()]
    # What torch imports when an operation is first used is no file's doing: all are used once.
    for data in good:
        model = parse_model(data)
        model(example(model, _ROWS))
    # Files are made beforehand: making them takes memory, and torch.export runs code.
    kinds: dict[str, Iterable[tuple[str, bytes]]] = {
        "containers": list(containers()),
        "graphs": list(chain(graphs(), growth())),
        "arguments": list(arguments()),
        "traced": list(traced()),
        "slow": list(slow()) if with_slow else [],
        "mutations": islice(mutations(good, random.Random(seed)), count),
    }
    watch = Watch()
    limit_address_space(MOST_BYTES)
    reset_peak()
    before = peak_bytes()
    report: dict[str, object] = {}
    for kind, files in kinds.items():
        if kind == "mutations":
            report["peak_bytes"] = peak_bytes() - before
        trial = Trial(watch)
        for name, data in files:
            trial.attempt(name, data, survives=kind == "mutations")
        report[kind] = trial.as_json()
    print(json.dumps(report))


if __name__ == "__main__":
    main()
