"""Federated averaging of k coordinates beside that of every weight; what coordinates cost.

python -m benchmarks.coordinates accuracy [--data digits|fashion-mnist] [--seeds N] [--k K ...]
        [--rate R]
python -m benchmarks.coordinates cost [--device cuda]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.coordinates.averaging import averaged_coordinates, averaged_weights
from benchmarks.coordinates.cost import cost
from benchmarks.coordinates.scattered import scattered
from benchmarks.coordinates.task import Task, make_task
from market.coordinates import Coordinates

RATE = 0.1
"""Of every weight; this and the next found on seed 0 of a coarse grid, for both sets of data."""

Run = Callable[[Task, int], list[float]]


def rate_of_coordinates(k: int) -> float:
    return 1.0 if k <= 1024 else 0.5


def arms(ks: Sequence[int], rate: float | None) -> Iterator[tuple[str, int, Run]]:
    """What is averaged, k, and the accuracies after each round of a task under a seed."""
    yield "every weight", 0, lambda task, seed: averaged_weights(task, RATE, seed)
    for k in ks:
        for name, fresh, make in (
            ("fresh", True, Coordinates.of),
            ("fixed", False, Coordinates.of),
            ("fresh, scattered", True, scattered),
        ):

            def run(
                task: Task,
                seed: int,
                k: int = k,
                fresh: bool = fresh,
                make: Callable[..., Coordinates] = make,
            ) -> list[float]:
                own = rate or rate_of_coordinates(k)
                return averaged_coordinates(task, k, own, seed, fresh, make)

            yield name, k, run


def accuracy(
    data: str, seeds: int, ks: Sequence[int], rate: float | None
) -> list[dict[str, object]]:
    found = []
    print("| what is averaged | k | after 5 rounds | 10 | 20 | least and most of 20 |")
    print("|---|---|---|---|---|---|")
    for name, k, run in arms(ks, rate):
        runs = np.array([run(make_task(data, seed), seed) for seed in range(seeds)])
        mean = 100 * runs.mean(0)
        ends = 100 * runs[:, -1]
        print(
            f"| {name} | {k or '-'} | {mean[4]:.1f} | {mean[9]:.1f} | {mean[-1]:.1f} "
            f"| {ends.min():.1f} to {ends.max():.1f} |",
            flush=True,
        )
        found.append({"arm": name, "k": k, "accuracies": runs.tolist()})
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=("accuracy", "cost"))
    parser.add_argument("--data", choices=("digits", "fashion-mnist"), default="digits")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--k", type=int, nargs="*", default=[256, 512, 1024, 2048])
    parser.add_argument("--rate", type=float, help="of coordinates; if not given, by k")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    if given.part == "accuracy":
        found = accuracy(given.data, given.seeds, given.k, given.rate)
    else:
        found = cost(given.device)
    if given.json:
        given.json.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
