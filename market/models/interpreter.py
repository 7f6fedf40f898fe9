"""Runs a graph: on rows and weights that hold numbers, or on tensors that have but a shape."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch

from market.errors import InputError
from market.models.arguments import Argument, Batch, Outcome, Weight
from market.models.dtypes import DTYPES
from market.models.graph import Graph, Node
from market.models.operations import OPERATIONS

_SHOWN = 200
_FAILURES = (
    ArithmeticError,
    AssertionError,
    IndexError,
    NotImplementedError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What torch raises where shapes, dtypes or sizes do not go together."""


@dataclass(frozen=True)
class Step:
    """One node that has run.

    Args:
        number: of the node and of its outcome.
        node: what ran.
        tensors: the tensors among its arguments, in their order.
        outcome: what came out.
    """

    number: int
    node: Node
    tensors: list[torch.Tensor]
    outcome: torch.Tensor


def run_overload(node: Node, arguments: dict[str, Any]) -> Any:
    """What torch's overload of the node's operation gives."""
    operation = OPERATIONS[node.operation]
    return operation.overload(**arguments, **operation.fixed)


def last_uses(graph: Graph) -> list[list[int]]:
    """For each node the outcomes that nothing needs after it."""
    last: dict[int, int] = {}
    for number, node in enumerate(graph.nodes, start=1):
        last |= {each.number: number for each in node.tensors() if isinstance(each, Outcome)}
    done: list[list[int]] = [[] for _ in range(len(graph.nodes) + 1)]
    for outcome, number in last.items():
        done[number].append(outcome)
    return done


def steps(
    graph: Graph,
    weights: Callable[[str], torch.Tensor],
    rows: torch.Tensor,
    done: list[list[int]],
    run: Callable[[Node, dict[str, Any]], Any] | None = None,
) -> Iterator[Step]:
    """Runs node by node.

    Args:
        graph: what to run.
        weights: gives a tensor by its name.
        rows: of shape (batch, *graph.rows.shape).
        done: of `last_uses`; these outcomes are let go of.
        run: does a node's operation on what torch is given; torch's overload where None.

    Raises:
        InputError: an operation cannot be done on what it is given.
    """
    outcomes = {0: rows}
    batch = rows.shape[0]
    for number, node in enumerate(graph.nodes, start=1):
        operation = OPERATIONS[node.operation]
        used: list[torch.Tensor] = []

        given = partial(_given, outcomes=outcomes, weights=weights, batch=batch, used=used)
        arguments = {name: given(each) for name, each in node.arguments.items()}
        if "dtype" in arguments:
            arguments["dtype"] = DTYPES[arguments["dtype"]]
        try:
            outcome = (run or run_overload)(node, arguments)
        except _FAILURES as error:
            raise InputError(f"node {number} ({node.operation}): {first_line(error)}") from error
        outcomes[number] = outcome if operation.take is None else outcome[operation.take]
        yield Step(number, node, used, outcomes[number])
        for each in done[number]:
            del outcomes[each]


def _given(
    argument: Argument,
    outcomes: Mapping[int, torch.Tensor],
    weights: Callable[[str], torch.Tensor],
    batch: int,
    used: list[torch.Tensor],
) -> Any:
    """What torch is given for an argument; its tensors are added to `used`."""
    match argument:
        case Outcome(number):
            used.append(outcomes[number])
            return used[-1]
        case Weight(name):
            used.append(weights(name))
            return used[-1]
        case Batch(times):
            return times * batch
        case tuple():
            return [_given(each, outcomes, weights, batch, used) for each in argument]
    return argument


def named(weights: Mapping[str, torch.Tensor]) -> Callable[[str], torch.Tensor]:
    """The tensors of a mapping, for `steps`.

    Raises:
        InputError: when a name is asked for that is not there.
    """

    def get(name: str) -> torch.Tensor:
        try:
            return weights[name]
        except KeyError:
            raise InputError(f"the file holds no tensor named {name}") from None

    return get


def first_line(error: BaseException) -> str:
    """What an error says, without the traces that torch writes behind it."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:_SHOWN]
