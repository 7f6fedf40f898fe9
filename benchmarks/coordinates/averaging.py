"""Federated averaging of every weight, and of k coordinates.

One local epoch of SGD with momentum 0.9 in ten steps, 20 rounds, learning rates that fall as a
cosine. Deltas of coordinates are rounded to 2**-13 and their mean is folded, as the market would.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable

import torch
from torch import Tensor

from benchmarks.coordinates.task import TRAINERS, Rows, Task
from market.coordinates import Coordinates, Weights, shapes_of

STEPS = 10
ROUNDS = 20
SCALE_BITS = 13
SHARE_BITS = 20
MOST = 15999


def descend(
    start: Tensor, gradient: Callable[[Tensor, Rows], Tensor], rows: Rows, rate: float, seed: int
) -> Tensor:
    """One epoch of SGD with momentum from `start`, on whatever is moved."""
    generator = torch.Generator().manual_seed(seed)
    point, velocity = start.clone(), torch.zeros_like(start)
    for part in torch.randperm(len(rows[1]), generator=generator).split(len(rows[1]) // STEPS):
        velocity = 0.9 * velocity + gradient(point, (rows[0][part], rows[1][part]))
        point = point - rate * velocity
    return point


def rate_of(round_: int, rate: float) -> float:
    return rate * (0.1 + 0.45 * (1 + math.cos(math.pi * round_ / ROUNDS)))


def averaged_weights(task: Task, rate: float, seed: int) -> list[float]:
    """Accuracies after each round of federated averaging of every weight."""
    start = task.start
    sizes = [value.numel() for value in start.values()]

    def named(vector: Tensor) -> Weights:
        parts = zip(start.items(), vector.split(sizes), strict=True)
        return {name: part.reshape(value.shape) for (name, value), part in parts}

    def gradient(vector: Tensor, rows: Rows) -> Tensor:
        return torch.func.grad(lambda at: task.loss(named(at), rows))(vector)

    point = torch.cat([value.reshape(-1) for value in start.values()])
    accuracies = []
    for round_ in range(ROUNDS):
        ends = [
            descend(
                point, gradient, rows, rate_of(round_, rate), 1000 * seed + 10 * round_ + trainer
            )
            for trainer, rows in enumerate(task.trainers)
        ]
        point = torch.stack(ends).mean(0)
        accuracies.append(task.accuracy(named(point)))
    return accuracies


def averaged_coordinates(
    task: Task, k: int, rate: float, seed: int, fresh: bool, make: Callable[..., Coordinates]
) -> list[float]:
    """The same of k coordinates, fresh in every round or those of the first; NaN once it fails."""
    weights, accuracies = task.start, list[float]()
    for round_ in range(ROUNDS):
        drawn = hashlib.sha256(f"{seed} {round_ if fresh else 0}".encode()).digest()
        coordinates = make(shapes_of(task.module), k, drawn)

        def gradient(
            theta: Tensor,
            rows: Rows,
            coordinates: Coordinates = coordinates,
            weights: Weights = weights,
        ) -> Tensor:
            return torch.func.grad(lambda at: task.loss(coordinates.at(weights, at), rows))(theta)

        total = torch.zeros(k, dtype=torch.int64)
        for trainer, rows in enumerate(task.trainers):
            stream = 1000 * seed + 10 * round_ + trainer
            end = descend(torch.zeros(k), gradient, rows, rate_of(round_, rate), stream)
            if not bool(end.isfinite().all()):
                return accuracies + [math.nan] * (ROUNDS - round_)
            delta = (end.double() * 2**SCALE_BITS).round().clamp(-MOST, MOST)
            total += delta.long() * (2**SHARE_BITS // TRAINERS)
        weights = coordinates.fold(weights, total.tolist(), 1 << SCALE_BITS + SHARE_BITS)
        accuracies.append(task.accuracy(weights))
    return accuracies
