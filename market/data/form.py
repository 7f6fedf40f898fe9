"""A schema as it stands in a project's document: written so that what is read back is the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, TypeVar

from market.data.inputs import Array, Column, Columns, Image, Inputs
from market.data.schema import Schema
from market.data.target import Classes, Labels, Numbers, Target
from market.errors import InputError

T = TypeVar("T")

_INPUTS: dict[str, type[Inputs]] = {"columns": Columns, "array": Array, "image": Image}
_TARGETS: dict[str, type[Target]] = {"classes": Classes, "labels": Labels, "numbers": Numbers}


def to_dict(schema: Schema) -> dict[str, Any]:
    """Lists, texts, numbers and None only: what JSON can hold."""
    return {
        "inputs": _written(schema.inputs, _INPUTS),
        "target": _written(schema.target, _TARGETS),
    }


def from_dict(value: object) -> Schema:
    """Parses what `to_dict` wrote, or a stranger.

    Raises:
        InputError: an entry is missing, unknown, of another type or out of range; says which.
    """
    entries = _object("schema", value, {"inputs", "target"})
    return Schema(_inputs(entries["inputs"]), _target(entries["target"]))


def _inputs(value: object) -> Inputs:
    kind, entries = _kind("inputs", value, _INPUTS)
    if kind is Columns:
        _only("inputs", entries, {"columns", "dtype"})
        columns = _list("inputs.columns", entries["columns"], _column)
        return Columns(columns, _exactly("inputs.dtype", entries["dtype"], str))
    if kind is Array:
        _only("inputs", entries, {"shape", "dtype", "low", "high"})
        shape = _list("inputs.shape", entries["shape"], lambda n: _exactly("an axis", n, int))
        dtype = _exactly("inputs.dtype", entries["dtype"], str)
        return Array(shape, dtype, entries["low"], entries["high"])
    _only("inputs", entries, {"channels", "height", "width", "resize"})
    channels, height, width = (
        _exactly(f"inputs.{name}", entries[name], int) for name in ("channels", "height", "width")
    )
    return Image(channels, height, width, _exactly("inputs.resize", entries["resize"], bool))


def _target(value: object) -> Target:
    kind, entries = _kind("target", value, _TARGETS)
    _only("target", entries, {"names", "column"} if kind is Classes else {"names"})
    names = _list("target.names", entries["names"], lambda n: _exactly("a name", n, str))
    if kind is Classes:
        return Classes(names, _exactly("target.column", entries["column"], str))
    return Labels(names) if kind is Labels else Numbers(names)


def _column(value: object) -> Column:
    entries = _object("a column", value, {"name", "missing"})
    return Column(_exactly("a column's name", entries["name"], str), entries["missing"])


def _written(part: Inputs | Target, kinds: dict[str, type[T]]) -> dict[str, Any]:
    name = next(name for name, kind in kinds.items() if kind is type(part))
    entries = {key: _plain(value) for key, value in asdict(part).items()}
    return {"kind": name, **entries}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _kind(what: str, value: object, kinds: dict[str, type[T]]) -> tuple[type[T], dict[str, Any]]:
    if not isinstance(value, dict) or not isinstance(value.get("kind"), str):
        raise InputError(f"{what} must be an object with a `kind`")
    if value["kind"] not in kinds:
        raise InputError(f"{what}: no kind {value['kind'][:40]!r}", f"one of {', '.join(kinds)}")
    return kinds[value["kind"]], {key: each for key, each in value.items() if key != "kind"}


def _object(what: str, value: object, keys: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f"{what} must be an object")
    _only(what, value, keys)
    return value


def _only(what: str, entries: dict[str, Any], keys: set[str]) -> None:
    if set(entries) != keys:
        raise InputError(f"{what} must have the entries {', '.join(sorted(keys))}, and no other")


def _list(what: str, value: object, parse: Callable[[Any], T]) -> tuple[T, ...]:
    if not isinstance(value, list):
        raise InputError(f"{what} must be a list")
    return tuple(parse(each) for each in value)


def _exactly(what: str, value: Any, kind: type[T]) -> T:
    if type(value) is not kind:
        raise InputError(f"{what} must be of type {kind.__name__}, not {type(value).__name__}")
    return value
