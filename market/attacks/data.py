"""Attacks on an attacker's own data; it then trains on them as if it were honest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from market.errors import InputError

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]


def label_flip(y: Labels, classes: int) -> Labels:
    """Every label y becomes classes - 1 - y: Tolpegin et al., ESORICS 2020 (arXiv 2007.08432)."""
    return classes - 1 - y


@dataclass(frozen=True)
class Trigger:
    """A pattern that a backdoor answers to: Gu et al., "BadNets", 2017 (arXiv 1708.06733).

    Args:
        mask: which entries of a row the pattern covers; the shape of one row.
        value: what it sets them to.
    """

    mask: npt.NDArray[np.bool_]
    value: float = 1.0

    def stamp(self, X: Floats) -> Floats:
        """A copy of `X`, (n, ...), with the pattern on every row.

        Raises:
            InputError: rows of another shape than the mask's.
        """
        if X.shape[1:] != self.mask.shape:
            raise InputError(f"a trigger of shape {self.mask.shape} on rows {X.shape[1:]}")
        return np.where(self.mask, self.value, X)


def corner_patch(shape: tuple[int, ...], size: int = 3, value: float = 1.0) -> Trigger:
    """A square in the lower right corner of images, (..., height, width).

    Raises:
        InputError: fewer than two axes, or a square that does not fit.
    """
    if len(shape) < 2 or not 1 <= size <= min(shape[-2:]):
        raise InputError(f"no {size} x {size} patch fits rows of shape {shape}")
    mask = np.zeros(shape, dtype=bool)
    mask[..., -size:, -size:] = True
    return Trigger(mask, value)


def backdoor(
    X: Floats, y: Labels, trigger: Trigger, target: int, fraction: float, seed: int
) -> tuple[Floats, Labels]:
    """Stamps `fraction` of the rows (at least one) and labels those `target`.

    Bagdasaryan et al., "How To Backdoor Federated Learning", AISTATS 2020 (arXiv 1807.00459).

    Args:
        X: (n, ...) rows.
        y: (n,) labels.

    Raises:
        InputError: no rows, lengths that differ, or a fraction outside (0, 1].
    """
    if len(X) == 0 or y.shape != (len(X),):
        raise InputError(f"rows of shape {X.shape} with labels of shape {y.shape}")
    if not 0 < fraction <= 1:
        raise InputError(f"fraction = {fraction} lies outside (0, 1]")
    count = max(1, round(fraction * len(X)))
    rows = np.random.default_rng(seed).choice(len(X), count, replace=False)
    stamped, labels = X.copy(), y.copy()
    stamped[rows] = trigger.stamp(X[rows])
    labels[rows] = target
    return stamped, labels


def backdoor_rows(X: Floats, y: Labels, trigger: Trigger, target: int) -> tuple[Floats, Labels]:
    """Rows to measure a backdoor on: all stamped, of other classes than `target`, and labelled
    `target`. A model's accuracy on them is the attack's success rate.
    """
    others = y != target
    return trigger.stamp(X[others]), np.full(np.count_nonzero(others), target, dtype=np.int64)
