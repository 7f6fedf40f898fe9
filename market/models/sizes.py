"""Whether a graph fits together and within its bounds, found without allocating any of it.

The graph runs on tensors that have a shape and no memory (torch's meta device), for one row, for
two and for the largest batch. Every outcome then has at most one extent that grows with the batch,
in proportion to
it: so rows cannot multiply each other, and what holds for these batches holds for those between.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch

from market.errors import InputError
from market.models.arguments import Outcome
from market.models.container import Stored
from market.models.cost import cost
from market.models.dtypes import DTYPES
from market.models.graph import Graph
from market.models.interpreter import last_uses, named, steps
from market.models.limits import (
    FIXED_BYTES,
    FIXED_FACTOR,
    LARGEST_BATCH,
    MAX_EXTENT,
    MAX_RANK,
    MAX_ROW_BYTES,
    MAX_ROW_WORK,
)
from market.models.operations import OPERATIONS

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Sizes:
    """What a model gives and takes.

    Args:
        outcome: shape of what it gives for one row, the batch left out.
        dtype: of that.
        fixed_bytes: bound of the memory that a forward takes for any batch, weights left out.
        row_bytes: of what each row adds to that, itself included.
        row_work: multiplications for one row, with its share of those that every batch needs once.
    """

    outcome: Shape
    dtype: torch.dtype
    fixed_bytes: int
    row_bytes: int
    row_work: int

    def bytes(self, batch: int) -> int:
        """Bound of the memory that a forward on `batch` rows takes beside the weights."""
        return self.fixed_bytes + batch * self.row_bytes


@dataclass(frozen=True)
class _Run:
    shapes: list[Shape]
    dtype: torch.dtype
    bytes: int
    work: int


def sizes_of(graph: Graph, stored: Mapping[str, Stored]) -> Sizes:
    """Checks a graph against the shapes of its weights.

    Raises:
        InputError: an operation does not fit what it is given, computes with whole numbers, or asks
            for
            more than the bounds of `market.models.limits`; an outcome does not grow with the batch
            as it should; or the model's own is not one float tensor of (batch, ...).
    """
    one, two, most = (_run(graph, stored, batch) for batch in (1, 2, LARGEST_BATCH))
    of_each = enumerate(zip(one.shapes, two.shapes, most.shapes, strict=True), start=1)
    grows = [True, *(_grows(number, *shapes) for number, shapes in of_each)]
    for number, node in enumerate(graph.nodes, start=1):
        used = (each.number for each in node.tensors() if isinstance(each, Outcome))
        if not grows[number] and any(grows[each] for each in used):
            raise InputError(
                f"node {number} ({node.operation}) puts the rows of a batch together",
                "what a model gives for a row must not depend on others",
            )
    shape = most.shapes[-1]
    if not shape or shape[0] != LARGEST_BATCH or len(shape) < 2 or not grows[-1]:
        raise InputError(
            f"the model gives {list(one.shapes[-1])} for one row",
            "its outcome must be one tensor of (batch, ...) with something for every row",
        )
    if not most.dtype.is_floating_point:
        raise InputError(f"the model gives {most.dtype}, no floats")
    # The largest of several needs, each of them linear in the batch, lies below its chord.
    row_bytes = -(-(most.bytes - one.bytes) // (LARGEST_BATCH - 1))
    fixed_bytes = max(0, one.bytes - row_bytes)
    return Sizes(shape[1:], most.dtype, fixed_bytes, row_bytes, -(-most.work // LARGEST_BATCH))


def _run(graph: Graph, stored: Mapping[str, Stored], batch: int) -> _Run:
    weights = {name: each.meta() for name, each in stored.items()}
    fixed = FIXED_FACTOR * sum(each.size for each in stored.values()) + FIXED_BYTES
    rows = torch.empty((batch, *graph.rows.shape), dtype=DTYPES[graph.rows.dtype], device="meta")
    shapes: list[Shape] = []
    held = rows.numel() * rows.element_size()
    workspace = work = 0
    for step in steps(graph, named(weights), rows, last_uses(graph)):
        where = f"node {step.number} ({step.node.operation})"
        outcome = step.outcome
        if (
            outcome.dim() > MAX_RANK
            or outcome.numel() == 0
            or max((0, *outcome.shape)) > MAX_EXTENT
        ):
            raise InputError(f"{where} gives a tensor of shape {list(outcome.shape)}")
        if not outcome.is_floating_point() and not OPERATIONS[step.node.operation].whole:
            raise InputError(f"{where} computes with whole numbers", "turn them into floats before")
        taken = cost(step)
        held += taken.outcome
        workspace = max(workspace, taken.workspace)
        work += taken.work
        if held + workspace > batch * MAX_ROW_BYTES + fixed:
            raise InputError(
                f"{where} would take more memory than a model may",
                f"{MAX_ROW_BYTES} bytes a row beside the weights",
            )
        if work > batch * MAX_ROW_WORK + fixed:
            raise InputError(
                f"{where} would take more work than a model may",
                f"{MAX_ROW_WORK} multiplications a row",
            )
        shapes.append(tuple(outcome.shape))
    return _Run(shapes, outcome.dtype, held + workspace, work)


def _grows(number: int, one: Shape, two: Shape, most: Shape) -> bool:
    """Whether the outcome grows with the batch, as shapes for three batches show."""
    if one == two == most:
        return False
    changed = [each for each in zip(one, two, most, strict=False) if len(set(each)) > 1]
    if len(one) == len(two) == len(most) and len(changed) == 1:
        first, second, last = changed[0]
        if second == 2 * first and last == LARGEST_BATCH * first:
            return True
    raise InputError(
        f"the outcome of node {number} does not grow with the batch: {list(one)} for one row, "
        f"{list(two)} for two"
    )
