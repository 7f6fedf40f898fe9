"""How the learning rate changes: over the steps of a round, and over rounds.

Places are counted from 0: the third step of ten is place 2 of 10. The learning rate of a step is
the recipe's, times the factor of its round, times that of its place in the round.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from market.local_training.entries import Kinds, Real, Table, Whole, entry

_PLACES = 1_000_000


@dataclass(frozen=True)
class Schedule(Table, ABC):
    """Factors of the learning rate.

    Args:
        warm_up: places over which the factor rises from 1 / warm_up to 1; 0 and 1 for none.
    """

    warm_up: int = entry(Whole(0, _PLACES), default=0)

    def factor(self, place: int, places: int) -> float:
        """In [0, 1], at a place of `places`."""
        if place < self.warm_up:
            return (place + 1) / self.warm_up
        return self._after(place - self.warm_up, places - self.warm_up)

    @abstractmethod
    def _after(self, place: int, places: int) -> float:
        """The factor once it is warm, places counted from there."""


@dataclass(frozen=True)
class Constant(Schedule):
    """1."""

    name: ClassVar[str] = "constant"

    def _after(self, place: int, places: int) -> float:  # noqa: ARG002
        return 1.0


@dataclass(frozen=True)
class Cosine(Schedule):
    """Half a cosine from 1 towards `floor`, which would be reached one place past the last.

    Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", ICLR 2017,
    equation 5, without restarts.
    """

    name: ClassVar[str] = "cosine"
    floor: float = entry(Real(0, 1), default=0.0)

    def _after(self, place: int, places: int) -> float:
        return self.floor + (1 - self.floor) * (1 + math.cos(math.pi * place / places)) / 2


@dataclass(frozen=True)
class Stairs(Schedule):
    """Times `ratio` after `every` places."""

    name: ClassVar[str] = "step"
    every: int = entry(Whole(1, _PLACES), default=10)
    ratio: float = entry(Real(0, 1, low_open=True), default=0.5)

    def _after(self, place: int, places: int) -> float:  # noqa: ARG002
        return float(self.ratio ** (place // self.every))


SCHEDULES = Kinds(Constant, Cosine, Stairs)
