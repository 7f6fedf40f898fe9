"""Losses of a batch: the mean over rows of one number a row."""

from __future__ import annotations

from enum import Enum

import torch
from torch import Tensor
from torch.nn import functional

from market.errors import InputError


class Loss(Enum):
    """What a model is trained for, and the shapes that go with it.

    CROSS_ENTROPY: outputs (n, C) as logits, y (n,) int64 classes; -log softmax at the class.
    SQUARED: outputs (n, T), y (n, T); half the squared distance.
    BCE: outputs (n, L) as logits, y (n, L) of 0 and 1; binary cross-entropy, summed over labels.
    """

    CROSS_ENTROPY = "cross-entropy"
    SQUARED = "squared"
    BCE = "bce"


def loss(kind: Loss, outputs: Tensor, y: Tensor) -> Tensor:
    """The mean loss of a batch, a tensor without axes, differentiable in `outputs`.

    Raises:
        InputError: shapes or dtypes other than `Loss` says, or no rows.
    """
    _check(kind, outputs, y)
    if kind is Loss.CROSS_ENTROPY:
        return functional.cross_entropy(outputs, y)
    if kind is Loss.SQUARED:
        return ((outputs - y) ** 2).sum(dim=1).mean() / 2
    return functional.binary_cross_entropy_with_logits(outputs, y, reduction="none").sum(1).mean()


def row_losses(kind: Loss, outputs: Tensor, y: Tensor) -> Tensor:
    """(n,): the loss of each row, of which `loss` is the mean.

    Raises:
        InputError: as `loss`.
    """
    _check(kind, outputs, y)
    if kind is Loss.CROSS_ENTROPY:
        return functional.cross_entropy(outputs, y, reduction="none")
    if kind is Loss.SQUARED:
        return ((outputs - y) ** 2).sum(dim=1) / 2
    return functional.binary_cross_entropy_with_logits(outputs, y, reduction="none").sum(1)


def _check(kind: Loss, outputs: Tensor, y: Tensor) -> None:
    classes = kind is Loss.CROSS_ENTROPY
    wanted = outputs.shape[:1] if classes else outputs.shape
    if outputs.ndim != 2 or len(outputs) == 0 or y.shape != wanted:
        raise InputError(
            f"{kind.value} of outputs {tuple(outputs.shape)} and labels {tuple(y.shape)}"
        )
    if (y.dtype == torch.int64) != classes:
        raise InputError(f"{kind.value} of labels of dtype {y.dtype}")
