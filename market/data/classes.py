"""Labels as people write them, and the class that each of them means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from market.data.mismatch import Findings, listed, meant, places, quoted

Positions = npt.NDArray[np.int64]
UNKNOWN = -1
_SHOWN = 6


class ClassNames:
    """The positions of class names.

    A label is the name of a class. Where no class is named by a whole number, a whole number is a
    position, from 0; where one is, a number that is no name is unknown, so that classes "1" to
    "9" are never read one off.

    Args:
        names: of the classes, in the project's order.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self._position = {name: at for at, name in enumerate(names)}
        if not any(_whole(name) is not None for name in names):
            self._position |= {str(at): at for at in range(len(names))}
        self._unknown: Counter[str] = Counter()
        self._first: dict[str, int] = {}

    def positions(self, distinct: Sequence[str], which: Positions, rows: Positions) -> Positions:
        """The classes of some rows; `UNKNOWN` where a label names none, which is kept for `report`.

        Args:
            distinct: the labels that there are.
            which: (n,) the label of each row, as its place in `distinct`.
            rows: (n,) what each row counts as, from 0.
        """
        known = np.array([self._find(text) for text in distinct], dtype=np.int64)
        counts = np.bincount(which, minlength=len(distinct))
        for place in np.flatnonzero(known == UNKNOWN).tolist():
            if counts[place]:
                text = distinct[place]
                self._first.setdefault(text, int(rows[np.argmax(which == place)]))
                self._unknown[text] += int(counts[place])
        return known[which] if len(which) else np.empty(0, dtype=np.int64)

    def report(
        self, findings: Findings, where: str, noun: str, number: Callable[[int], int]
    ) -> None:
        """Adds unknown labels, each with how many rows have it.

        Args:
            where: file and column.
            noun, number: what rows are called, and what number each has for people.
        """
        if not self._unknown:
            return
        shown = [
            f"{quoted(text)} in {places(noun, [number(self._first[text])], count)}"
            for text, count in self._unknown.most_common(_SHOWN)
        ]
        more = len(self._unknown) - len(shown)
        guesses = [(text, meant(text, self.names)) for text, _ in self._unknown.most_common(_SHOWN)]
        hints = [f"{quoted(text)} may mean {quoted(guess)}" for text, guess in guesses if guess]
        findings.add(
            where,
            f"labels that are no class: {'; '.join(shown)}" + (f"; {more} others" if more else ""),
            f"one of {listed(self.names)}",
            "; ".join(hints) or "write the classes as the project does, or leave these rows out",
        )

    def _find(self, text: str) -> int:
        stripped = text.strip()
        if stripped in self._position:
            return self._position[stripped]
        number = _whole(stripped)
        return UNKNOWN if number is None else self._position.get(str(number), UNKNOWN)


def absent(names: Sequence[str], y: Positions) -> str:
    """Which classes no row has, in words; empty if there is none such."""
    counts = np.bincount(y, minlength=len(names))
    unseen = [name for name, count in zip(names, counts, strict=True) if not count]
    return f"no row is of class {listed(unseen)}" if unseen else ""


def _whole(text: str) -> int | None:
    """The whole number that a text writes, as spreadsheets do too: "3", "3.0", "+3"."""
    if len(text) > 24 or "_" in text:
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return int(number) if number.is_integer() else None
