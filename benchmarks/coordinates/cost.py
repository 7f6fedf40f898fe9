"""Time and memory of coordinates against the number of weights."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch

from market.coordinates import Coordinates


def cost(device: str, k: int = 984) -> list[dict[str, object]]:
    """Square matrices of up to 1,024 x 1,024: seconds, the best of three, and bytes a weight."""
    found = []
    print("| weights | make (s) | expand (s) | project (s) | fold (s) | peak above the weights |")
    print("|---|---|---|---|---|---|")
    for d in (10_000, 100_000, 1_000_000, 10_000_000, 100_000_000):
        side = min(1024, math.isqrt(d // 4))
        shapes = {f"{each}.weight": torch.Size((side, side)) for each in range(d // side**2)}
        weights = {name: torch.ones(shape, device=device) for name, shape in shapes.items()}
        reset_peak(device)
        before = peak(device)
        coordinates = Coordinates.of(shapes, k, bytes(32), device=device)
        theta = torch.ones(k, device=device)
        makes = partial(Coordinates.of, shapes, k, bytes(32), device=device)
        folds = partial(coordinates.fold, weights, [1] * k, 1 << 33)
        works: tuple[Callable[[], object], ...] = (
            makes,
            partial(coordinates.expand, theta),
            partial(coordinates.project, weights),
            folds,
        )
        seconds = [best(work, device) for work in works]
        above = (peak(device) - before) / coordinates.entries
        row = " | ".join(f"{each:.2g}" for each in seconds)
        print(f"| {coordinates.entries:,} | {row} | {above:.0f} bytes each |", flush=True)
        found.append({"d": coordinates.entries, "seconds": seconds, "bytes": above})
        del coordinates, weights, makes, folds, works
    return found


def best(work: Callable[[], object], device: str, tries: int = 3) -> float:
    taken = []
    for _ in range(tries):
        start = time.perf_counter()
        work()
        if device == "cuda":
            torch.cuda.synchronize()
        taken.append(time.perf_counter() - start)
    return min(taken)


def reset_peak(device: str) -> None:
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    else:
        Path("/proc/self/clear_refs").write_text("5")


def peak(device: str) -> int:
    if device == "cuda":
        return torch.cuda.max_memory_allocated()
    status = Path("/proc/self/status").read_text()
    return 1024 * int(status.split("VmHWM:")[1].split()[0])
