"""Whether committed statistics are those of the rows they are said to be of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from circuits.shape import FoldedShape
from market.contribution.exact import Integers
from market.contribution.grid import Grid
from market.contribution.statistics import ValidationStatistics
from market.errors import StorageError
from market.vectors import curvature_and_target

_ULP = 2.0**-52


def furthest(
    design: npt.NDArray[np.float64],
    y: npt.NDArray[np.int64],
    statistics: ValidationStatistics,
    committed: Sequence[int],
    shape: FoldedShape,
) -> float:
    """How far the committed H and c are from those of the rows, in what rounding explains.

    Two machines that add t floats in another order differ by at most t ulps of the sum of their
    magnitudes, and round the result to neighbouring integers. Up to 1 the two agree.

    Args:
        design: (t, F) scaled rows, bias included.
        y: (t,) labels.
        statistics: of those rows, by this machine.
        committed: the vector behind the terms' commitment: triangle of H, c, salts.
        shape: of the circuit.

    Raises:
        StorageError: the vector has another length than the circuit's.
    """
    if len(committed) != shape.statistics_length:
        raise StorageError(
            f"the committed statistics have {len(committed)} entries, "
            f"the circuit's {shape.statistics_length}"
        )
    H, c = curvature_and_target(committed, shape)
    size = np.abs(design)
    targets = np.eye(shape.classes)[y]
    grid = statistics.grid
    return max(
        _ratio(H, statistics.H, size.T @ size, float(1 << grid.stats_bits)),
        _ratio(c, statistics.c, size.T @ targets, _target_unit(grid)),
    )


def _target_unit(grid: Grid) -> float:
    return float(grid.model_unit << grid.stats_bits)


def _ratio(
    found: Integers, own: Integers, magnitudes: npt.NDArray[np.float64], unit: float
) -> float:
    """`magnitudes` are sums of absolute values: an ulp of a sum is t ulps of the mean."""
    away = np.abs(found.astype(object) - own.astype(object)).astype(np.float64)
    explained = 1.0 + magnitudes * unit * _ULP
    return float((away / explained).max())
