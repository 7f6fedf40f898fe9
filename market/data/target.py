"""What should come out of a model: one of some classes, yes-or-no labels, or numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from market.data.names import check_name, check_names, few


@dataclass(frozen=True)
class Classes:
    """One of several classes: y is (n,) int64, positions in `names`.

    Args:
        column: of a table, that holds the class's name.

    Raises:
        InputError: fewer than two names, one twice, or one that cannot be shown.
    """

    names: tuple[str, ...]
    column: str = "label"

    def __post_init__(self) -> None:
        check_names("classes", self.names, 2)
        check_name("column", self.column)

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def describe(self) -> str:
        return f"one of {few(self.names, 'classes')}, in column {self.column!r} of a table"


@dataclass(frozen=True)
class Labels:
    """Any number of labels: y is (n, L) float32 of 0 and 1, in the order of `names`.

    Raises:
        InputError: no names, one twice, or one that cannot be shown.
    """

    names: tuple[str, ...]

    def __post_init__(self) -> None:
        check_names("labels", self.names, 1)

    @property
    def columns(self) -> tuple[str, ...]:
        return self.names

    def describe(self) -> str:
        return f"any of {few(self.names, 'labels')}, each a column of 0 and 1"


@dataclass(frozen=True)
class Numbers:
    """Numbers to come near to: y is (n, T) float32, in the order of `names`.

    Raises:
        InputError: no names, one twice, or one that cannot be shown.
    """

    names: tuple[str, ...]

    def __post_init__(self) -> None:
        check_names("numbers", self.names, 1)

    @property
    def columns(self) -> tuple[str, ...]:
        return self.names

    def describe(self) -> str:
        return f"{few(self.names, 'numbers')}, each a column"


Target: TypeAlias = Classes | Labels | Numbers
