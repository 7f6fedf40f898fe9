"""A model that was read: an `nn.Module` whose forward runs a graph."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import nn

from market.errors import InputError
from market.models.dtypes import DTYPES
from market.models.graph import Graph
from market.models.interpreter import last_uses, steps
from market.models.limits import LARGEST_BATCH
from market.models.sizes import Sizes


@dataclass(frozen=True)
class About:
    """What is known of a model.

    Args:
        graph: what runs.
        sizes: what it gives and takes.
        vocabulary: rows hold whole numbers from 0 below it; None if nothing is looked up.
        fingerprint: SHA-256 of the file, in hexadecimal digits.
    """

    graph: Graph
    sizes: Sizes
    vocabulary: int | None
    fingerprint: str


class Scope(nn.Module):
    """A part of a model's names: what stands before a point. It computes nothing."""


class Model(nn.Module):
    """A model made of data.

    It goes wherever a module goes: `torch.func.functional_call`, `grad`, `jvp`, `vmap(jacrev(...))`
    over rows. Parameters and buffers have the names of the module that was exported.
    There is no train mode: batch norm uses its stored statistics, and nothing is dropped.

    Args:
        about: what runs, and what is known of it.
        weights: every tensor that the graph names.

    Raises:
        InputError: names cannot stand beside each other in a module.
    """

    def __init__(self, about: About, weights: Mapping[str, torch.Tensor]) -> None:
        super().__init__()
        # One attribute only: each is a name that a tensor cannot have.
        self.about = about
        self._done = last_uses(about.graph)
        self._places: dict[str, tuple[nn.Module, str]] = {}
        frozen = frozenset(about.graph.frozen)
        for name in sorted(weights):
            *path, last = name.split(".")
            scope: nn.Module = self
            for part in path:
                scope = _scope_within(scope, part, name)
            if hasattr(scope, last):
                raise InputError(f"no tensor can be named {name}: a module has that already")
            if name in frozen:
                scope.register_buffer(last, weights[name])
            else:
                scope.register_parameter(last, nn.Parameter(weights[name]))
            self._places[name] = (scope, last)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """What the model gives for a batch.

        Args:
            rows: of shape (batch, *graph.rows.shape), at most `LARGEST_BATCH` of them.

        Returns:
            Floats of shape (batch, *sizes.outcome).

        Raises:
            InputError: rows have another shape or dtype.
        """
        expected = self.about.graph.rows
        if tuple(rows.shape[1:]) != expected.shape or rows.dim() == 0:
            raise InputError(
                f"rows of shape {list(rows.shape)} were given, the model takes "
                f"(batch, {', '.join(map(str, expected.shape))})"
            )
        if rows.dtype != DTYPES[expected.dtype] and not (
            rows.is_floating_point() and DTYPES[expected.dtype].is_floating_point
        ):
            raise InputError(f"rows are {rows.dtype}, the model takes {DTYPES[expected.dtype]}")
        if not 1 <= rows.shape[0] <= LARGEST_BATCH:
            raise InputError(f"a batch has 1 to {LARGEST_BATCH} rows, not {rows.shape[0]}")
        for step in steps(self.about.graph, self._weight, rows, self._done):
            outcome = step.outcome
        return outcome

    def check_rows(self, rows: torch.Tensor) -> None:
        """Whether `forward` may be called with these rows, or with any part of them.

        It looks at every number, so services call it once when data comes in, and not for each
        batch.

        Raises:
            InputError: shape or dtype differ, floats are not finite, or a whole number has no entry
                in the
                model's table.
        """
        expected = self.about.graph.rows
        if tuple(rows.shape[1:]) != expected.shape or rows.dtype != DTYPES[expected.dtype]:
            raise InputError(
                f"rows are {rows.dtype} of shape {list(rows.shape)}",
                f"the model takes {DTYPES[expected.dtype]} of (batch, "
                f"{', '.join(map(str, expected.shape))})",
            )
        if not bool(torch.isfinite(rows).all()):
            raise InputError("rows hold NaN or infinity")
        if self.about.vocabulary is not None and rows.numel():
            low, high = int(rows.min()), int(rows.max())
            if not 0 <= low <= high < self.about.vocabulary:
                raise InputError(
                    f"rows hold numbers from {low} to {high}",
                    f"the model knows those from 0 to {self.about.vocabulary - 1}",
                )

    def _weight(self, name: str) -> torch.Tensor:
        # Not kept: functional_call puts other tensors in their place for a while.
        scope, last = self._places[name]
        tensor: torch.Tensor = getattr(scope, last)
        return tensor


def _scope_within(scope: nn.Module, part: str, name: str) -> nn.Module:
    inner = scope._modules.get(part)
    if isinstance(inner, Scope):
        return inner
    if hasattr(scope, part):
        raise InputError(f"no tensor can be named {name}: a module has {part} already")
    inner = Scope()
    scope.add_module(part, inner)
    return inner
