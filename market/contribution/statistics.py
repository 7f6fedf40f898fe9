"""Validation statistics, and the integers of a round that every score is computed from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from market.contribution.exact import (
    Integers,
    difference,
    inner,
    product,
    round_to_integers,
)
from market.contribution.grid import Grid
from market.errors import InputError


@dataclass(frozen=True)
class ValidationStatistics:
    """All that scoring needs to know of the owner's validation rows.

    Args:
        H: (F, F) symmetric, round(2**stats_bits * X'X / t) over t rows.
        c: (F, C), round(2**(stats_bits + scale_bits) * lattice * X'Y / t), Y one-hot.
        grid: the grid that both are rounded to.
        rows: t.
        energy: mean |y|^2 of the rows, at scale `Grid.utility_unit`.
    """

    H: Integers
    c: Integers
    grid: Grid
    rows: int
    energy: int

    @property
    def outputs(self) -> int:
        """C."""
        return int(self.c.shape[1])


@dataclass(frozen=True)
class RoundGame:
    """The integers that selection and scores of a round of n trainers follow from.

    Args:
        K: n x n, <Q_i, Q_j>.
        G: n x n, <Q_i, H Q_j>, at scale 2**(stats + 2 * scale).
        b: n, <c - H W, Q_i>, at scale 2**(stats + 2 * scale) * lattice.
        U: the utility of the model before the round, at scale `Grid.utility_unit`.
    """

    K: list[list[int]]
    G: list[list[int]]
    b: list[int]
    U: int

    def among(self, selected: Sequence[int]) -> RoundGame:
        """The same game played by the trainers in the `selected` slots only."""
        return RoundGame(
            K=[[self.K[i][j] for j in selected] for i in selected],
            G=[[self.G[i][j] for j in selected] for i in selected],
            b=[self.b[i] for i in selected],
            U=self.U,
        )


def validation_statistics(
    X: npt.NDArray[np.float64], y: npt.NDArray[np.int64], classes: int, grid: Grid
) -> ValidationStatistics:
    """The integer statistics of t validation rows.

    Args:
        X: (t, F) design matrix, bias column included.
        y: (t,) class labels in [0, classes).

    Raises:
        InputError: no rows, shapes that disagree, a label out of range, NaN or infinity.
    """
    if X.ndim != 2 or len(X) == 0 or y.shape != (len(X),):
        raise InputError(f"validation rows of shape {X.shape} with labels of shape {y.shape}")
    if y.min() < 0 or y.max() >= classes:
        raise InputError(f"a validation label lies outside 0 to {classes - 1}")
    targets = np.eye(classes)[y]
    moments = X.T @ X / len(X)
    # BLAS may round the two triangles differently; the closed forms need exact symmetry.
    H = round_to_integers(np.triu(moments) * 2.0**grid.stats_bits)
    H = H + np.triu(H, 1).T
    c = round_to_integers(X.T @ targets / len(X) * float(grid.model_unit << grid.stats_bits))
    # Each row's target is a unit vector.
    return ValidationStatistics(H, c, grid, rows=len(X), energy=grid.utility_unit)


def utility(statistics: ValidationStatistics, model: Integers) -> int:
    """U(W) = 2<c, W> - <W, H W>, in units of 1 / `Grid.utility_unit`.

    It is affine in the validation loss: loss = (mean squared norm of Y - U) / 2.
    """
    residual = difference(statistics.c, product(statistics.H, model))
    return inner(statistics.c, model) + inner(residual, model)


def round_game(
    statistics: ValidationStatistics, model: Integers, deltas: Sequence[Integers]
) -> RoundGame:
    """Everything that the round's deltas (n of shape (F, C)) do to the integer `model` (F, C).

    Raises:
        InputError: no deltas, or shapes that disagree.
    """
    shape = statistics.c.shape
    if len(deltas) == 0 or model.shape != shape or any(Q.shape != shape for Q in deltas):
        raise InputError(f"the model and at least one delta must have shape {shape}")
    flat = np.stack([Q.reshape(-1) for Q in deltas])
    curved = np.stack([product(statistics.H, Q).reshape(-1) for Q in deltas])
    residual = difference(statistics.c, product(statistics.H, model))
    return RoundGame(
        K=_nested(product(flat, flat.T)),
        G=_nested(product(flat, curved.T)),
        b=_nested(product(flat, residual.reshape(-1, 1)).T)[0],
        U=utility(statistics, model),
    )


def _nested(matrix: Integers) -> list[list[int]]:
    return [[int(entry) for entry in row] for row in matrix]
