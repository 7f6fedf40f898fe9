"""What federation should add, from the owner's own rows alone.

A model fitted to s rows looks better on them than it is, and is worse on others than the best there
is. For least squares with p parameters and noise of variance v the first error is about
v (1 - p/s), the second v (1 + p/s) (Hastie et al., "The Elements of Statistical Learning", 7.4):
what rows without end would reach lies midway. Both ends are measured here, the second by
cross-validation.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from market.errors import InputError

Floats = npt.NDArray[np.float64]

FOLDS = 5
_PENALTIES = tuple(10.0 ** (exponent / 2) for exponent in range(-8, 3))


def expected_gain(
    X: Floats, y: npt.NDArray[np.int64], classes: int, initial: Floats | None = None
) -> float:
    """The utility above the initial model's that rows without end would reach.

    Midway between the utility of a ridge regression on the rows that it was fitted to, and on rows
    that it was not (5 folds); the penalty is the one that does best on the latter. At least 0.

    Args:
        X: (s, F) design matrix, bias column included.
        y: (s,) class labels.
        initial: (F, C) weights of the model to begin with; zeros if none are given.

    Raises:
        InputError: fewer rows than folds.
    """
    if len(X) < FOLDS or y.shape != (len(X),):
        raise InputError(f"{len(X)} rows are too few to say what to expect", "have more")
    Y = np.eye(classes)[y]
    # Sorted by label and dealt in turn, every fold has its share of each.
    fold = np.empty(len(y), dtype=np.int64)
    fold[np.argsort(y, kind="stable")] = np.arange(len(y)) % FOLDS
    unseen = np.zeros(len(_PENALTIES))
    for held in range(FOLDS):
        inside, outside = fold != held, fold == held
        for place, model in enumerate(_ridges(X[inside], Y[inside])):
            unseen[place] += _utility(model, X[outside], Y[outside]) * outside.sum() / len(y)
    best = int(np.argmax(unseen))
    seen = _utility(_ridges(X, Y)[best], X, Y)
    # Fitted to none of the rows, the initial model looks on them as it is.
    begins = 0.0 if initial is None else _utility(initial, X, Y)
    return max((seen + float(unseen[best])) / 2 - begins, 0.0)


def _ridges(X: Floats, Y: Floats) -> list[Floats]:
    """The model (F, C) of each penalty, in units of the mean squared norm of a row."""
    values, vectors = np.linalg.eigh(X.T @ X)
    values = np.maximum(values, 0.0)
    unit = max(float(values.sum()) / len(values), 1e-300)
    side = vectors.T @ (X.T @ Y)
    return [vectors @ (side / (values + penalty * unit)[:, None]) for penalty in _PENALTIES]


def _utility(model: Floats, X: Floats, Y: Floats) -> float:
    outputs = X @ model
    return float((2 * (Y * outputs).sum() - (outputs**2).sum()) / len(X))
