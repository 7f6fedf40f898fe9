"""Tables of a specification as frozen dataclasses: each field has a rule that parses its entry.

    @dataclass(frozen=True)
    class Cosine(Table):
        name: ClassVar[str] = "cosine"
        floor: float = entry(Real(0, 1), default=0.0)

A table made in Python passes the same rules as one that is read, so no other exists.
"""

from __future__ import annotations

import math
import reprlib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from enum import Enum
from typing import Any, ClassVar, Protocol, TypeVar, dataclass_transform

from market.errors import InputError


class Rule(Protocol):
    """What an entry may be."""

    def parse(self, value: Any, where: str) -> Any:
        """The entry as the dataclass holds it.

        Raises:
            InputError: names the entry, what it is, and what it may be.
        """

    def write(self, value: Any) -> Any:
        """The entry as JSON and TOML hold it."""


_REQUIRED: Any = MISSING


def entry(rule: Rule, default: Any = _REQUIRED) -> Any:
    """A field of a table; without a default it cannot be left out, with None it may be absent."""
    return field(default=default, metadata={"rule": rule})


@dataclass_transform(frozen_default=True, field_specifiers=(entry,))
class Table:
    """Base of dataclasses whose fields are made by `entry`."""

    name: ClassVar[str] = ""
    """Where a table is one of several kinds, which."""

    def __post_init__(self) -> None:
        for each in fields(self):  # type: ignore[arg-type]
            value = getattr(self, each.name)
            if value is not None or each.default is not None:
                parsed = each.metadata["rule"].parse(value, each.name)
                object.__setattr__(self, each.name, parsed)

    def document(self) -> dict[str, Any]:
        """Every entry as JSON and TOML hold it, defaults written out, absent ones left out."""
        found: dict[str, Any] = {"name": self.name} if self.name else {}
        for each in fields(self):  # type: ignore[arg-type]
            value = getattr(self, each.name)
            if value is not None:
                found[each.name] = each.metadata["rule"].write(value)
        return found


T = TypeVar("T", bound=Table)


def parse_table(kind: type[T], raw: object, where: str) -> T:
    """The table of that kind.

    Raises:
        InputError: it is no table, lacks an entry, has an unknown one, or one does not parse.
    """
    if not isinstance(raw, Mapping):
        raise _refused(where, raw, "a table")
    known = {each.name: each for each in fields(kind)}  # type: ignore[arg-type]
    for key in raw:
        if key not in known:
            raise InputError(
                f"{where}.{key}: there is no such entry", f"there are {', '.join(known)}"
            )
    found = {}
    for key, each in known.items():
        if key in raw:
            found[key] = each.metadata["rule"].parse(raw[key], f"{where}.{key}")
        elif each.default is MISSING:
            raise InputError(f"{where}.{key} is missing")
    return kind(**found)


@dataclass(frozen=True)
class Whole:
    """A whole number from `low` to `high`."""

    low: int
    high: int

    def parse(self, value: Any, where: str) -> int:
        if type(value) is not int or not self.low <= value <= self.high:
            raise _refused(where, value, f"a whole number from {self.low} to {self.high}")
        return value

    def write(self, value: int) -> int:
        return value


@dataclass(frozen=True)
class Real:
    """A number from `low` to `high`, without the ends that are open."""

    low: float
    high: float
    low_open: bool = False
    high_open: bool = False

    def parse(self, value: Any, where: str) -> float:
        if type(value) not in (int, float) or not self._holds(value):
            raise _refused(where, value, self._words())
        return float(value) + 0.0  # no -0.0, which would be written otherwise

    def write(self, value: float) -> float:
        return value

    def _holds(self, value: float) -> bool:
        above = self.low < value if self.low_open else self.low <= value
        below = value < self.high if self.high_open else value <= self.high
        return above and below and math.isfinite(value)

    def _words(self) -> str:
        low = f"above {self.low:g}" if self.low_open else f"from {self.low:g}"
        high = f"below {self.high:g}" if self.high_open else f"at most {self.high:g}"
        return f"a number {low} and {high}"


@dataclass(frozen=True)
class OneOf:
    """One of an enumeration's values, by its text."""

    choices: type[Enum]

    def parse(self, value: Any, where: str) -> Enum:
        if isinstance(value, self.choices):
            return value
        for choice in self.choices:
            if choice.value == value:
                return choice
        raise _refused(where, value, "one of " + _listed([choice.value for choice in self.choices]))

    def write(self, value: Enum) -> Any:
        return value.value


@dataclass(frozen=True)
class Part:
    """A table within the table."""

    kind: type[Table]

    def parse(self, value: Any, where: str) -> Table:
        return value if isinstance(value, self.kind) else parse_table(self.kind, value, where)

    def write(self, value: Table) -> dict[str, Any]:
        return value.document()


class Kinds:
    """A table of one of several kinds, which its entry `name` tells; a text alone is its name."""

    def __init__(self, *kinds: type[Table]) -> None:
        self._kinds = {kind.name: kind for kind in kinds}

    def parse(self, value: Any, where: str) -> Table:
        if isinstance(value, Table) and type(value) in self._kinds.values():
            return value
        raw = {"name": value} if isinstance(value, str) else value
        if not isinstance(raw, Mapping):
            raise _refused(where, value, f"a table or one of {_listed(list(self._kinds))}")
        if "name" not in raw:
            raise InputError(f"{where}.name is missing", f"say one of {_listed(list(self._kinds))}")
        name = raw["name"]
        if not isinstance(name, str) or name not in self._kinds:
            raise _refused(f"{where}.name", name, f"one of {_listed(list(self._kinds))}")
        rest = {key: each for key, each in raw.items() if key != "name"}
        return parse_table(self._kinds[name], rest, where)

    def write(self, value: Table) -> dict[str, Any]:
        return value.document()


def _refused(where: str, value: object, words: str) -> InputError:
    return InputError(f"{where} = {reprlib.repr(value)}: must be {words}")


def _listed(names: list[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
