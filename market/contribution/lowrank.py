"""Curvature of low rank: the root B of H = B'B, and c, as integers that a round is proven about.

A measured round is about the origin of its coordinates (`circuits.lowrank`): with the step t of a
coalition its value is v = 2<c, t> - |B t|^2. The rows of B are eigenvectors of the Gauss-Newton
matrix times the roots of their eigenvalues, so one bit of B is two of H.

What rounding B does. It moves each entry by at most a half, and so each <B_j, D> by at most
|D|_1 / 2 <= sqrt(k) |D| / 2: the root of G_ii = |B D_i|^2 moves by at most sqrt(m k K_ii) / 2.
Where the errors are independent and even, G_ii grows by m K_ii / 12 in the mean. It never becomes
negative, however B was rounded: a contract that asks for 0 <= G_ii asks nothing of the honest,
while H rounded entry by entry needs an allowance (RoundGame.requireCurved).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from circuits.lowrank_shape import LowRankShape
from market.contribution.exact import Integers, as_integers, round_to_integers
from market.contribution.grid import Grid
from market.errors import InputError

STATS_BITS = 26
"""Further bits of the curvature: 13 of B. G_ii is wrong by m |D|^2 / 2^30 or so, for m = 32 by some
0.00004 of itself where the curvature along D is a thousandth."""

CURVATURE_BOUND, TARGET_BOUND = 1 << 60, 1 << 140
"""Of sum_j |B_j|_1^2 over the rows of B, and of |c|_1.

|<B D, B D'>| <= sum_j |B_j|_1^2 max |D| max |D'|, so below them no deltas in range make claims that
the contract refuses (RoundGame.sol). The first also keeps every entry of B below 2^30.
"""


@dataclass(frozen=True)
class LowRankStatistics:
    """What scoring a measured round takes.

    Args:
        root: B (m, k), round(2**(stats_bits / 2) * its real entries).
        target: c (k,), at scale 2**(stats_bits + scale_bits) * lattice.
        grid: that both are rounded to.

    Raises:
        InputError: shapes that disagree, `stats_bits` is odd, or entries so large that the contract
            would refuse true claims.
    """

    root: Integers
    target: Integers
    grid: Grid

    def __post_init__(self) -> None:
        if self.root.ndim != 2 or self.target.shape != self.root.shape[1:]:
            raise InputError(
                f"a root of shape {self.root.shape} with a linear part of {self.target.shape}"
            )
        root_bits(self.grid)
        rows = [sum(abs(int(entry)) for entry in row) for row in self.root]
        if sum(length**2 for length in rows) >= CURVATURE_BOUND:
            raise InputError(
                "the curvature is so large that the contract would refuse true claims",
                "measure in coordinates of a smaller scale, or at fewer bits",
            )
        if sum(abs(int(entry)) for entry in self.target) >= TARGET_BOUND:
            raise InputError(
                "the linear part is so large that the contract would refuse true claims",
                "measure in coordinates of a smaller scale, or at fewer bits",
            )

    @classmethod
    def measured(
        cls, root: npt.NDArray[np.float64], target: npt.NDArray[np.float64], grid: Grid
    ) -> LowRankStatistics:
        """The nearest integers to a measured yardstick.

        Args:
            root: (m, k), in units of the coordinates.
            target: (k,), the exact linear part.

        Raises:
            InputError: as the class, or an entry is NaN or infinite.
        """
        B = round_to_integers(np.asarray(root * 2.0 ** root_bits(grid)))
        c = round_to_integers(np.asarray(target * float(grid.model_unit << grid.stats_bits)))
        return cls(B, c, grid)

    @classmethod
    def opened(cls, vector: Sequence[int], shape: LowRankShape, grid: Grid) -> LowRankStatistics:
        """Those of a committed vector, which a stranger may have chosen.

        Args:
            vector: B row by row, c, salts.

        Raises:
            InputError: as the class, or another length than the circuit's.
        """
        if len(vector) != shape.statistics_length:
            raise InputError(
                f"the statistics have {len(vector)} entries, the circuit's "
                f"{shape.statistics_length}"
            )
        end = shape.root_length
        root = as_integers(list(vector[:end])).reshape(shape.rank, shape.features)
        return cls(root, as_integers(list(vector[end : end + shape.features])), grid)

    @property
    def entries(self) -> list[int]:
        """B row by row and c: what `market.vectors.salted` makes a committed vector of."""
        return [int(entry) for entry in (*self.root.reshape(-1), *self.target)]

    def shape(self, slots: int) -> LowRankShape:
        """Of the circuit that rounds with these statistics are proven by."""
        rank, coordinates = self.root.shape
        return LowRankShape(slots, coordinates, rank=rank)


def root_bits(grid: Grid) -> int:
    """Fractional bits of B: half of those of H.

    Raises:
        InputError: there is no half of them.
    """
    if grid.stats_bits % 2:
        raise InputError(
            f"a root has half of the {grid.stats_bits} bits of the curvature",
            f"use an even number, like {STATS_BITS}",
        )
    return grid.stats_bits // 2


def step_value(statistics: LowRankStatistics, step: Sequence[int]) -> int:
    """v = 2<c, t> - |B t|^2 of a step t (k,), in units of 1 / `Grid.utility_unit`.

    Args:
        step: integers in units of the grid's model, as `Grid.step` adds them to it.
    """
    B, c = statistics.root.astype(object), statistics.target.astype(object)
    t = np.array([int(entry) for entry in step], dtype=object)
    return int(2 * (c @ t) - ((B @ t) ** 2).sum())
