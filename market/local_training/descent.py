"""Steps of theta: a batch's gradient, and what the recipe's optimiser makes of it."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from market.coordinates import Coordinates
from market.local_training.batches import Indices, LabelledRows, shuffled
from market.local_training.evaluation import checked_outputs
from market.local_training.placed import Placed
from market.local_training.recipe import Precision, Recipe
from market.objectives.losses import loss as loss_of

_AUTOCAST = {Precision.BFLOAT16: torch.bfloat16, Precision.FLOAT16: torch.float16}
_FIRST_SCALE = 2.0**10
"""Of float16's losses. Torch's own 2**16 overflows and skips the first steps, of which a round has
few."""


class Descent:
    """Theta on its way from 0.

    Args:
        placed: the network at the round's weights.
        coordinates: of the round.
        data: the trainer's rows.
        train_on: which of them, ascending.
        recipe: of the project.
        order: draws the order of rows.
    """

    def __init__(
        self,
        placed: Placed,
        coordinates: Coordinates,
        data: LabelledRows,
        train_on: Indices,
        recipe: Recipe,
        order: torch.Generator,
    ) -> None:
        self.device = coordinates.device
        self.theta = torch.zeros(coordinates.k, device=self.device, requires_grad=True)
        self._placed, self._coordinates, self._data = placed, coordinates, data
        self._train_on, self._recipe = train_on, recipe
        self._optimiser = recipe.optimiser.over(self.theta)
        self._order = order
        self._mixed = self.device.type == "cuda" and recipe.precision in _AUTOCAST
        self._scaler = torch.amp.GradScaler(
            self.device.type,
            init_scale=_FIRST_SCALE,
            enabled=self._mixed and recipe.precision is Precision.FLOAT16,
        )

    @property
    def steps(self) -> int:
        """Of an epoch."""
        return -(-len(self._train_on) // self._recipe.batch_size)

    def batches(self) -> Iterator[Indices]:
        """Of an epoch, another order every time."""
        return shuffled(self._train_on, self._recipe.batch_size, self._order)

    def step(self, indices: Indices, rate: float) -> Tensor:
        """Moves theta by the rows at ascending `indices`; their mean loss before, on the device.

        Raises:
            InputError: a row holds NaN or infinity, or rows, network and loss do not go together.
        """
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        self._optimiser.zero_grad()
        value = self._gradient(indices)
        self._scaler.unscale_(self._optimiser)
        torch.nn.utils.clip_grad_norm_([self.theta], self._recipe.clip_norm)
        self._scaler.step(self._optimiser)
        self._scaler.update()
        return value

    def _gradient(self, indices: Indices) -> Tensor:
        """Sets theta's gradient, scaled as the scaler wants it."""
        x, y = self._data.batch(indices, self.device)
        value = self._loss(self.theta, x, y)
        self._scaler.scale(value).backward()  # type: ignore[no-untyped-call]
        return value.detach()

    def _loss(self, theta: Tensor, x: Tensor, y: Tensor) -> Tensor:
        dtype = _AUTOCAST.get(self._recipe.precision)
        moved = self._coordinates.at(self._placed.weights, theta)
        with torch.autocast(self.device.type, dtype=dtype, enabled=self._mixed):
            outputs = checked_outputs(self._placed, self._data, x, moved)
        return loss_of(self._data.loss, outputs, y)
