"""Whether another evaluator has measured the same, floats of different machines allowed for.

Who agrees attests the other's very bytes, so the first to speak must not gain from saying its
own. Loss and c are compared as they are. B is not: eigenvectors have no sign, and where two
eigenvalues meet no direction. What is compared is what B says about curvature, in two parts:

1. On the space that their rows span, their B'B is my curvature, in every direction of it.
2. It holds as much of the curvature as mine, in all: they have not left out what is large.

From both follows that it is as good a matrix of that rank as mine, whichever of two equal
eigenvectors stands last in it. A difference e of B'B moves v by at most e |theta|^2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from market.contribution.lowrank import root_bits
from market.measurement.assessment import Assessment
from market.measurement.expansion import Expansion
from market.measurement.quantised import Quantised


@dataclass(frozen=True)
class Measured:
    """All that is attested of a model, as integers."""

    assessment: Assessment
    yardstick: Quantised


@dataclass(frozen=True)
class Tolerance:
    """How far two honest machines may be apart; docs/any-model.md has what was measured.

    Args:
        utility: of the utility's and the spread's distance, relative.
        linear: of |c - c'|, relative to |c|.
        curvature: of the largest difference along a direction, relative to the largest curvature,
            and of the sums of eigenvalues, relative to mine.
    """

    utility: float = 1e-6
    linear: float = 1e-4
    curvature: float = 1e-4


@dataclass(frozen=True)
class Distance:
    """How far theirs is from mine, in units of what `Tolerance` bounds; rounding is taken off."""

    utility: float
    spread: float
    linear: float
    curvature: float
    missing: float


def distance(mine: Expansion, own: Assessment, theirs: Measured) -> Distance:
    """How far another measurement is from one's own."""
    yardstick = theirs.yardstick
    rank = mine.rank
    c = torch.from_numpy(yardstick.linear)
    scale = float(mine.linear.norm()) or 1.0
    B = torch.from_numpy(np.ascontiguousarray(yardstick.root))
    values, vectors = _eigenpairs(B)
    largest = float(mine.curvature.values[0]) or 1.0
    seen = vectors @ mine.curvature.root(len(mine.curvature.values)).cpu().T
    difference = seen @ seen.T - torch.diag(values)
    apart = float(torch.linalg.matrix_norm(difference, 2)) if len(values) else 0.0
    # Rounding is as good as noise of deviation unit / sqrt(12). Within a space of m dimensions it
    # is a matrix of norm 2 sqrt(m) deviations, and moves B'B by that times |B|; the sum of its
    # eigenvalues moves by 2 |B|_F deviations. Both are allowed for twice.
    unit = 2.0 ** (yardstick.halvings - root_bits(yardstick.statistics.grid))
    deviation = unit / 12**0.5
    rounded = 4 * (largest * rank) ** 0.5 * deviation + len(c) * deviation**2
    total = float(mine.curvature.values[:rank].sum())
    total_rounded = 4 * total**0.5 * deviation
    return Distance(
        utility=_relative(theirs.assessment.utility, own.utility),
        spread=_relative(theirs.assessment.spread, own.spread),
        linear=float((c - mine.linear.cpu()).norm()) / scale,
        curvature=max(apart - rounded, 0.0) / largest,
        missing=max(total - float(values.sum()) - total_rounded, 0.0) / (total or 1.0),
    )


def agrees(
    mine: Expansion, own: Assessment, theirs: Measured, tolerance: Tolerance | None = None
) -> tuple[str, ...]:
    """Why another's measurement is not one's own; nothing where it is.

    Args:
        mine: by this machine, about the point of its own.
        own: utility and spread by this machine.
        theirs: opened and checked, as `LowRankStatistics.opened` does.
    """
    shape = (mine.rank, len(mine.linear))
    if theirs.yardstick.statistics.root.shape != shape:
        return (f"a yardstick of {theirs.yardstick.statistics.root.shape}, not {shape}",)
    allowed = tolerance or Tolerance()
    found = distance(mine, own, theirs)
    return tuple(
        f"{name} is apart by {apart:.2g}, more than {most:.2g}"
        for name, apart, most in (
            ("the utility", found.utility, allowed.utility),
            ("its spread", found.spread, allowed.utility),
            ("the linear part", found.linear, allowed.linear),
            ("the curvature", found.curvature, allowed.curvature),
            ("the sum of curvature", found.missing, allowed.curvature),
        )
        if not apart <= most
    )


def _eigenpairs(root: Tensor) -> tuple[Tensor, Tensor]:
    """Those of B'B that are not zero: values (r,), vectors (r, k)."""
    _, singular, vectors = torch.linalg.svd(root, full_matrices=False)
    held = singular > 1e-12 * max(float(singular.max()), 1e-300)
    return singular[held] ** 2, vectors[held]


def _relative(theirs: int, own: int) -> float:
    if theirs == own:
        return 0.0
    return abs(theirs - own) / max(abs(own), 1)
