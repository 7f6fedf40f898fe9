"""A small convolutional network, and rows dealt out to trainers.

100 rows of digits for each of 8 trainers, or 500 of Fashion-MNIST.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import Tensor, nn
from torch.func import functional_call

from market.coordinates import Weights
from market.datasets.fashion_mnist import read_fashion_mnist

TRAINERS = 8

Rows = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Task:
    """The network at its start, the trainers' rows, and rows to test on."""

    module: nn.Module
    trainers: list[Rows]
    test: Rows

    @property
    def start(self) -> Weights:
        return {name: value.detach() for name, value in self.module.named_parameters()}

    def loss(self, weights: Weights, rows: Rows) -> Tensor:
        return nn.functional.cross_entropy(functional_call(self.module, weights, rows[0]), rows[1])

    @torch.no_grad()
    def accuracy(self, weights: Weights) -> float:
        predicted = functional_call(self.module, weights, self.test[0]).argmax(1)
        return float((predicted == self.test[1]).float().mean())


def make_task(name: str, seed: int) -> Task:
    torch.manual_seed(seed)
    generator = np.random.default_rng(seed)
    if name == "digits":
        pixels, labels = load_digits(return_X_y=True)
        X = torch.tensor(pixels, dtype=torch.float32).reshape(-1, 1, 8, 8) / 8 - 0.6
        rows, held_out = 100, 400
        module = network(16, 32, 3, 1, 512)
    else:
        table = read_fashion_mnist()
        labels = table.y
        X = (
            torch.tensor(table.X, dtype=torch.float32).reshape(-1, 1, 28, 28) / 255 - 0.286
        ) / 0.353
        rows, held_out = 500, 5000
        module = network(8, 16, 5, 2, 784)
    y = torch.tensor(labels)
    order = torch.tensor(generator.permutation(len(y)))
    test = order[:held_out]
    parts = order[held_out : held_out + TRAINERS * rows].split(rows)
    return Task(module, [(X[part], y[part]) for part in parts], (X[test], y[test]))


def network(first: int, second: int, kernel: int, stride: int, features: int) -> nn.Module:
    pool = nn.MaxPool2d(2) if stride == 1 else nn.Identity()
    return nn.Sequential(
        nn.Conv2d(1, first, kernel, stride, kernel // 2),
        nn.ReLU(),
        nn.Conv2d(first, second, 3, stride, 1),
        nn.ReLU(),
        pool,
        nn.Flatten(),
        nn.Linear(features, 64),
        nn.ReLU(),
        nn.Linear(64, 10),
    )
