"""A model's operations: what is written as JSON, and what it is parsed into.

    {"frozen": ["bn.running_mean", ...],
     "input": {"dtype": "F32", "shape": [1, 28, 28]},
     "nodes": [{"op": "aten.linear.default", "arguments": {"bias": "fc.bias", "input": 0, ...}},
     ...]}

A tensor is the name of a weight, or the number of an outcome: 0 is the rows, i the outcome of the
i-th node. So nothing can be named twice, and a node can only use what comes before it. The last
node's outcome is the model's. A size is a number, or {"batch": k}: k times the number of rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

from market.errors import InputError
from market.models.arguments import Argument, Outcome, Weight, as_json, within
from market.models.dtypes import INPUTS, width
from market.models.limits import MAX_EXTENT, MAX_NODES, MAX_RANK, MAX_ROW_BYTES, MAX_TENSORS
from market.models.names import check_name
from market.models.operations import OPERATIONS


@dataclass(frozen=True)
class Rows:
    """What the model takes: a tensor of `dtype` (INPUTS) and shape (batch, *shape)."""

    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Node:
    """One operation of `OPERATIONS`, with all of its arguments."""

    operation: str
    arguments: dict[str, Argument]

    def tensors(self) -> Iterator[Outcome | Weight]:
        """The tensors that it uses."""
        for argument in self.arguments.values():
            yield from within(argument)


@dataclass(frozen=True)
class Graph:
    """A whole model without its weights.

    Args:
        rows: what it takes.
        nodes: in the order in which they run; the last makes the outcome.
        frozen: names of the tensors that are not trained, in order.
    """

    rows: Rows
    nodes: tuple[Node, ...]
    frozen: tuple[str, ...]

    def weights(self) -> set[str]:
        """Names of the tensors that some node uses."""
        used = (each for node in self.nodes for each in node.tensors())
        return {each.name for each in used if isinstance(each, Weight)}

    def as_json(self) -> dict[str, Any]:
        return {
            "frozen": list(self.frozen),
            "input": {"dtype": self.rows.dtype, "shape": list(self.rows.shape)},
            "nodes": [
                {
                    "op": node.operation,
                    "arguments": {name: as_json(each) for name, each in node.arguments.items()},
                }
                for node in self.nodes
            ],
        }


def parse_graph(raw: Any) -> Graph:
    """What was read as JSON.

    Raises:
        InputError: anything is missing, unknown, out of its range, or of no use.
    """
    entries = _entries(raw, "the graph", {"frozen", "input", "nodes"})
    graph = Graph(_rows(entries["input"]), _nodes(entries["nodes"]), _frozen(entries["frozen"]))
    used = {
        each.number for node in graph.nodes for each in node.tensors() if isinstance(each, Outcome)
    }
    idle = set(range(len(graph.nodes))) - used
    if idle:
        raise InputError(
            f"nothing uses the outcome of node {min(idle)}"
            if min(idle)
            else "nothing uses the rows"
        )
    return graph


def _rows(raw: Any) -> Rows:
    entries = _entries(raw, "the input", {"dtype", "shape"})
    dtype, shape = entries["dtype"], entries["shape"]
    if not isinstance(dtype, str) or dtype not in INPUTS:
        raise InputError(f"the input's dtype is not among {', '.join(INPUTS)}")
    if not isinstance(shape, list) or not 1 <= len(shape) < MAX_RANK:
        raise InputError(f"the input's shape is no list of 1 to {MAX_RANK - 1} entries")
    if not all(type(extent) is int and 1 <= extent <= MAX_EXTENT for extent in shape):
        raise InputError("the input's shape has an entry that is no size")
    if prod(shape) * width(dtype) > MAX_ROW_BYTES:
        raise InputError(f"a row is larger than {MAX_ROW_BYTES} bytes")
    return Rows(dtype, tuple(shape))


def _nodes(raw: Any) -> tuple[Node, ...]:
    if not isinstance(raw, list) or not 1 <= len(raw) <= MAX_NODES:
        raise InputError(f"the nodes are no list of 1 to {MAX_NODES}")
    return tuple(_node(number, each) for number, each in enumerate(raw, start=1))


def _node(number: int, raw: Any) -> Node:
    entries = _entries(raw, f"node {number}", {"op", "arguments"})
    name = entries["op"]
    if not isinstance(name, str) or name not in OPERATIONS:
        raise InputError(
            f"node {number}: {str(name)[:60]!r} is none of the operations that a model may have",
            "docs/model-files.md lists them",
        )
    kinds = OPERATIONS[name].arguments
    given = _entries(entries["arguments"], f"node {number} ({name})", set(kinds))
    arguments = {}
    for entry, kind in kinds.items():
        try:
            arguments[entry] = kind(given[entry])
        except ValueError as error:
            raise InputError(f"node {number} ({name}): {entry}: {error}") from error
    node = Node(name, arguments)
    for each in node.tensors():
        if isinstance(each, Outcome) and each.number >= number:
            raise InputError(
                f"node {number} ({name}) uses outcome {each.number}, which is not yet there"
            )
    return node


def _frozen(raw: Any) -> tuple[str, ...]:
    if not isinstance(raw, list) or len(raw) > MAX_TENSORS:
        raise InputError("the frozen tensors are no list of names")
    names = tuple(check_name(each) for each in raw)
    if list(names) != sorted(set(names)):
        raise InputError("the names of the frozen tensors are not in order, each once")
    return names


def _entries(raw: Any, what: str, names: set[str]) -> dict[str, Any]:
    if not isinstance(raw, dict) or set(raw) != names:
        raise InputError(f"{what} needs exactly {', '.join(sorted(names))}")
    return raw
