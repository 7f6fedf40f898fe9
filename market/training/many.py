"""Local training of the linear model for many clients at once, for simulations.

The same minibatch SGD as `market.training.linear.train`, in the same order of rows, with one
batched product a step for all clients: what a loop over sixty clients spends on calls is saved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from market.errors import InputError
from market.training.evaluation import check_rows
from market.training.plan import TrainingPlan

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Pull:
    """What gradients have besides the loss.

    Args:
        start: (F, C) the global weights.
        proximal: mu of FedProx.
        shift: (n, F, C), or None.
    """

    start: Tensor
    proximal: float
    shift: Tensor | None

    def add_to(self, gradient: Tensor, models: Tensor) -> None:
        """Adds to the gradients (k, F, C) of the first k models."""
        if self.proximal:
            gradient += self.proximal * (models - self.start)
        if self.shift is not None:
            gradient += self.shift[: len(models)]


class ManyClients:
    """The rows of n clients, ready to be trained on.

    Args:
        rows: (X, y) of each client: X (n_i, F) with the bias column, y (n_i,) in [0, classes).
        classes: C.

    Raises:
        InputError: no clients, rows that do not fit, or a label out of range.
    """

    def __init__(self, rows: Sequence[tuple[Floats, Labels]], classes: int) -> None:
        if not rows:
            raise InputError("there are no clients to train")
        features = rows[0][0].shape[1]
        for X, y in rows:
            check_rows(np.zeros((features, classes)), X, y)
        self._X = torch.as_tensor(np.concatenate([X for X, _ in rows]), dtype=torch.float32)
        labels = torch.as_tensor(np.concatenate([y for _, y in rows]))
        self._Y = torch.nn.functional.one_hot(labels, classes).to(torch.float32)
        self._sizes = [len(y) for _, y in rows]
        self._starts = np.concatenate([[0], np.cumsum(self._sizes)[:-1]]).tolist()

    def train(
        self,
        weights: Floats,
        plan: TrainingPlan,
        seeds: Sequence[int],
        proximal: float = 0.0,
        correction: Floats | None = None,
    ) -> Floats:
        """Every client's delta, (n, F, C), from the weights (F, C).

        Args:
            seeds: of each client's order of minibatches.
            proximal: mu of FedProx, as in `market.optimisers.local`.
            correction: (n, F, C) added to each client's gradients: c - c_i of SCAFFOLD.

        Raises:
            InputError: another number of seeds, weights or a correction of another shape, or
                training diverged.
        """
        n, shape = len(self._sizes), (self._X.shape[1], self._Y.shape[1])
        if len(seeds) != n or weights.shape != shape:
            raise InputError(f"{len(seeds)} seeds and weights {weights.shape} for {n} clients")
        if correction is not None and correction.shape != (n, *shape):
            raise InputError(f"a correction of shape {correction.shape} for {n} clients")
        batches = [self._batches(client, plan, seeds[client]) for client in range(n)]
        # Longest first, so that those who still train are always the first k.
        order = sorted(range(n), key=lambda client: -len(batches[client]))
        start = torch.as_tensor(weights, dtype=torch.float32)
        models = start.expand(n, *shape).clone()
        velocity = torch.zeros_like(models)
        shift = None
        if correction is not None:
            shift = torch.as_tensor(correction[order], dtype=torch.float32)
        pull = _Pull(start, proximal, shift)
        for step in range(len(batches[order[0]])):
            active = [batches[client][step] for client in order if step < len(batches[client])]
            self._step(models, velocity, active, plan, pull, first=step == 0)
        deltas = np.empty((n, *shape))
        deltas[order] = (models.double() - start.double()).numpy()
        if not np.isfinite(deltas).all():
            raise InputError(
                f"training diverged at learning rate {plan.learning_rate:g}",
                "lower the learning rate, or scale the features",
            )
        return deltas

    def _batches(self, client: int, plan: TrainingPlan, seed: int) -> list[Tensor]:
        generator = torch.Generator().manual_seed(seed)
        start, size = self._starts[client], self._sizes[client]
        return [
            batch + start
            for _ in range(plan.epochs)
            for batch in torch.split(torch.randperm(size, generator=generator), plan.batch_size)
        ]

    def _step(
        self,
        models: Tensor,
        velocity: Tensor,
        active: list[Tensor],
        plan: TrainingPlan,
        pull: _Pull,
        first: bool,
    ) -> None:
        k = len(active)
        rows = torch.nn.utils.rnn.pad_sequence(active, batch_first=True, padding_value=-1)
        present = (rows >= 0).to(torch.float32)[:, :, None]
        rows = rows.clamp(min=0)
        X = self._X[rows]
        residual = (torch.bmm(X, models[:k]) - self._Y[rows]) * present
        gradient = torch.bmm(X.transpose(1, 2), residual) / present.sum(dim=1, keepdim=True)
        pull.add_to(gradient, models[:k])
        if plan.weight_decay:
            gradient += plan.weight_decay * models[:k]
        if plan.momentum:
            velocity[:k] = gradient if first else plan.momentum * velocity[:k] + gradient
            gradient = velocity[:k]
        models[:k] -= plan.learning_rate * gradient
