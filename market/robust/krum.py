"""Krum and multi-Krum: Blanchard et al., "Machine Learning with Adversaries: Byzantine Tolerant
Gradient Descent", NeurIPS 2017 (arXiv 1703.02757).

`market.game.outliers` is the same rule in exact integers, for the contract.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from market.arrays import as_integer
from market.errors import InputError
from market.robust.aggregate import (
    Aggregate,
    Floats,
    Slots,
    average_of,
    check_deltas,
    check_tolerance,
)
from market.robust.distances import squared_distances


def krum(deltas: npt.ArrayLike, f: int) -> Aggregate:
    """The row whose n - f - 2 nearest peers are nearest; of equals the first.

    Args:
        deltas: (n, d), n >= 2f + 3.
        f: Byzantine clients to tolerate.

    Raises:
        InputError: n < 2f + 3, or entries that are not finite.
    """
    rows = _checked(deltas, f)
    return average_of(rows, _ranked(rows, f)[:1])


def multi_krum(deltas: npt.ArrayLike, f: int, select: int | None = None) -> Aggregate:
    """The mean of the `select` rows with the lowest Krum scores.

    Args:
        deltas: (n, d), n >= 2f + 3.
        f: Byzantine clients to tolerate.
        select: 1 to n - f rows; n - f if not given, as in the market's contract. The paper's
            bound on what an adversary can do holds up to n - f - 2.

    Raises:
        InputError: n < 2f + 3, `select` out of range, or entries that are not finite.
    """
    rows = _checked(deltas, f)
    kept = len(rows) - f if select is None else as_integer("select", select, 1)
    if kept > len(rows) - f:
        raise InputError(f"select = {kept} lies outside 1 to n - f = {len(rows) - f}")
    return average_of(rows, np.sort(_ranked(rows, f)[:kept]))


def krum_scores(distances: Floats, neighbours: int) -> Floats:
    """Each row's squared distances to its nearest `neighbours` peers, summed.

    Args:
        distances: (n, n) squared distances.
        neighbours: 0 to n - 1.
    """
    n = len(distances)
    others = distances[~np.eye(n, dtype=bool)].reshape(n, n - 1)
    return np.asarray(np.sort(others, axis=1)[:, :neighbours].sum(axis=1))


def _checked(deltas: npt.ArrayLike, f: int) -> Floats:
    rows = check_deltas(deltas)
    check_tolerance(f, len(rows), "Krum", each=2, besides=3)
    return rows


def _ranked(rows: Floats, f: int) -> Slots:
    scores = krum_scores(squared_distances(rows), len(rows) - f - 2)
    return np.argsort(scores, kind="stable")
