"""Validation rows, always taken in the order in which they were committed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from market.errors import InputError


@dataclass(frozen=True, eq=False)
class Rows:
    """s rows and what they should give.

    Args:
        X: (s, ...) inputs.
        y: (s, ...) targets, as `market.objectives.Loss` says.

    Raises:
        InputError: no rows, lengths that disagree, or a number that is NaN or infinite.
    """

    X: Tensor
    y: Tensor

    def __post_init__(self) -> None:
        if len(self.X) == 0 or len(self.X) != len(self.y):
            raise InputError(f"{len(self.X)} validation rows with {len(self.y)} targets")
        for name, value in (("a row", self.X), ("a target", self.y)):
            if value.is_floating_point() and not bool(value.isfinite().all()):
                raise InputError(f"{name} holds NaN or infinity")

    def __len__(self) -> int:
        return len(self.X)

    def batches(self, size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Inputs and targets of `size` rows at a time, in order."""
        return zip(torch.split(self.X, size), torch.split(self.y, size), strict=True)


def targets_in(dtype: torch.dtype, y: Tensor) -> Tensor:
    """Targets in a float type; classes stay integers."""
    return y.to(dtype) if y.is_floating_point() else y
