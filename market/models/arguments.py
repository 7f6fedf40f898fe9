"""Arguments of operations: the values there can be, and the kinds that a value of JSON is parsed
as.

A kind is a function from what JSON holds to an `Argument`; it raises ValueError for everything that
the operation is not to be called with. Bounds are here and not left to torch: some of its kernels
divide by a stride before they look at it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from market.errors import InputError
from market.models.dtypes import DTYPES
from market.models.limits import MAX_EXTENT, MAX_LIST, MAX_NODES, MAX_RANK
from market.models.names import check_name


@dataclass(frozen=True)
class Outcome:
    """What a node has computed; 0 is the rows."""

    number: int


@dataclass(frozen=True)
class Weight:
    """A tensor of the file."""

    name: str


@dataclass(frozen=True)
class Batch:
    """So many times the number of rows."""

    times: int


Argument: TypeAlias = (
    bool | int | float | str | Outcome | Weight | Batch | tuple["Argument", ...] | None
)
Kind: TypeAlias = Callable[[Any], Argument]

MAX_WHOLE = 2**53
"""Whole numbers beyond it are not all floats."""

_INFINITIES = {"inf": math.inf, "-inf": -math.inf}


def as_json(argument: Argument) -> Any:
    """What the kind that parsed `argument` would parse again."""
    match argument:
        case Outcome(number):
            return number
        case Weight(name):
            return name
        case Batch(times):
            return {"batch": times}
        case tuple():
            return [as_json(each) for each in argument]
        case float() if math.isinf(argument):
            return "inf" if argument > 0 else "-inf"
    return argument


def within(argument: Argument) -> Iterator[Outcome | Weight]:
    """The tensors among an argument."""
    if isinstance(argument, Outcome | Weight):
        yield argument
    elif isinstance(argument, tuple):
        for each in argument:
            yield from within(each)


def tensor(raw: Any) -> Outcome | Weight:
    """The number of an outcome, or the name of a weight."""
    if type(raw) is int and 0 <= raw <= MAX_NODES:
        return Outcome(raw)
    try:
        return Weight(check_name(raw))
    except InputError:
        raise ValueError("must be the number of an outcome or the name of a weight") from None


def tensors(raw: Any) -> Argument:
    """One or more tensors."""
    return _sequence(raw, tensor, 1, MAX_LIST)


def flag(raw: Any) -> bool:
    """True or false."""
    if not isinstance(raw, bool):
        raise ValueError("must be true or false")
    return raw


def number(raw: Any) -> int | float:
    """A number that is not NaN."""
    if isinstance(raw, str) and raw in _INFINITIES:
        return _INFINITIES[raw]
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise ValueError("must be a number")
    if abs(raw) > (MAX_WHOLE if isinstance(raw, int) else 1e300):
        raise ValueError("is too large a number")
    return raw


def constant(raw: Any) -> int | float | bool:
    """A number or a truth value."""
    return raw if isinstance(raw, bool) else number(raw)


def between(low: int, high: int) -> Callable[[Any], int]:
    """Whole numbers from `low` to `high`."""

    def kind(raw: Any) -> int:
        if type(raw) is not int or not low <= raw <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return raw

    return kind


position = between(-MAX_EXTENT, MAX_EXTENT)
"""Where a slice begins or ends, or what is selected; torch counts negative ones from the end."""

dimension = between(-MAX_RANK, MAX_RANK - 1)


def size(raw: Any) -> int | Batch:
    """An extent, -1 for what is left, or a multiple of the batch."""
    if isinstance(raw, dict):
        if set(raw) != {"batch"}:
            raise ValueError("must have batch and nothing else")
        return Batch(between(1, MAX_EXTENT)(raw["batch"]))
    return between(-1, MAX_EXTENT)(raw)


def some(kind: Kind, low: int, high: int = MAX_RANK) -> Kind:
    """Lists of `low` to `high` entries of a kind."""
    return lambda raw: _sequence(raw, kind, low, high)


def optional(kind: Kind) -> Kind:
    """The kind, or nothing."""
    return lambda raw: None if raw is None else kind(raw)


def one_of(*texts: str) -> Kind:
    """One of a few texts."""

    def kind(raw: Any) -> str:
        if not isinstance(raw, str) or raw not in texts:
            raise ValueError(f"must be one of {', '.join(texts)}")
        return raw

    return kind


dtype = one_of(*DTYPES)


def _sequence(raw: Any, kind: Kind, low: int, high: int) -> tuple[Argument, ...]:
    if not isinstance(raw, list | tuple) or not low <= len(raw) <= high:
        raise ValueError(f"must be a list of {low} to {high} entries")
    return tuple(kind(each) for each in raw)
