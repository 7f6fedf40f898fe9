"""Whether what an embedding looks up is there.

A GPU that is asked for an entry beyond a table ends the whole process, and a CPU raises only then.
So the indices of an embedding are rows, or whole numbers of the file, that were only moved: the
file's are checked here, and what the rows may hold follows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch

from market.errors import InputError
from market.models.arguments import Outcome, Weight
from market.models.graph import Graph
from market.models.operations import OPERATIONS


@dataclass(frozen=True)
class _Origin:
    """Where whole numbers come from: among them rows, and numbers of the file up to `highest`."""

    rows: bool
    highest: int


def vocabulary(graph: Graph, weights: Mapping[str, torch.Tensor]) -> int | None:
    """How many entries there are to look up: rows hold whole numbers from 0 below it.

    Returns:
        None if the model looks up none of its rows.

    Raises:
        InputError: an index is computed, or one of the file's is not in the table.
    """
    origins: dict[int, _Origin | None] = {0: _Origin(rows=True, highest=-1)}
    smallest: int | None = None
    for number, node in enumerate(graph.nodes, start=1):
        found = [
            origins[each.number] if isinstance(each, Outcome) else _stored(weights[each.name])
            for each in node.tensors()
        ]
        known = [each for each in found if each is not None]
        moved = OPERATIONS[node.operation].moves and len(known) == len(found)
        origins[number] = _joined(known) if moved else None
        if node.operation != "aten.embedding.default":
            continue
        table, indices = node.arguments["weight"], found[-1]
        if not isinstance(table, Weight) or indices is None:
            raise InputError(
                f"node {number} looks up what is computed",
                "indices are rows, or stored with the model; the table is a tensor of the model",
            )
        entries = weights[table.name].shape[0]
        if indices.highest >= entries:
            raise InputError(f"node {number} looks up {indices.highest} among {entries} entries")
        if indices.rows:
            smallest = entries if smallest is None else min(smallest, entries)
    return smallest


def _stored(tensor: torch.Tensor) -> _Origin | None:
    if tensor.is_floating_point() or tensor.dtype == torch.bool or int(tensor.min()) < 0:
        return None
    return _Origin(rows=False, highest=int(tensor.max()))


def _joined(origins: list[_Origin]) -> _Origin:
    return _Origin(any(each.rows for each in origins), max(each.highest for each in origins))
