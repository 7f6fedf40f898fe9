"""An expansion as the integers that a proof takes, within bounds that any true claims stay in.

A yardstick whose entries are out of bounds is one that nobody can prove with: an aggregator's
claims would be refused, and the round could only be given up. So an evaluator never commits such a
one. By a rule that needs no choice, c and B are made smaller until they fit: c by 4^x and B by 2^x,
x the least that does. Then v is v / 4^x, and so are all scores: shares, the exact step and whose
value is above zero stay what they are; standard errors are 2^x times too wide, so that less is
sure. It takes a curvature of millions; the pot follows the attested loss, which is not divided.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from market.contribution.grid import Grid
from market.contribution.lowrank import (
    CURVATURE_BOUND,
    TARGET_BOUND,
    LowRankStatistics,
    root_bits,
    step_value,
)
from market.errors import InputError
from market.measurement.expansion import Expansion

MOST_HALVINGS = 64
"""Beyond it there is nothing left of c, and the model is not worth measuring."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Quantised:
    """What is committed, before its salts.

    Args:
        statistics: B and c as integers.
        halvings: x; 0 for any sane network.
    """

    statistics: LowRankStatistics
    halvings: int = 0

    @property
    def root(self) -> Floats:
        """B as the proof knows it, in units of the expansion's."""
        unit = 2.0 ** (root_bits(self.statistics.grid) - self.halvings)
        return np.asarray(self.statistics.root.astype(np.float64) / unit)

    @property
    def linear(self) -> Floats:
        """c as the proof knows it."""
        grid = self.statistics.grid
        unit = float(grid.model_unit << grid.stats_bits) * 4.0**-self.halvings
        return np.asarray(self.statistics.target.astype(np.float64) / unit)

    def value(self, step: Sequence[int]) -> float:
        """v of a step in units of the grid's model, as a round is scored."""
        whole = step_value(self.statistics, step) << 2 * self.halvings
        return whole / self.statistics.grid.utility_unit


def quantised(expansion: Expansion, grid: Grid) -> Quantised:
    """The nearest integers, made smaller where they would be out of bounds.

    Raises:
        InputError: `grid` has an odd number of bits for the curvature, or nothing finite fits.
    """
    root, linear = expansion.root.cpu().numpy(), expansion.linear.cpu().numpy()
    if not (np.isfinite(root).all() and np.isfinite(linear).all()):
        raise InputError("the expansion holds NaN or infinity", "measure the model before it")
    for halvings in range(MOST_HALVINGS + 1):
        less = root * 2.0**-halvings, linear * 4.0**-halvings
        if fits(*less, grid):
            return Quantised(LowRankStatistics.measured(*less, grid), halvings)
    raise InputError(
        "the loss is so steep that no proof could hold its yardstick",
        "measure the model of the round before",
    )


def fits(root: Floats, linear: Floats, grid: Grid) -> bool:
    """Whether B and c surely stay within the bounds of `LowRankStatistics` once rounded.

    Judged by their floats, rounding added, so that nothing is rounded that would not fit.
    """
    k = len(linear)
    near = 1 + k * 2.0**-50
    with np.errstate(over="ignore"):
        rows = np.abs(root).sum(axis=1) * 2.0 ** root_bits(grid) + k / 2
        target = np.abs(linear).sum() * float(grid.model_unit << grid.stats_bits) + k / 2
        return bool((rows**2).sum() * near < CURVATURE_BOUND and target * near < TARGET_BOUND)
