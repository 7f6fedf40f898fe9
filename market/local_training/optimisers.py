"""The optimisers of theta: torch's own, by the entries of a recipe."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from market.local_training.entries import Kinds, Real, Table, entry

_BELOW_ONE = Real(0, 1, high_open=True)


@dataclass(frozen=True)
class Optimiser(Table, ABC):
    """What all of them have.

    Args:
        weight_decay: pulls theta to 0, which is back to the round's model.
    """

    weight_decay: float = entry(Real(0, 100), default=0.0)

    @abstractmethod
    def over(self, theta: Tensor) -> torch.optim.Optimizer:
        """Torch's, without memory of other rounds; its learning rate is set before each step."""


@dataclass(frozen=True)
class Sgd(Optimiser):
    """v <- momentum v + g; theta <- theta - rate v."""

    name: ClassVar[str] = "sgd"
    momentum: float = entry(_BELOW_ONE, default=0.9)

    def over(self, theta: Tensor) -> torch.optim.Optimizer:
        return torch.optim.SGD(
            [theta], lr=0.0, momentum=self.momentum, weight_decay=self.weight_decay
        )


@dataclass(frozen=True)
class Adam(Optimiser):
    """Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, algorithm 1."""

    name: ClassVar[str] = "adam"
    beta1: float = entry(_BELOW_ONE, default=0.9)
    beta2: float = entry(_BELOW_ONE, default=0.999)
    epsilon: float = entry(Real(0, 1, low_open=True), default=1e-8)

    def over(self, theta: Tensor) -> torch.optim.Optimizer:
        return torch.optim.Adam(
            [theta], 0.0, (self.beta1, self.beta2), self.epsilon, self.weight_decay
        )


@dataclass(frozen=True)
class AdamW(Adam):
    """Loshchilov and Hutter, "Decoupled Weight Decay Regularization", ICLR 2019, algorithm 2."""

    name: ClassVar[str] = "adamw"

    def over(self, theta: Tensor) -> torch.optim.Optimizer:
        return torch.optim.AdamW(
            [theta], 0.0, (self.beta1, self.beta2), self.epsilon, self.weight_decay
        )


OPTIMISERS = Kinds(Sgd, Adam, AdamW)
