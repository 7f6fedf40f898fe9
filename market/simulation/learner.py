"""The models of a simulation: how clients train them, and how good they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn

from market.datasets.table import Table
from market.errors import InputError
from market.optimisers.local import Controls, set_weights, train_locally, weights_of
from market.robust.aggregate import Floats
from market.simulation.population import Population
from market.training.linear import train
from market.training.many import ManyClients
from market.training.plan import TrainingPlan


class Learner(Protocol):
    """A model in the hands of the clients; weights and deltas are vectors, (d,)."""

    def initial(self) -> Floats:
        """The weights (d,) before the first round."""

    def train(
        self,
        weights: Floats,
        plan: TrainingPlan,
        seeds: Sequence[int],
        proximal: float = 0.0,
        controls: Sequence[Controls] | None = None,
    ) -> Floats:
        """The honest deltas (n, d); zeros for those that do not train.

        Args:
            seeds: one a client.
            proximal: mu of FedProx.
            controls: SCAFFOLD's, one a client.
        """

    def train_on(self, rows: Table, weights: Floats, plan: TrainingPlan, seed: int) -> Floats:
        """The delta (d,) of somebody with these rows."""

    def accuracy(self, weights: Floats, rows: Table) -> float:
        """The share of rows whose label has the largest output, in [0, 1]."""

    def module(self, weights: Floats) -> nn.Module:
        """The model with these weights."""

    def inputs(self, rows: Table) -> Tensor:
        """What the module takes of the rows."""


class LinearLearner:
    """The market's model: (F, C) weights under the squared loss, from zero.

    Args:
        idle: clients that do not train.
    """

    def __init__(self, population: Population, idle: frozenset[int] = frozenset()) -> None:
        self._shape = (population.validation.X.shape[1], population.classes)
        self._n = len(population.clients)
        self._busy = [client for client in range(self._n) if client not in idle]
        rows = [
            (population.clients[client].X, population.clients[client].y) for client in self._busy
        ]
        self._many = ManyClients(rows, population.classes) if rows else None

    def initial(self) -> Floats:
        return np.zeros(self._shape[0] * self._shape[1])

    def train(
        self,
        weights: Floats,
        plan: TrainingPlan,
        seeds: Sequence[int],
        proximal: float = 0.0,
        controls: Sequence[Controls] | None = None,
    ) -> Floats:
        deltas = np.zeros((self._n, len(weights)))
        if self._many is not None:
            own = [seeds[client] for client in self._busy]
            correction = None
            if controls is not None:
                shifts = [
                    controls[client].server - controls[client].client for client in self._busy
                ]
                correction = np.stack(shifts).reshape(-1, *self._shape)
            found = self._many.train(weights.reshape(self._shape), plan, own, proximal, correction)
            deltas[self._busy] = found.reshape(len(own), -1)
        return deltas

    def train_on(self, rows: Table, weights: Floats, plan: TrainingPlan, seed: int) -> Floats:
        return train(weights.reshape(self._shape), rows.X, rows.y, plan, seed).reshape(-1)

    def accuracy(self, weights: Floats, rows: Table) -> float:
        outputs = rows.X @ weights.reshape(self._shape)
        return float((outputs.argmax(axis=1) == rows.y).mean())

    def module(self, weights: Floats) -> nn.Module:
        return _Matrix(weights.reshape(self._shape))

    def inputs(self, rows: Table) -> Tensor:
        return torch.as_tensor(rows.X, dtype=torch.float32)


class CnnLearner:
    """Two convolutions and a linear layer under the cross-entropy; 9,098 weights at 28 x 28.

    Args:
        idle: clients that do not train.
        seed: of the initial weights.

    Raises:
        InputError: the rows are no images.
    """

    def __init__(
        self, population: Population, idle: frozenset[int] = frozenset(), seed: int = 0
    ) -> None:
        if population.image is None:
            raise InputError("the cnn needs images", "choose digits or fashion-mnist, or linear")
        self._image = population.image
        self._idle = idle
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self._model = _convolutions(population.image, population.classes)
        self._initial = weights_of(self._model)
        self._rows = [(self.inputs(rows), torch.as_tensor(rows.y)) for rows in population.clients]

    def initial(self) -> Floats:
        return self._initial.copy()

    def train(
        self,
        weights: Floats,
        plan: TrainingPlan,
        seeds: Sequence[int],
        proximal: float = 0.0,
        controls: Sequence[Controls] | None = None,
    ) -> Floats:
        model = self.module(weights)
        deltas = np.zeros((len(self._rows), len(weights)))
        for client, (X, y) in enumerate(self._rows):
            if client not in self._idle:
                own = None if controls is None else controls[client]
                deltas[client] = train_locally(
                    model, X, y, plan, seeds[client], proximal=proximal, controls=own
                ).delta
        return deltas

    def train_on(self, rows: Table, weights: Floats, plan: TrainingPlan, seed: int) -> Floats:
        X, y = self.inputs(rows), torch.as_tensor(rows.y)
        return train_locally(self.module(weights), X, y, plan, seed).delta

    def accuracy(self, weights: Floats, rows: Table) -> float:
        with torch.no_grad():
            outputs = self.module(weights)(self.inputs(rows))
        return float((outputs.argmax(dim=1).numpy() == rows.y).mean())

    def module(self, weights: Floats) -> nn.Module:
        set_weights(self._model, weights)
        return self._model

    def inputs(self, rows: Table) -> Tensor:
        images = rows.X[:, :-1].reshape(len(rows), 1, *self._image)  # without the bias
        return torch.as_tensor(images, dtype=torch.float32)


class _Matrix(nn.Module):
    """X -> X W, with W in the order that deltas have."""

    def __init__(self, weights: Floats) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.as_tensor(weights, dtype=torch.float32))

    def forward(self, X: Tensor) -> Tensor:
        return X @ self.weights


def _convolutions(image: tuple[int, int], classes: int) -> nn.Module:
    height, width = image[0] // 4, image[1] // 4
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(16 * height * width, classes),
    )
