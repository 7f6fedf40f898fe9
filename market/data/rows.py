"""Labelled rows that fit a schema: what all readers give, and all that training takes."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from market.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor, device


@dataclass(frozen=True, eq=False)
class Rows:
    """Labelled rows; neither array can be written to.

    Args:
        X: (n, *shape) float32, float64 or int64, contiguous.
        y: (n,) int64 classes, or (n, T) float32.
        notes: what a person should know and reading did not refuse: rows left out, columns that
            nobody asked for, classes of which there is no row.

    Raises:
        InputError: no rows, or another number of labels.
    """

    X: npt.NDArray[Any]
    y: npt.NDArray[Any]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.X) == 0 or len(self.X) != len(self.y):
            raise InputError(f"{len(self.X)} rows with {len(self.y)} labels")
        for name in ("X", "y"):
            locked = np.ascontiguousarray(getattr(self, name)).view()
            locked.flags.writeable = False
            object.__setattr__(self, name, locked)

    def __len__(self) -> int:
        return len(self.y)

    def batches(self, size: int) -> Iterator[tuple[npt.NDArray[Any], npt.NDArray[Any]]]:
        """The rows in order, `size` at a time (the last may be fewer): views, nothing is copied.

        Raises:
            InputError: a size below 1.
        """
        if size < 1:
            raise InputError(f"a batch of {size} rows")
        for start in range(0, len(self), size):
            yield self.X[start : start + size], self.y[start : start + size]

    def take(self, indices: npt.NDArray[np.int64]) -> Rows:
        """The rows at `indices`, copied."""
        return Rows(self.X[indices], self.y[indices], self.notes)

    def tensors(self, on: device | str = "cpu") -> tuple[Tensor, Tensor]:
        """X and y as tensors.

        On the CPU they share the arrays' memory, so that slices of them are batches without a
        copy too; whoever writes into one writes into these rows.
        """
        import torch  # seconds, and reading data needs none of it

        def shared(array: npt.NDArray[Any]) -> Tensor:
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "The given NumPy array is not writable")
                return torch.from_numpy(array).to(on)

        return shared(self.X), shared(self.y)
