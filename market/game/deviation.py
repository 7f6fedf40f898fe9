"""How far chance moves what the validation rows say of a delta.

H is fixed by the rows' inputs; what another draw of rows would change is the residual. With s rows
and residuals of variance kappa an output, independent of the inputs, b_i = <X'(Y - Xw)/s, D_i> has

    Var(b_i) = kappa <D_i, H D_i> / s = kappa G_ii / s,      kappa = (mean |y|^2 - U(w)) / C

as the mean squared residual of a row is mean |y|^2 - U(w). In integers lattice and scales cancel:
docs/contribution.md derives it.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt

from market.game.rules import Yardstick

SATURATED = 2**128 - 1
"""The largest deviation; what no product of the contract's can outgrow."""


def deviations(diagonal: Sequence[int], utility: int, yardstick: Yardstick) -> list[int]:
    """sigma_i: the standard error of every b_i, in units of b, rounded down.

    Args:
        diagonal: n, G_ii.
        utility: U of the model before the round.
    """
    unexplained = max(yardstick.energy - utility, 0)
    samples = yardstick.outputs * yardstick.rows
    return [min(isqrt(unexplained * max(own, 0) // samples), SATURATED) for own in diagonal]
