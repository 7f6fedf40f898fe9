"""Attacks made from several honest deltas, to pass as one of them and still do harm.

All attackers send the same vector. `known` are the honest deltas that they know, (k, d): their
own, or with full knowledge everyone's.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Literal

import numpy as np
import numpy.typing as npt

from market.errors import InputError
from market.robust.distances import norms, squared_distances

Floats = npt.NDArray[np.float64]
Direction = Literal["std", "unit", "sign"]


def a_little_is_enough(
    known: Floats, clients: int, attackers: int, deviations: float | None = None
) -> Floats:
    """ALIE: the mean, off by as many deviations in each coordinate as some honest deltas are.

    Baruch, Baruch and Goldberg, "A Little Is Enough: Circumventing Defenses For Distributed
    Learning", NeurIPS 2019 (arXiv 1902.06156).

    Args:
        known: (k, d), k >= 2.
        clients: n.
        attackers: f of them, less than half.
        deviations: z; the paper's z_max for n and f if not given.

    Raises:
        InputError: k < 2, or f out of range.
    """
    _check(known, 2)
    if deviations is None:
        supporters = clients // 2 + 1 - attackers
        if attackers < 0 or supporters < 1:
            raise InputError(f"{attackers} attackers of {clients} are no minority")
        honest = clients - attackers
        share = (honest - supporters) / honest
        # With so few clients that no honest one may be farther out, the mean is all there is.
        deviations = max(NormalDist().inv_cdf(share), 0.0) if share > 0 else 0.0
    return np.asarray(known.mean(axis=0) - deviations * known.std(axis=0))


def inner_product_manipulation(known: Floats, strength: float = 1.0) -> Floats:
    """Minus the mean, so that the aggregate's product with the true one is negative.

    Xie, Koyejo and Gupta, "Fall of Empires: Breaking Byzantine-tolerant SGD by Inner Product
    Manipulation", UAI 2019 (arXiv 1903.03936).

    Args:
        known: (k, d), k >= 1.
        strength: epsilon; below 1 is harder to tell from honest deltas, above is more harm.

    Raises:
        InputError: k < 1, or a strength that is not finite.
    """
    _check(known, 1)
    if not np.isfinite(strength):
        raise InputError(f"strength = {strength} must be finite")
    return np.asarray(-strength * known.mean(axis=0))


def min_max(known: Floats, direction: Direction = "std") -> Floats:
    """The mean, pushed as far as it stays within the largest distance between honest deltas.

    Shejwalkar and Houmansadr, "Manipulating the Byzantine", NDSS 2021. The paper
    searches for gamma; the distances are quadratic in it, so here it is their root.

    Args:
        known: (k, d), k >= 2.
        direction: where to push: against the deviations, the mean, or its signs.

    Raises:
        InputError: k < 2.
    """

    def factor(differences: Floats, push: Floats) -> float:
        # |difference + gamma push|^2 <= largest, for every row
        largest, squares = float(squared_distances(known).max()), float(push @ push)
        slope = differences @ push
        room = np.maximum(largest - norms(differences) ** 2, 0.0)
        return float(((np.sqrt(slope**2 + squares * room) - slope) / squares).min())

    return _pushed(known, direction, factor)


def min_sum(known: Floats, direction: Direction = "std") -> Floats:
    """The mean, pushed as far as its squared distances sum to no more than an honest delta's.

    Shejwalkar and Houmansadr, "Manipulating the Byzantine", NDSS 2021.

    Args:
        known: (k, d), k >= 2.
        direction: as in `min_max`.

    Raises:
        InputError: k < 2.
    """

    def factor(differences: Floats, push: Floats) -> float:
        # Around the mean the linear terms cancel: sum |mean + gamma push - x|^2
        # = k gamma^2 |push|^2 + sum |mean - x|^2.
        largest = float(squared_distances(known).sum(axis=1).max())
        room = max(largest - float((norms(differences) ** 2).sum()), 0.0)
        return math.sqrt(room / (len(known) * float(push @ push)))

    return _pushed(known, direction, factor)


def _pushed(
    known: Floats, direction: Direction, factor: Callable[[Floats, Floats], float]
) -> Floats:
    """The mean of `known`, pushed by `factor` of the mean less each row, (k, d), and the push."""
    _check(known, 2)
    mean, push = _mean_and_push(known, direction)
    if not push.any():
        return mean
    return np.asarray(mean + max(factor(mean - known, push), 0.0) * push)


def _mean_and_push(known: Floats, direction: Direction) -> tuple[Floats, Floats]:
    mean = known.mean(axis=0)
    if direction == "std":
        return mean, -known.std(axis=0)
    if direction == "sign":
        return mean, -np.sign(mean)
    if direction == "unit":
        length = float(norms(mean[None])[0])
        return mean, -mean / length if length else np.zeros_like(mean)
    raise InputError(f"no direction {direction!r}", "choose std, unit or sign")


def _check(known: Floats, least: int) -> None:
    if known.ndim != 2 or len(known) < least:
        raise InputError(f"known deltas of shape {known.shape}, where {least} rows are needed")
