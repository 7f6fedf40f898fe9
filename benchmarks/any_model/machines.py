"""How far apart honest evaluators are: other threads, kernels, float types and batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace

import torch

from benchmarks.any_model.game import GRID
from benchmarks.any_model.task import Round, make_task, rounds
from market.measurement import Expansion, Measurement, Tolerance, distance, measure, quantised
from market.measurement.expansion import BEYOND
from market.measurement.spectrum import Spectrum, spectrum

WATCHED = (0, 3)


@contextmanager
def threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    yield
    torch.set_num_threads(before)


def machines(data: str, alpha: float | None, seeds: int) -> list[dict[str, object]]:
    """Distances to one thread with oneDNN, each with a training step of its own.

    "B'B" is of the floats, before they are rounded, relative to the largest curvature.
    """
    found: list[dict[str, object]] = []
    print("| round | the other | utility | spread | c | curvature | its sum | B'B | B equal |")
    print("|---|---|---|---|---|---|---|---|---|")
    for seed in range(seeds):
        task = make_task(data, alpha, seed)
        for each in rounds(task, WATCHED[-1] + 1, seed):
            if each.number not in WATCHED:
                continue
            with threads(1):
                mine = measured(each)
            own = mine.attested.assessment
            for name, other in others(each).items():
                theirs = other()
                apart = asdict(distance(mine.expansion, own, theirs.attested))
                apart["floats"] = between(mine.expansion, theirs.expansion)
                a, b = (m.attested.yardstick.statistics.root for m in (mine, theirs))
                equal = float((a == b).mean())
                row = " | ".join(f"{value:.1e}" for value in apart.values())
                print(f"| {each.number + 1} | {name} | {row} | {100 * equal:.1f} % |", flush=True)
                found.append({"round": each.number, "other": name, **apart, "equal": equal})
    allowed = Tolerance()
    for key, most in (("utility", allowed.utility), ("spread", allowed.utility)):
        print_margin(key, found, most)
    for key, most in (("linear", allowed.linear), ("floats", allowed.curvature)):
        print_margin(key, found, most)
    return found


def print_margin(key: str, found: list[dict[str, object]], most: float) -> None:
    largest = max(float(str(row[key])) for row in found)
    times = f"{most / largest:.0f} times that" if largest else "more than nothing"
    print(f"{key}: at most {largest:.1e}; allowed is {most:.0e}, {times}")


def between(mine: Expansion, theirs: Expansion) -> float:
    """The largest eigenvalue of the difference of B'B, by what both are on the span of all rows."""
    stacked = torch.cat((mine.root, theirs.root))
    inner = torch.linalg.qr(stacked.T)[1]
    signs = torch.ones(len(stacked), dtype=torch.float64)
    signs[len(mine.root) :] = -1
    difference = (inner * signs) @ inner.T
    return float(torch.linalg.matrix_norm(difference, 2) / mine.curvature.values[0])


def measured(each: Round, memory: int = 256 << 20) -> Measurement:
    before = torch.ones(len(each.task.validation), dtype=torch.float64)
    return measure(
        each.network, each.task.validation, each.own, each.last, before, GRID, memory=memory
    )


def others(each: Round) -> dict[str, Callable[[], Measurement]]:
    def two_threads() -> Measurement:
        with threads(2):
            return measured(each)

    def small_batches() -> Measurement:
        return measured(each, memory=64 << 20)

    def other_kernels() -> Measurement:
        torch.backends.mkldnn.enabled = False  # type: ignore[assignment]
        try:
            return measured(each)
        finally:
            torch.backends.mkldnn.enabled = True  # type: ignore[assignment]

    def float64() -> Measurement:
        found = measured(each)
        rows, point = each.task.validation, found.expansion.point
        wide = spectrum(each.network, rows, point, found.expansion.rank + BEYOND)
        halved = Spectrum(wide.values / 2, wide.vectors)
        expansion = replace(found.expansion, curvature=halved)
        attested = replace(found.attested, yardstick=quantised(expansion, GRID))
        return Measurement(found.losses, expansion, attested)

    return {
        "two threads": two_threads,
        "batches of a quarter": small_batches,
        "without oneDNN": other_kernels,
        "factors in float64": float64,
    }
