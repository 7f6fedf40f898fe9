"""Selection by value on the server's own rows, clipping and the exact step.

The market's own rule in floats; `market.game` has it in the contract's integers. Needs clean rows
at the server, and no number of attackers. It sees nothing that those rows do not show.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from market.arrays import as_floats
from market.errors import InputError
from market.robust.aggregate import Aggregate, Floats, check_deltas
from market.robust.distances import norms

Z = 3.0
"""Standard errors below zero at which chance is ruled out."""


@dataclass(frozen=True)
class Measured:
    """What the server's rows say of n deltas: U(w + sum q_i D_i) is about
    U(w) + sum q_i linear_i - sum q_i q_j curvature_ij.

    Args:
        linear: (n,), <gradient of U, D_i>.
        curvature: (n, n), <D_i, M D_j> with M half of minus the Hessian of U, or of what stands
            in for it.
        errors: (n,), standard errors of `linear`.

    Raises:
        InputError: shapes that disagree, NaN or infinity.
    """

    linear: Floats
    curvature: Floats
    errors: Floats

    def __post_init__(self) -> None:
        for name in ("linear", "curvature", "errors"):
            object.__setattr__(self, name, as_floats(name, getattr(self, name)))
        n = len(self.linear) if self.linear.ndim == 1 else -1
        if self.curvature.shape != (n, n) or self.errors.shape != (n,):
            raise InputError(
                f"measures of shapes {self.linear.shape}, {self.curvature.shape} and "
                f"{self.errors.shape}"
            )
        if not all(np.isfinite(part).all() for part in (self.linear, self.curvature, self.errors)):
            raise InputError("the measures hold NaN or infinity")


def proven_value(deltas: npt.ArrayLike, measured: Measured, extrapolate: bool = True) -> Aggregate:
    """The deltas that are worth something, none longer than the others, as far as it pays.

    Deltas longer than the lower median norm of those whose value alone is above one standard error
    enter shortened to it. While the value of one, in the game that is played with fixed weights, is
    below -3 standard errors, the one furthest below leaves. What is left moves the model by the
    exact line search, and not at all where that is uphill.

    Args:
        deltas: (n, d), n >= 1.
        measured: of these deltas.
        extrapolate: whether the step may be longer than the mean of those that are worth
            something; no, where U is not quadratic.

    Raises:
        InputError: no rows, entries that are not finite, or measures of other deltas.
    """
    rows = check_deltas(deltas)
    linear, curvature, errors = measured.linear, measured.curvature, measured.errors
    if len(linear) != len(rows):
        raise InputError(f"measures of {len(linear)} deltas for {len(rows)}")
    lengths = norms(rows)
    moved = lengths > 0
    worth = moved & (linear > errors)
    among = np.sort(lengths[worth if worth.any() else moved])
    clipped = np.ones(len(rows))
    if len(among):
        limit = among[(len(among) - 1) // 2]
        clipped = np.divide(limit, lengths, out=clipped, where=lengths > limit)
    left = np.ones(len(rows), dtype=bool)
    while True:
        weights = np.where(left, clipped, 0.0)
        step = _step(weights, linear, curvature)
        values = linear - step * curvature @ weights
        below = left & (values + Z * errors < 0)
        if left.sum() == 1 or not below.any():
            break
        left[min(np.flatnonzero(below), key=lambda i: clipped[i] * values[i])] = False
    if not extrapolate:
        counted = left.sum()
        most = max(1.0, counted / max((left & worth).sum(), 1))
        step = min(step, most / counted)
    weights = step * weights
    return Aggregate(weights @ rows, np.flatnonzero(left), weights)


def _step(weights: Floats, linear: Floats, curvature: Floats) -> float:
    """Of the exact line search along `weights`."""
    upward, curved = float(weights @ linear), float(weights @ curvature @ weights)
    return upward / (2 * curved) if upward > 0 and curved > 0 else 0.0
