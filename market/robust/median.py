"""Coordinate-wise median: Yin et al., "Byzantine-Robust Distributed Learning: Towards Optimal
Statistical Rates", ICML 2018 (arXiv 1803.01498), definition 1."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from market.robust.aggregate import Aggregate, Floats, check_deltas
from market.robust.distances import CHUNK


def coordinate_median(deltas: npt.ArrayLike) -> Aggregate:
    """The median of each coordinate; tolerates fewer attackers than half of the rows.

    Args:
        deltas: (n, d), n >= 1.

    Raises:
        InputError: no rows, or entries that are not finite.
    """
    return Aggregate(median_rows(check_deltas(deltas)))


def median_rows(rows: Floats) -> Floats:
    """The median of each coordinate of (n, d), a chunk of coordinates at a time."""
    parts = range(0, rows.shape[1], CHUNK)
    return np.concatenate([np.median(rows[:, s : s + CHUNK], axis=0) for s in parts])
