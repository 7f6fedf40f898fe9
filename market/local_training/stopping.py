"""When to stop: rows that are held out say which epoch was the best."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from market.errors import InputError
from market.local_training.batches import Indices
from market.local_training.recipe import EarlyStopping


def split(
    rows: int, stopping: EarlyStopping | None, generator: torch.Generator
) -> tuple[Indices, Indices]:
    """The rows to train on, and those held out; each ascending.

    Raises:
        InputError: there is one row, and it cannot be both.
    """
    if stopping is None:
        return np.arange(rows), np.arange(0)
    if rows < 2:
        raise InputError("training.early_stopping holds rows out, and there is one in all")
    order = torch.randperm(rows, generator=generator).numpy()
    held = max(1, int(stopping.share * rows))
    return np.sort(order[held:]), np.sort(order[:held])


class Best:
    """The theta of the epoch with the lowest loss on the rows held out; of equals, the first.

    Args:
        patience: epochs in a row without a lower one, after which it is time to stop.
    """

    def __init__(self, patience: int) -> None:
        self.theta: Tensor | None = None
        self.epoch = 0
        self._patience, self._lowest = patience, float("inf")

    def see(self, epoch: int, loss: float, theta: Tensor) -> bool:
        """Looks at an epoch, counted from 1; whether to stop."""
        if self.theta is None or loss < self._lowest:
            self.theta, self.epoch, self._lowest = theta.detach().clone(), epoch, loss
        return epoch - self.epoch >= self._patience
