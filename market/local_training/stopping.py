"""When to stop: rows that are held out say which epoch was the best."""

from __future__ import annotations

import math

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

    Without rows held out it is the last theta.
    """

    def __init__(self, stopping: EarlyStopping | None) -> None:
        self.theta = torch.empty(0)
        self.epoch = 0
        self._stopping, self._lowest = stopping, math.inf

    def see(self, epoch: int, loss: float | None, theta: Tensor) -> bool:
        """Looks at an epoch, counted from 1, and its loss; whether to stop."""
        if self._stopping is None or loss is None or self.epoch == 0 or loss < self._lowest:
            self.theta, self.epoch = theta.detach().clone(), epoch
            self._lowest = math.inf if loss is None else loss
        return self._stopping is not None and epoch - self.epoch >= self._stopping.patience
