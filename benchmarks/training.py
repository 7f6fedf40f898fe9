"""How fast a trainer trains, per device: `python benchmarks/training.py [--json FILE]`.

Prints seconds an epoch on every device of this machine, the ratio to the CPU, and the arithmetic's
floor on the device: the floating-point operations of the epoch over the rate of a large matrix
product measured in the same run. Data is random: only sizes matter here.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

import numpy as np
import torch

from market.contribution.grid import Grid
from market.training.linear import train
from market.training.plan import TrainingPlan

SIZES = [  # rows, features with bias, classes, batch
    (240, 65, 10, 24),
    (20_000, 513, 10, 256),
    (50_000, 769, 100, 1024),
]
REPEATS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    names = ["cpu"] + (["cuda"] if torch.cuda.is_available() else [])
    rates = {name: matrix_rate(torch.device(name)) for name in names}
    rows = []
    for size in SIZES:
        seconds = {name: epoch_seconds(size, torch.device(name)) for name in names}
        operations = 4 * size[0] * size[1] * size[2]
        for name in names:
            rows.append(
                {
                    "rows": size[0],
                    "features": size[1],
                    "classes": size[2],
                    "batch": size[3],
                    "device": device_name(name),
                    "seconds_an_epoch": seconds[name],
                    "times_faster_than_cpu": seconds["cpu"] / seconds[name],
                    "times_the_floor": seconds[name] / (operations / rates[name]),
                    "entries_that_differ_from_cpu": difference(size, name),
                }
            )
    for row in rows:
        print("  ".join(f"{key} {_short(value)}" for key, value in row.items()))
    if chosen.json:
        chosen.json.write_text(json.dumps(rows, indent=1))


def data(size: tuple[int, int, int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows, features, classes, _ = size
    generator = np.random.default_rng(0)
    X = generator.normal(size=(rows, features)) / np.sqrt(features)
    y = np.argmax(X @ generator.normal(size=(features, classes)), axis=1).astype(np.int64)
    return np.zeros((features, classes)), X, y


def epoch_seconds(size: tuple[int, int, int, int], device: torch.device) -> float:
    """Median over repeats; copying the rows to the device is part of it."""
    weights, X, y = data(size)
    epochs = 5
    plan = TrainingPlan(epochs=epochs, batch_size=size[3])
    train(weights, X, y, plan, 0, device)
    taken = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        train(weights, X, y, plan, 0, device)
        taken.append((time.perf_counter() - start) / epochs)
    return statistics.median(taken)


def difference(size: tuple[int, int, int, int], name: str) -> int:
    """Quantised entries that are not the CPU's, after one epoch."""
    weights, X, y = data(size)
    plan = TrainingPlan(epochs=1, batch_size=size[3])
    grid = Grid(5)
    on_cpu, _ = grid.quantise(train(weights, X, y, plan, 0))
    on_device, _ = grid.quantise(train(weights, X, y, plan, 0, torch.device(name)))
    return int(np.count_nonzero(on_cpu != on_device))


def matrix_rate(device: torch.device) -> float:
    """float32 operations a second of a large matrix product."""
    n = 8192 if device.type == "cuda" else 2048
    a, b = torch.randn(n, n, device=device), torch.randn(n, n, device=device)
    taken = []
    for _ in range(4):
        start = time.perf_counter()
        product = a @ b
        product.sum().item()
        taken.append(time.perf_counter() - start)
    return 2 * n**3 / min(taken[1:])


def device_name(name: str) -> str:
    return torch.cuda.get_device_name() if name == "cuda" else "cpu"


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
