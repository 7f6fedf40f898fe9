"""Accuracy of a linear model; needs no PyTorch."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from market.errors import InputError

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]


def evaluate(weights: Floats, X: Floats, y: Labels) -> float:
    """The share of rows whose largest output is at their label, in [0, 1].

    Raises:
        InputError: shapes that disagree, no rows, or a label out of range.
    """
    check_rows(weights, X, y)
    return float(((X @ weights).argmax(axis=1) == y).mean())


def squared_loss(weights: Floats, X: Floats, y: Labels) -> float:
    """Half the mean squared distance of outputs from one-hot labels: what utility counts down.

    Raises:
        InputError: as `evaluate`.
    """
    check_rows(weights, X, y)
    return float(((X @ weights - np.eye(weights.shape[1])[y]) ** 2).sum() / len(y) / 2)


def check_rows(weights: Floats, X: Floats, y: Labels) -> None:
    """Refuses rows that do not fit the weights, or hold NaN or infinity.

    Raises:
        InputError: says which.
    """
    if weights.ndim != 2 or X.ndim != 2 or X.shape[1] != weights.shape[0]:
        raise InputError(f"rows of shape {X.shape} do not fit weights of shape {weights.shape}")
    if len(X) == 0 or y.shape != (len(X),):
        raise InputError(f"rows of shape {X.shape} with labels of shape {y.shape}")
    if y.min() < 0 or y.max() >= weights.shape[1]:
        raise InputError(f"a label lies outside 0 to {weights.shape[1] - 1}")
    if not (np.isfinite(weights).all() and np.isfinite(X).all()):
        raise InputError("the weights or the rows hold NaN or infinity")
