"""Turns traced operations into nodes of a model file.

Most are written as they are. What only copies is left out; what cuts a tensor into several becomes
several cuts; numbers beside a tensor go to the overload for numbers; and what depends on neither
rows nor weights is computed now and stored as a frozen tensor.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import fx

from market.errors import InputError
from market.models.arguments import Argument, Batch, Outcome, Weight, as_json
from market.models.attention import ATTENTION, write_attention
from market.models.dtypes import NAMES
from market.models.graph import Node
from market.models.limits import MAX_EXTENT
from market.models.operations import OPERATIONS
from market.models.spellings import COPIES, CUTS, FILLED, NOTHING, RENAMED, SCALARS, TRUTHS, why_not
from market.models.tracing import line_of


@dataclass
class Lowering:
    """The nodes of a file as they come to be.

    A value is an `Argument`, a tensor that is the same for all rows and weights, or a tuple of
    values.

    Args:
        values: what is known before the first operation: the rows, the weights, constants.
        nodes: what has been written.
        constants: tensors that were computed, by the names that the file gives them.
    """

    values: dict[fx.Node, Any]
    nodes: list[Node] = field(default_factory=list)
    constants: dict[str, torch.Tensor] = field(default_factory=dict)

    def lower(self, node: fx.Node) -> None:
        """Writes what one traced operation does.

        Raises:
            InputError: it is off the list, or is called with what a file cannot say; the message
                ends
                with the line of the user's code.
        """
        self.values[node] = self._value(node)

    def _value(self, node: fx.Node) -> Any:
        if isinstance(node.meta.get("val"), torch.SymInt):
            return _multiple(node.meta["val"], node)
        if node.target is operator.getitem:
            parts, index = node.args
            return self.values[parts][index]  # type: ignore[index]
        name, given = str(node.target), self._given(node)
        if name in NOTHING:
            return None
        seeded = torch.Tag.nondeterministic_seeded in getattr(node.target, "tags", ())
        if seeded and name not in {*OPERATIONS, ATTENTION} and not why_not(name):
            raise InputError(
                f"{name} draws random numbers{line_of(node)}",
                "a model gives one outcome for one row",
            )
        if all(isinstance(self.values[each], torch.Tensor) for each in node.all_input_nodes):
            return self._computed(node)
        if name in COPIES or (name in RENAMED and self._only_copies(name, node)):
            return given["self"]
        if name in FILLED:
            return self._filled(node, FILLED[name], given)
        if name == ATTENTION:
            return write_attention(node, given, self._write)
        if name in CUTS:
            return tuple(self._cut(name, node, given))
        return self._written(name, node, given)

    def _given(self, node: fx.Node) -> dict[str, Any]:
        """All arguments by torch's names, those that are left out too."""

        def value(argument: Any) -> Any:
            if isinstance(argument, fx.Node):
                return self.values[argument]
            if isinstance(argument, list | tuple):
                return tuple(value(each) for each in argument)
            return argument

        schema = getattr(node.target, "_schema", None)
        if schema is None:
            raise InputError(f"{node.target} is no operation of torch{line_of(node)}")
        given = {each.name: each.default_value for each in schema.arguments}
        names = [each.name for each in schema.arguments]
        given |= dict(zip(names, map(value, node.args), strict=False))
        return given | {name: value(each) for name, each in node.kwargs.items()}

    def _computed(self, node: fx.Node) -> Any:
        def value(argument: fx.Node) -> Any:
            return self.values[argument]

        target: Any = node.target
        arguments, named = fx.map_arg((node.args, node.kwargs), value)
        return target(*arguments, **named)

    def _only_copies(self, name: str, node: fx.Node) -> bool:
        source = node.args[0]
        assert isinstance(source, fx.Node)
        return name == "aten._to_copy.default" and _dtype(source) == _dtype(node)

    def _filled(self, node: fx.Node, value: float | None, given: dict[str, Any]) -> Outcome:
        # Of one entry in the file, and stretched when there is a batch.
        number = given["fill_value"] if value is None else value
        constant = torch.full((), number, dtype=_dtype(node))
        extents = tuple(_extent(each, node) for each in node.meta["val"].shape)
        return self._write("aten.expand.default", {"self": constant, "size": extents})

    def _cut(self, name: str, node: fx.Node, given: dict[str, Any]) -> Sequence[Outcome]:
        source, dim = given["self"], given["dim"]
        parts = node.meta["val"]
        if name == "aten.unbind.int":
            return [
                self._write("aten.select.int", {"self": source, "dim": dim, "index": index})
                for index in range(len(parts))
            ]
        cuts, start = [], 0
        for part in parts:
            end = start + _whole(part.shape[dim], node)
            cut = {"self": source, "dim": dim, "start": start, "end": end, "step": 1}
            cuts.append(self._write("aten.slice.Tensor", cut))
            start = end
        return cuts

    def _written(self, name: str, node: fx.Node, given: dict[str, Any]) -> Outcome | tuple[Outcome]:
        if name in SCALARS and isinstance(given["other"], int | float):
            name = SCALARS[name]
        elif name in TRUTHS and _dtype(node) == torch.bool:
            name = TRUTHS[name]
        elif name in RENAMED:
            name, names = RENAMED[name]
            given = {names.get(entry, entry): each for entry, each in given.items()}
        if name not in OPERATIONS:
            raise InputError(
                f"{name} is none of the operations that a model may have{line_of(node)}",
                why_not(name) or "docs/model-files.md lists those there are",
            )
        operation = OPERATIONS[name]
        arguments = {}
        for entry, kind in operation.arguments.items():
            try:
                arguments[entry] = kind(as_json(self._argument(given.get(entry), node)))
            except ValueError as error:
                raise InputError(f"{name}: {entry} {error}{line_of(node)}") from error
        defaults = {each.name: each.default_value for each in operation.overload._schema.arguments}
        for entry in set(defaults) - set(arguments) - set(operation.fixed):
            if given.get(entry, defaults[entry]) != defaults[entry]:
                raise InputError(f"{name}: {entry} cannot be {given[entry]} here{line_of(node)}")
        outcome = self._write(name, arguments)
        # A part of what torch gives, the first, is taken by the node that follows.
        return (outcome,) if isinstance(node.meta["val"], tuple | list) else outcome

    def _argument(self, value: Any, node: fx.Node) -> Argument:
        if isinstance(value, torch.Tensor):
            return self._constant(value)
        if isinstance(value, tuple):
            return tuple(self._argument(each, node) for each in value)
        if isinstance(value, torch.dtype):
            return NAMES.get(value, str(value))
        if isinstance(value, torch.SymInt):
            return _multiple(value, node)
        if isinstance(value, int) and value > MAX_EXTENT:
            return None  # up to the end, as Python's slices say it
        return value  # type: ignore[no-any-return]

    def _constant(self, tensor: torch.Tensor) -> Weight:
        for name, stored in self.constants.items():
            if stored is tensor:
                return Weight(name)
        name = f"constants.{len(self.constants)}"
        self.constants[name] = tensor
        return Weight(name)

    def _write(self, name: str, arguments: dict[str, Any]) -> Outcome:
        stored = {
            entry: self._constant(each) if isinstance(each, torch.Tensor) else each
            for entry, each in arguments.items()
        }
        self.nodes.append(Node(name, stored))
        return Outcome(len(self.nodes))


def prune(nodes: Sequence[Node], outcome: Outcome) -> tuple[Node, ...]:
    """The nodes that an outcome needs, which is then the last one's."""
    needed, ahead = {0}, [outcome.number]
    while ahead:
        number = ahead.pop()
        if number not in needed:
            needed.add(number)
            used = nodes[number - 1].tensors()
            ahead += [each.number for each in used if isinstance(each, Outcome)]
    numbers = {old: new for new, old in enumerate(sorted(needed))}

    def renumbered(argument: Argument) -> Argument:
        if isinstance(argument, Outcome):
            return Outcome(numbers[argument.number])
        if isinstance(argument, tuple):
            return tuple(renumbered(each) for each in argument)
        return argument

    return tuple(
        Node(
            nodes[number - 1].operation,
            {name: renumbered(each) for name, each in nodes[number - 1].arguments.items()},
        )
        for number in sorted(needed - {0})
    )


def _dtype(node: fx.Node) -> torch.dtype:
    dtype: torch.dtype = node.meta["val"].dtype
    return dtype


def _extent(extent: int | torch.SymInt, node: fx.Node) -> int | Batch:
    return extent if isinstance(extent, int) else _multiple(extent, node)


def _whole(extent: int | torch.SymInt, node: fx.Node) -> int:
    if isinstance(extent, int):
        return extent
    raise InputError(f"the batch itself is cut into parts{line_of(node)}")


def _multiple(symbol: torch.SymInt, node: fx.Node) -> Batch:
    """How many times the batch a size is that depends on it."""
    expression = symbol.node.expr
    (batch,) = expression.free_symbols
    times = expression.subs(batch, 1)
    if times < 1 or any(expression.subs(batch, each) != each * times for each in (2, 3, 5)):
        raise InputError(
            f"a size is {expression} of the batch{line_of(node)}", "it can be a multiple, no other"
        )
    return Batch(int(times))
