"""What does not fit, collected: data is read to the end, and then refused for all of it at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from market.errors import InputError

_SHOWN = 12
_PLACES = 3
_QUOTED = 40


@dataclass(frozen=True)
class Mismatch:
    """One thing that does not fit.

    Args:
        where: file, and column and rows where there are any.
        found: what is there.
        expected: what the project's schema wants there.
        remedy: what its owner can do about it.
    """

    where: str
    found: str
    expected: str
    remedy: str

    @property
    def sentence(self) -> str:
        return f"{self.where}: {self.found}, expected {self.expected}; {self.remedy}"


class MismatchError(InputError):
    """Data that is not what the project's schema says.

    Args:
        mismatches: all that was found, in the order of the data.
    """

    def __init__(self, mismatches: Sequence[Mismatch]) -> None:
        self.mismatches = tuple(mismatches)
        sentences = [each.sentence for each in self.mismatches[:_SHOWN]]
        if len(sentences) > 1:
            sentences = [f"({n}) {sentence}" for n, sentence in enumerate(sentences, start=1)]
        more = len(self.mismatches) - len(sentences)
        super().__init__(". ".join(sentences) + (f". And {more} more" if more else ""))


class Findings:
    """Mismatches as they turn up."""

    def __init__(self) -> None:
        self._found: list[Mismatch] = []

    def add(self, where: str, found: str, expected: str, remedy: str) -> None:
        self._found.append(Mismatch(where, found, expected, remedy))

    def __bool__(self) -> bool:
        return bool(self._found)

    def refuse(self) -> None:
        """Ends the reading if anything was found.

        Raises:
            MismatchError: names all of it.
        """
        if self._found:
            raise MismatchError(self._found)


def quoted(text: object) -> str:
    """A cell or a name in one short line, whatever it holds."""
    shown = str(text)
    return repr(shown if len(shown) <= _QUOTED else shown[:_QUOTED] + "…")


def places(noun: str, numbers: Sequence[int], total: int | None = None) -> str:
    """As "rows 3, 7, 9 and 12 more".

    Args:
        numbers: the first of them.
        total: how many there are, where `numbers` are not all.
    """
    total = len(numbers) if total is None else total
    shown = ", ".join(str(number) for number in numbers[:_PLACES])
    more = total - min(len(numbers), _PLACES)
    return f"{noun}{'' if total == 1 else 's'} {shown}" + (f" and {more} more" if more else "")


def listed(names: Iterable[object], most: int = 8) -> str:
    """As "'a', 'b' and 3 more"."""
    every = [quoted(name) for name in names]
    more = len(every) - most
    return ", ".join(every[:most]) + (f" and {more} more" if more > 0 else "")


def meant(name: str, known: Sequence[str]) -> str:
    """The one of `known` that a misspelt `name` probably means; empty if none is close."""
    folded = {each.casefold(): each for each in reversed(known)}
    close = difflib.get_close_matches(name.strip().casefold(), folded, n=1, cutoff=0.75)
    return folded[close[0]] if close else ""


class Tally:
    """How often one thing is wrong in one column, and where first.

    Args:
        found: what is wrong, with the first example in front: "is no number".
    """

    def __init__(self, found: str) -> None:
        self._found, self._example = found, ""
        self.rows: list[int] = []
        self.total = 0

    def add(self, rows: Sequence[int], example: object) -> None:
        """More of it, in `rows` counted from 0, of which the first holds `example`."""
        if not self.total:
            self._example = quoted(example)
        self.rows += [int(row) for row in rows[: _PLACES - len(self.rows)]]
        self.total += len(rows)

    @property
    def found(self) -> str:
        empty = self._example == quoted("")
        return "the cell is empty" if empty else f"{self._example} {self._found}"
