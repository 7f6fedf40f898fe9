"""The entries of an owner's TOML, each parsed and named when it is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from eth_utils.address import is_address, is_checksum_address, to_checksum_address

from market.choice import Choice
from market.errors import InputError
from market.specification.amounts import Currency

T = TypeVar("T")
_REQUIRED: Any = object()


class Reader:
    """One TOML table, every entry of which must be taken.

    Args:
        path: of the file, for messages.
        raw: the table.
        name: of the table, with a point behind it; empty for the file itself.
    """

    def __init__(self, path: Path, raw: dict[str, Any], name: str = "") -> None:
        self._path, self._raw, self._name = path, dict(raw), name

    def table(self, name: str) -> Reader:
        """The table within this one; an empty one if it is left out.

        Raises:
            InputError: the entry is no table.
        """
        raw = self._raw.pop(name, {})
        if not isinstance(raw, dict):
            raise InputError(f"{self._path}: {name} must be a table")
        return Reader(self._path, raw, f"{name}.")

    def has(self, name: str) -> bool:
        """Whether there is such an entry, taken or not."""
        return name in self._raw

    def raw(self, name: str) -> dict[str, Any]:
        """The table within this one as it is, for who parses it; an empty one if left out.

        Raises:
            InputError: the entry is no table.
        """
        found = self._raw.pop(name, {})
        if not isinstance(found, dict):
            raise InputError(f"{self._path}: {name} must be a table")
        return found

    def take(self, name: str, parse: Callable[[Any], T], default: Any = _REQUIRED) -> T:
        """The entry, parsed; the default if it is left out.

        Raises:
            InputError: it is missing and has no default, or does not parse.
        """
        if name not in self._raw:
            if default is _REQUIRED:
                raise InputError(f"{self._path}: {self._name}{name} is missing")
            return default  # type: ignore[no-any-return]
        try:
            return parse(self._raw.pop(name))
        except (TypeError, ValueError, AttributeError) as error:
            raise InputError(f"{self._path}: {self._name}{name}: {error}") from error
        except InputError as error:
            raise InputError(
                f"{self._path}: {self._name}{name}: {error.message}", error.hint
            ) from error

    def finish(self) -> None:
        """Refuses entries that were not taken.

        Raises:
            InputError: there is one.
        """
        if self._raw:
            raise InputError(
                f"{self._path}: unknown entry {self._name}{next(iter(self._raw))}",
                "see examples/ for the entries there are",
            )


def text(value: Any) -> str:
    """A text of 1 to 200 characters."""
    if not isinstance(value, str) or not value or len(value) > 200:
        raise ValueError("must be a text of 1 to 200 characters")
    return value


def integer(low: int, high: int) -> Callable[[Any], int]:
    """A parser of whole numbers from `low` to `high`."""

    def parse(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return value

    return parse


def number(value: Any) -> float:
    """A finite number, at most 1e9 in magnitude."""
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e9:
        raise ValueError("must be a number")
    if value != value:
        raise ValueError("must be a number, not NaN")
    return float(value)


def positive(value: Any) -> float:
    """A number above zero."""
    parsed = number(value)
    if parsed <= 0:
        raise ValueError("must be above zero")
    return parsed


C = TypeVar("C", bound=Choice)


def choice_of(kind: type[C]) -> Callable[[Any], C]:
    """A parser of one of the rules that `kind` names."""

    def parse(value: Any) -> C:
        names = {choice.method: choice for choice in kind}
        if value not in names:
            raise ValueError(f"must be one of {', '.join(names)}")
        return names[value]

    return parse


def amount_of(currency: Currency) -> Callable[[Any], int]:
    """A parser of amounts, in smallest units of the currency."""

    def parse(value: Any) -> int:
        if not isinstance(value, str):
            raise ValueError(f'must be an amount in quotes, as "{currency.example}"')
        return currency.parse(value)

    return parse


def address(value: Any) -> str:
    """An account or a contract, in its checksum form."""
    if not isinstance(value, str) or not is_address(value):
        raise ValueError("must be an address of 40 hexadecimal digits after 0x")
    digits = value.removeprefix("0x")
    # Mixed case is a checksum, which catches a mistyped account.
    if digits not in (digits.lower(), digits.upper()) and not is_checksum_address(value):
        raise ValueError("is mistyped: its checksum, the case of its letters, is wrong")
    return str(to_checksum_address(value))


def addresses(most: int) -> Callable[[Any], tuple[str, ...]]:
    """A parser of lists of 1 to `most` different addresses."""

    def parse(value: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or not 1 <= len(value) <= most:
            raise ValueError(f"must be a list of 1 to {most} addresses")
        parsed = tuple(address(each) for each in value)
        if len(set(parsed)) != len(parsed):
            raise ValueError("names an address twice")
        return parsed

    return parse
