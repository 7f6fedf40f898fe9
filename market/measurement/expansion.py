"""The quadratic game of a round: v(theta) = 2<c, theta> - |B theta|^2, about the model.

Let L(theta) be the mean loss of the validation rows and g_a, H_a its gradient and Gauss-Newton
matrix at a point a. The quadratic that touches L at a, with Gauss-Newton for its curvature, is

    q(theta) = L(a) + <g_a, theta - a> + (theta - a)'H_a (theta - a) / 2
             = [L(a) - <g_a, a> + a'H_a a / 2]  +  <g_a - H_a a, theta>  +  theta'H_a theta / 2

Its curvature does not depend on the point about which it is written; its linear part about the
origin is g_a - H_a a, and its constant is a guess at L(0). A game needs no constant: v(nobody) is
0, and the true loss at the origin is attested by itself. What is gained is a loss that falls, so

    v(theta) = q(0) - q(theta) = -<g_a - H_a a, theta> - theta'H_a theta / 2

that is c = -(g_a - H_a a) / 2 and B'B = H_a / 2, of which B keeps the largest eigenvectors. v
counts in the loss's own units (nats for cross-entropy), as utility does: the loss, negative.

The contract's standard error follows (`market.game.deviation`). For logits Gauss-Newton is the
covariance of a row's gradient, so <c, D> has variance D'H D / (4 s) = |B D|^2 / (2 s) over draws of
s rows: sigma_i = sqrt(energy G_ii / s) with `energy` half a unit of utility. For half the squared
distance that covariance is kappa times Gauss-Newton, kappa the mean squared residual of an output:
half of kappa then, which is the loss by the number of outputs.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from market.errors import InputError
from market.measurement.losses import gradient_at
from market.measurement.network import Network
from market.measurement.products import gauss_newton_times
from market.measurement.rows import Rows
from market.measurement.spectrum import MEMORY, Spectrum, spectrum
from market.objectives import Loss

RANK = 32
"""Rows of B. Less loses accuracy, more gains little."""
BEYOND = 16
"""Eigenvectors that an evaluator keeps besides, to judge another's last ones by (`agreement`)."""


@dataclass(frozen=True, eq=False)
class Expansion:
    """A quadratic game about the origin, and what it was made from.

    Args:
        linear: c, (k,) float64.
        curvature: eigenpairs of H_a / 2, `rank` and some beyond.
        rank: rows of B.
        point: a, (k,) float64.
    """

    linear: Tensor
    curvature: Spectrum
    rank: int
    point: Tensor

    @property
    def root(self) -> Tensor:
        """B, (rank, k) float64."""
        return self.curvature.root(self.rank)

    def value(self, theta: Tensor) -> Tensor:
        """v of each theta (..., k): the loss that the step is said to take away."""
        theta = theta.double()
        curved = theta @ self.root.T
        return 2 * (theta @ self.linear) - (curved**2).sum(dim=-1)


def expand(
    network: Network, rows: Rows, point: Tensor, rank: int = RANK, memory: int = MEMORY
) -> Expansion:
    """The game of the mean loss, by its quadratic at a point.

    The linear part is exact: gradient and product with H_a in float64, of all of H_a and not of
    its part of rank `rank`. The eigenvectors are those of factors in float32, summed in float64.

    Args:
        point: a, (k,), as from `expansion_point`.
        memory: bytes for the factors (`market.measurement.spectrum`).

    Raises:
        InputError: a point of another length, the memory does not hold one factor, or the loss has
            no finite derivative at the point.
    """
    if point.shape != (network.k,):
        raise InputError(f"a point of shape {tuple(point.shape)} in {network.k} coordinates")
    a = point.double()
    slope = gradient_at(network, rows, a) - gauss_newton_times(network, rows, a, a[None])[0]
    found = spectrum(network, rows, a.float(), rank + BEYOND, memory)
    if not (bool(slope.isfinite().all()) and bool(found.values.isfinite().all())):
        raise InputError(
            "the loss has no finite derivatives here", "measure the model of the round before"
        )
    return Expansion(-slope / 2, Spectrum(found.values / 2, found.vectors), rank, a)


def energy(loss: Loss, mean_loss: float, outputs: int) -> float:
    """What the terms name as mean |y|^2 so that standard errors are right, in units of utility.

    Args:
        mean_loss: of the first model, for squared loss: errors are too wide once it is better.
        outputs: of the model; the terms themselves name 1.
    """
    return mean_loss / outputs if loss is Loss.SQUARED else 0.5
