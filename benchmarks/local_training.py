"""Rows a second of local training in k numbers, and the memory it takes, on every device.

    python -m benchmarks.local_training [--rows N] [--k K] [--json FILE]

Data is random: only sizes matter here. "held" is the peak above what the process or the device
held before, rows left out: they are a file that is mapped.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch
from torch import nn

from benchmarks.coordinates.cost import peak, reset_peak
from benchmarks.coordinates.task import network
from market.coordinates import Coordinates, shapes_of
from market.local_training import parse_recipe, train, training
from market.local_training.privacy import Mechanism
from market.local_training.recipe import Privacy

NOISE = 1.0
"""Of private training here; how much a budget needs is Opacus's to say, and takes no time a row."""

ENTRIES: dict[str, dict[str, object]] = {
    "float32": {},
    "bfloat16": {"precision": "bfloat16"},
    "float16": {"precision": "float16"},
    "private": {"privacy": {"epsilon": 8, "delta": 1e-7}},
}


class Unaccounted(Mechanism):
    def spent(self, steps: int) -> float:  # noqa: ARG002
        return math.nan


def unaccounted(privacy: Privacy, rows: int, batch_size: int, steps: int) -> Mechanism:  # noqa: ARG001
    return Unaccounted(privacy.clip, NOISE, min(1.0, batch_size / rows), privacy.delta)


def networks() -> dict[str, tuple[nn.Module, tuple[int, ...]]]:
    wide = nn.Sequential(nn.Flatten(), nn.Linear(784, 2048), nn.ReLU(), nn.Linear(2048, 10))
    return {
        "convolutions": (network(8, 16, 5, 2, 784), (1, 28, 28)),
        "one wide layer": (wide, (1, 28, 28)),
    }


def rows_of(folder: Path, n: int, shape: tuple[int, ...]) -> np.ndarray:
    path = folder / f"{n}.npy"
    made = np.lib.format.open_memmap(path, "w+", np.float32, (n, *shape))
    generator = np.random.default_rng(0)
    for start in range(0, n, 1000):
        made[start : start + 1000] = generator.normal(size=made[start : start + 1000].shape)
    made.flush()
    return np.load(path, mmap_mode="r")


def measure(
    name: str, device: str, entry: str, k: int, batch: int, n: int, folder: Path
) -> dict[str, object]:
    module, shape = networks()[name]
    X, y = rows_of(folder, n, shape), np.arange(n) % 10
    weights = {each: value.detach() for each, value in module.named_parameters()}
    coordinates = Coordinates.of(shapes_of(module), k, bytes(32), device=device)
    told = {"loss": "cross-entropy", "batch_size": batch, "learning_rate": 0.01, **ENTRIES[entry]}
    recipe = parse_recipe(told)
    train(
        module,
        weights,
        coordinates,
        X[: 2 * batch],
        y[: 2 * batch],
        recipe,
        seed=0,
        round=0,
        rounds=1,
    )
    reset_peak(device)
    before, start = peak(device), time.perf_counter()
    train(module, weights, coordinates, X, y, recipe, seed=0, round=0, rounds=1)
    seconds = time.perf_counter() - start
    return {
        "network": name,
        "weights": coordinates.entries,
        "device": device,
        "as": entry,
        "batch": batch,
        "rows_a_second": n / seconds,
        "held": peak(device) - before,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--k", type=int, default=984)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    devices = ["cpu"] + (["cuda"] if torch.cuda.is_available() else [])
    found = []
    print("| network | weights | device | as | batch | rows a second | held |")
    print("|---|---|---|---|---|---|---|")
    patched = patch.object(training, "mechanism_for", unaccounted)
    with tempfile.TemporaryDirectory() as folder, patched:
        for name in networks():
            for device in devices:
                for entry in ENTRIES:
                    if device == "cpu" and "precision" in ENTRIES[entry]:
                        continue  # float32 there, whatever is asked
                    for batch in (50, 500):
                        row = measure(
                            name, device, entry, chosen.k, batch, chosen.rows, Path(folder)
                        )
                        found.append(row)
                        print(
                            f"| {name} | {row['weights']:,} | {device} | {entry} | {batch} "
                            f"| {row['rows_a_second']:,.0f} | {row['held'] / 2**20:,.0f} MB |",  # type: ignore[operator]
                            flush=True,
                        )
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
