"""A trainer's rows, a batch at a time: only a batch of them is ever copied.

Rows may be arrays of NumPy, memory maps of files larger than memory, or tensors.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from market.errors import InputError
from market.objectives.losses import Loss

Array = npt.NDArray[Any] | Tensor
Indices = npt.NDArray[np.int64]
_FLOATS = (torch.float32, torch.float64, torch.float16, torch.bfloat16)
_SCANNED = 1 << 20


class LabelledRows:
    """Rows and labels as a loss takes them.

    Args:
        rows: (n, ...); floats become float32, whole numbers (tokens) int64.
        labels: (n,) whole numbers for cross-entropy, else (n, T); BCE's are 0 and 1.
        loss: what they are for.

    Raises:
        InputError: no rows, lengths or dtypes that do not go together, a label that no loss has.
    """

    def __init__(self, rows: Array, labels: Array, loss: Loss) -> None:
        if rows.ndim < 1 or len(rows) == 0 or len(rows) != len(labels):
            raise InputError(f"{len(rows)} rows with {len(labels)} labels")
        self._rows, self._labels, self.loss = rows, labels, loss
        self._classes = loss is Loss.CROSS_ENTROPY
        if labels.ndim != (1 if self._classes else 2):
            raise InputError(f"{loss.value} of labels of shape {tuple(labels.shape)}")
        self.batch(np.zeros(1, dtype=np.int64))
        self.highest = self._check_labels()
        """The highest class; 0 where labels are no classes."""

    def __len__(self) -> int:
        return len(self._labels)

    def batch(self, indices: Indices, device: torch.device | str = "cpu") -> tuple[Tensor, Tensor]:
        """The rows and labels at ascending `indices`, on the device.

        Raises:
            InputError: a row holds NaN or infinity, or a number beyond float32.
        """
        x = rows_at(self._rows, indices, device)
        y = _as_tensor("labels", self._labels, indices)
        if not self._classes:
            y = y.float()
        elif y.dtype != torch.int64:
            raise InputError(f"{self.loss.value} of labels of dtype {self._labels.dtype}")
        return x, y.to(device)

    def batches(
        self, indices: Indices, size: int, device: torch.device | str = "cpu"
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """The rows at ascending `indices`, `size` at a time."""
        for start in range(0, len(indices), size):
            yield self.batch(indices[start : start + size], device)

    def check_outputs(self, outputs: Tensor) -> None:
        """Refuses classes that the outputs do not have, which on a GPU would end the process.

        Raises:
            InputError: there is one.
        """
        if self._classes and outputs.ndim == 2 and self.highest >= outputs.shape[1]:
            raise InputError(
                f"class {self.highest} of a network whose outputs are {outputs.shape[1]} classes"
            )

    def _check_labels(self) -> int:
        highest = 0
        for start in range(0, len(self), _SCANNED):
            some = np.arange(start, min(start + _SCANNED, len(self)))
            part = _as_tensor("labels", self._labels, some)
            if not bool(part.isfinite().all()):
                raise InputError("the labels hold NaN or infinity")
            if self._classes:
                if int(part.min()) < 0:
                    raise InputError(f"a label is {int(part.min())}: classes count from 0")
                highest = max(highest, int(part.max()))
            elif self.loss is Loss.BCE and not bool(((part == 0) | (part == 1)).all()):
                raise InputError("a label is neither 0 nor 1")
        return highest


def rows_at(rows: Array, indices: Indices, device: torch.device | str = "cpu") -> Tensor:
    """The rows at ascending `indices`, on the device.

    Raises:
        InputError: as `LabelledRows.batch`, or rows of another dtype.
    """
    x = _as_tensor("rows", rows, indices)
    finite = x.isfinite().flatten(1).all(1) if x.ndim > 1 else x.isfinite()
    if not bool(finite.all()):
        row = indices[int(torch.nonzero(~finite)[0])]
        raise InputError(f"row {row} holds NaN, infinity or a number beyond float32")
    return x.to(device)


def _as_tensor(what: str, array: Array, indices: Indices) -> Tensor:
    if isinstance(array, Tensor):
        part = array[torch.as_tensor(indices, device=array.device)].detach()
    else:
        try:
            part = torch.as_tensor(np.ascontiguousarray(array[indices]))
        except TypeError as error:
            raise InputError(f"{what} of dtype {array.dtype}") from error
    if part.dtype in _FLOATS:
        return part.float()
    if part.dtype in (torch.int64, torch.int32):
        return part.long()
    raise InputError(
        f"{what} of dtype {array.dtype}",
        "make them float32, or int64 where they are classes, tokens or 0 and 1",
    )


def shuffled(indices: Indices, size: int, generator: torch.Generator) -> Iterator[Indices]:
    """All of them in random batches of `size`, the last of what is left; each ascending.

    Ascending is how a file is read; the order within a batch means nothing to its loss.
    """
    order = torch.randperm(len(indices), generator=generator).numpy()
    for start in range(0, len(order), size):
        yield np.sort(indices[order[start : start + size]])
