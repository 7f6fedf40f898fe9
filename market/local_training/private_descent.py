"""Steps of DP-SGD: every row's gradient shortened, their sum blurred.

Abadi et al., "Deep Learning with Differential Privacy", CCS 2016, algorithm 1. Gradients of rows
have k entries here, whatever the network's size.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor
from torch.func import grad_and_value, vmap

from market.coordinates import Coordinates
from market.local_training.batches import Indices, LabelledRows
from market.local_training.descent import Descent
from market.local_training.placed import Placed
from market.local_training.privacy import Mechanism
from market.local_training.recipe import Recipe

_HELD = 1 << 26
"""Entries of rows' gradients in the weights that are held at a time: 256 MB."""


class PrivateDescent(Descent):
    """Theta on its way from 0, without telling much of any one row.

    Noise and batches are not drawn from the seed but from the system: whoever knew them could take
    the noise off again.
    """

    def __init__(
        self,
        placed: Placed,
        coordinates: Coordinates,
        data: LabelledRows,
        train_on: Indices,
        recipe: Recipe,
        order: torch.Generator,
        mechanism: Mechanism,
    ) -> None:
        super().__init__(placed, coordinates, data, train_on, recipe, order)
        self._mechanism = mechanism
        self._draws = secret_generator(torch.device("cpu"))
        self._noise = secret_generator(self.device)
        self._chunk = max(1, _HELD // coordinates.entries)

    def batches(self) -> Iterator[Indices]:
        """Each row comes into each with the same chance: some are short, some may be empty."""
        for _ in range(self.steps):
            drawn = torch.rand(len(self._train_on), generator=self._draws, dtype=torch.float64)
            yield self._train_on[(drawn < self._mechanism.sample_rate).numpy()]

    def _gradient(self, indices: Indices) -> Tensor:
        clip, k = self._mechanism.clip, len(self.theta)
        total, loss = torch.zeros(k, device=self.device), torch.zeros((), device=self.device)
        for part in np.split(indices, range(self._chunk, len(indices), self._chunk)):
            if len(part) == 0:
                continue
            gradients, losses = self._row_gradients(part)
            norms = gradients.norm(dim=1, keepdim=True)
            total += (gradients * (clip / norms.clamp(min=clip))).sum(0)
            loss += losses.sum()
        noise = torch.empty(k, device=self.device).normal_(generator=self._noise)
        rows = self._mechanism.sample_rate * len(self._train_on)
        self.theta.grad = (total + self._mechanism.noise * clip * noise) / rows
        return loss / max(len(indices), 1)

    def _row_gradients(self, indices: Indices) -> tuple[Tensor, Tensor]:
        """(rows, k) and (rows,): gradients and losses of each."""
        x, y = self._data.batch(indices, self.device)

        def loss(theta: Tensor, row: Tensor, label: Tensor) -> Tensor:
            return self._loss(theta, row[None], label[None])

        each = vmap(grad_and_value(loss), in_dims=(None, 0, 0), randomness="different")
        gradients, losses = each(self.theta.detach(), x, y)
        return gradients, losses


def secret_generator(device: torch.device) -> torch.Generator:
    """One whose draws nobody can repeat. It is no cryptographic one."""
    return torch.Generator(device).manual_seed(secrets.randbits(63))
