"""How good predictions are, by scikit-learn; what is not defined is None and never a guess."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn import metrics

from market.arrays import Floats, as_floats
from market.errors import InputError


@dataclass(frozen=True)
class ClassMetrics:
    """Of one class a row.

    Args:
        accuracy: share of rows whose highest output is at their class.
        macro_f1: mean F1 of the classes that rows or predictions have.
        auc: mean over classes of the area under the curve of one against the rest (Fawcett, "An
            introduction to ROC analysis", 2006, section 9); None unless every class is there.
        recall: of each class; None where no row has it.
    """

    accuracy: float
    macro_f1: float
    auc: float | None
    recall: tuple[float | None, ...]


@dataclass(frozen=True)
class LabelMetrics:
    """Of several labels a row.

    Args:
        accuracy: share of labels that are right.
        macro_f1: mean F1 of the labels.
        auc: mean area under the curve of the labels; None unless each has both answers.
        f1: of each label.
    """

    accuracy: float
    macro_f1: float
    auc: float | None
    f1: tuple[float, ...]


@dataclass(frozen=True)
class NumberMetrics:
    """Of numbers: the mean absolute error over all, and of each."""

    mae: float
    each: tuple[float, ...]


def class_metrics(outputs: object, y: object) -> ClassMetrics:
    """Of outputs (n, C), logits or probabilities, and classes y (n,).

    Raises:
        InputError: shapes that disagree, no rows, NaN or infinity, or a class out of range.
    """
    scores, labels = _finite("outputs", outputs), _finite("y", y)
    if scores.ndim != 2 or scores.shape[1] < 2 or labels.shape != scores.shape[:1]:
        raise InputError(f"outputs of shape {scores.shape} with classes of shape {labels.shape}")
    classes = scores.shape[1]
    if (labels != np.rint(labels)).any() or labels.min() < 0 or labels.max() >= classes:
        raise InputError(f"a class is none of 0 to {classes - 1}")
    truth, guess = labels.astype(np.int64), scores.argmax(axis=1)
    curves = [_auc(truth == place, scores[:, place]) for place in range(classes)]
    hits = np.bincount(truth[truth == guess], minlength=classes)
    rows = np.bincount(truth, minlength=classes)
    return ClassMetrics(
        accuracy=float(metrics.accuracy_score(truth, guess)),
        macro_f1=float(metrics.f1_score(truth, guess, average="macro", zero_division=0)),
        auc=_mean(curves),
        recall=tuple(float(h / n) if n else None for h, n in zip(hits, rows, strict=True)),
    )


def label_metrics(outputs: object, y: object) -> LabelMetrics:
    """Of logits (n, L), yes where above 0, and labels y (n, L) of 0 and 1.

    Raises:
        InputError: shapes that disagree, no rows, NaN or infinity, or labels other than 0 and 1.
    """
    scores, labels = _pair(outputs, y)
    if ((labels != 0) & (labels != 1)).any():
        raise InputError("a label is neither 0 nor 1")
    truth, guess = labels > 0, scores > 0
    f1 = [
        float(metrics.f1_score(truth[:, place], guess[:, place], zero_division=0))
        for place in range(truth.shape[1])
    ]
    curves = [_auc(truth[:, place], scores[:, place]) for place in range(truth.shape[1])]
    return LabelMetrics(float((truth == guess).mean()), float(np.mean(f1)), _mean(curves), (*f1,))


def number_metrics(outputs: object, y: object) -> NumberMetrics:
    """Of numbers (n, T) and those that they should be, y (n, T).

    Raises:
        InputError: shapes that disagree, no rows, NaN or infinity.
    """
    scores, truth = _pair(outputs, y)
    each = metrics.mean_absolute_error(truth, scores, multioutput="raw_values")
    return NumberMetrics(float(np.mean(each)), tuple(float(value) for value in each))


def _auc(truth: npt.NDArray[np.bool_], scores: Floats) -> float | None:
    """Where all rows have one answer there is no curve."""
    if truth.all() or not truth.any():
        return None
    return float(metrics.roc_auc_score(truth, scores))


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if len(known) == len(values) else None


def _pair(outputs: object, y: object) -> tuple[Floats, Floats]:
    scores, truth = _finite("outputs", outputs), _finite("y", y)
    if scores.ndim != 2 or scores.shape != truth.shape:
        raise InputError(f"outputs of shape {scores.shape} with labels of shape {truth.shape}")
    return scores, truth


def _finite(name: str, value: object) -> Floats:
    array = as_floats(name, value)
    if array.size == 0 or not np.isfinite(array).all():
        raise InputError(f"{name} of shape {array.shape}: there is nothing, NaN or infinity")
    return array
