"""A small convolutional network, rows dealt to eight trainers, and rows to measure on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn

from benchmarks.coordinates.averaging import MOST, SCALE_BITS, SHARE_BITS, descend, rate_of
from benchmarks.coordinates.task import TRAINERS, Rows, network
from market.coordinates import Coordinates, Weights, shapes_of
from market.datasets.fashion_mnist import read_fashion_mnist
from market.measurement import Network
from market.measurement import Rows as Validation
from market.objectives import Loss, loss

RATE = 1.0
"""Of coordinates, falling as a cosine (`benchmarks.coordinates`)."""


@dataclass(frozen=True)
class Task:
    """A project on real data.

    Args:
        name: of the data.
        module: the network at its start.
        k: coordinates.
        rate: of learning, in the first round.
        objective: what it is trained for.
        trainers: their rows.
        validation: what is measured on.
        own: the evaluator's rows, which it trains on for the point of the expansion.
        others: rows that nobody else has.
    """

    name: str
    module: nn.Module
    k: int
    rate: float
    objective: Loss
    trainers: list[Rows]
    validation: Validation
    own: Rows
    others: Rows

    @property
    def start(self) -> Weights:
        return {name: value.detach() for name, value in self.module.named_parameters()}


@dataclass(frozen=True)
class Round:
    """A round under way: the network in its coordinates, and everybody's honest step."""

    number: int
    seed: int
    network: Network
    task: Task
    deltas: Tensor
    last: Tensor | None

    def train(self, rows: Rows, stream: int) -> Tensor:
        """theta (k,) by the trainers' recipe."""

        def gradient(theta: Tensor, some: Rows) -> Tensor:
            def of(at: Tensor) -> Tensor:
                return loss(self.task.objective, self.network.outputs(at, some[0]), some[1])

            return torch.func.grad(of)(theta)

        start = self.network.origin(torch.float32)
        drawn = 1000 * self.seed + 10 * self.number + stream
        return descend(start, gradient, rows, rate_of(self.number, self.task.rate), drawn)

    def own(self) -> Tensor:
        """The evaluator's step."""
        return self.train(self.task.own, TRAINERS)


def make_task(
    name: str,
    alpha: float | None,
    seed: int,
    objective: Loss = Loss.CROSS_ENTROPY,
    rate: float = RATE,
) -> Task:
    """The digits, or Fashion-MNIST if it is installed.

    Args:
        alpha: labels skewed by Dirichlet(alpha); all alike if None.
    """
    torch.manual_seed(seed)
    generator = np.random.default_rng(seed)
    if name == "digits":
        pixels, labels = load_digits(return_X_y=True)
        X = torch.tensor(pixels, dtype=torch.float32).reshape(-1, 1, 8, 8) / 8 - 0.6
        module, k, rows, measured, own = network(16, 32, 3, 1, 512), 984, 100, 256, 200
    else:
        table = read_fashion_mnist()
        labels = table.y
        X = torch.tensor(table.X, dtype=torch.float32).reshape(-1, 1, 28, 28) / 255
        X = (X - 0.286) / 0.353
        module, k, rows, measured, own = network(8, 16, 5, 2, 784), 1976, 500, 1024, 500
    y = torch.tensor(labels)
    if objective is not Loss.CROSS_ENTROPY:
        y = nn.functional.one_hot(y).float()
    order = generator.permutation(len(labels))

    def take(places: np.ndarray) -> Rows:
        where = torch.from_numpy(np.asarray(places, dtype=np.int64))
        return X[where], y[where]

    first, second = measured, measured + own
    pool = order[second : second + TRAINERS * rows]
    parts = dealt(pool, labels, alpha, rows // 5, generator)
    rest = order[second + TRAINERS * rows :][:8192]
    return Task(
        name,
        module.eval(),
        k,
        rate,
        objective,
        [take(part) for part in parts],
        Validation(*take(order[:first])),
        take(order[first:second]),
        take(rest),
    )


def dealt(
    pool: np.ndarray,
    labels: np.ndarray,
    alpha: float | None,
    fewest: int,
    generator: np.random.Generator,
) -> list[np.ndarray]:
    """The pool in eight parts, none of fewer rows than `fewest`."""
    if alpha is None:
        return np.array_split(pool, TRAINERS)
    while True:
        parts: list[list[int]] = [[] for _ in range(TRAINERS)]
        for label in range(10):
            of_label = pool[labels[pool] == label]
            shares = np.cumsum(generator.dirichlet([alpha] * TRAINERS))[:-1]
            cuts = np.split(of_label, (shares * len(of_label)).astype(int))
            for part, more in zip(parts, cuts, strict=True):
                part.extend(more.tolist())
        if min(len(part) for part in parts) >= fewest:
            return [generator.permutation(part) for part in parts]


def even(_: Round) -> list[int]:
    """The plain mean."""
    return [2**SHARE_BITS // TRAINERS] * TRAINERS


def rounds(
    task: Task, count: int, seed: int, weights_of: Callable[[Round], Sequence[int]] = even
) -> Iterator[Round]:
    """Rounds in which everybody is honest.

    Args:
        weights_of: what each delta moves the model by, in 2^-20.
    """
    weights, last = task.start, None
    for number in range(count):
        drawn = hashlib.sha256(f"{seed} {number}".encode()).digest()
        coordinates = Coordinates.of(shapes_of(task.module), task.k, drawn)
        network = Network(task.module, weights, coordinates, task.objective)
        before = Round(number, seed, network, task, torch.empty(0), last)
        deltas = torch.stack([before.train(rows, i) for i, rows in enumerate(task.trainers)])
        integers = on_grid(deltas)
        found = Round(number, seed, network, task, integers / 2**SCALE_BITS, last)
        yield found
        total = torch.tensor(weights_of(found), dtype=torch.float64) @ integers
        unit = 1 << SCALE_BITS + SHARE_BITS
        weights = coordinates.fold(weights, total.long().tolist(), unit)
        last = total / unit


def on_grid(deltas: Tensor) -> Tensor:
    """Deltas as the integers that are traded."""
    return (deltas.double() * 2**SCALE_BITS).round().clamp(-MOST, MOST)
