"""Equal trainers on real data, as many as one likes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from benchmarks.pay.world import deal, train
from market.contribution.exact import Integers
from market.contribution.grid import Grid, Step
from market.contribution.statistics import validation_statistics
from market.datasets import catalogue
from market.game import Yardstick

ROWS = 40
"""Of each, drawn from a data set's with replacement: a thousand have more than there are."""


class Crowd:
    """Participants with rows of one distribution, and the owner's yardstick.

    Args:
        participants: how many.
        slots: of a round.
        seed: of who has which rows.
    """

    def __init__(self, participants: int, slots: int, seed: int) -> None:
        self._world = deal(catalogue.load("digits"), seed, 1, None)
        ((X, y),) = self._world.parts
        self._generator = np.random.default_rng((seed, 2))
        self._rows = self._generator.integers(len(X), size=(participants, ROWS))
        self._X, self._Y = X, np.eye(self._world.classes)[y]
        self.grid = Grid(slots, moves=Step.EXACT)
        world = self._world
        self.statistics = validation_statistics(world.X, world.y, world.classes, self.grid)
        self.yardstick = Yardstick(
            self.statistics.rows,
            self.statistics.outputs,
            self.statistics.c.size,
            self.statistics.energy,
        )
        self.expected = int(world.expected * self.grid.utility_unit)

    @property
    def first(self) -> Integers:
        """The model before round 0."""
        return np.zeros(self.statistics.c.shape, dtype=np.int64)

    def deltas(self, model: Integers, who: list[int]) -> list[npt.NDArray[np.int64]]:
        """What they send."""
        weights, plan = self.grid.weights(model), self._world.plan
        found = []
        for i in who:
            rows = self._rows[i]
            delta = train(weights, self._X[rows], self._Y[rows], plan, self._generator)
            found.append(self.grid.quantise(delta)[0])
        return found
