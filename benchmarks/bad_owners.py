"""What owners in bad faith commit to, and what an accomplice sends who knows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from market.contribution.exact import round_to_integers
from market.contribution.grid import Grid
from market.contribution.statistics import ValidationStatistics, validation_statistics
from market.datasets.table import Table
from market.training.expectation import expected_gain

Floats = npt.NDArray[np.float64]

LENGTH = 3.0
"""Of an accomplice's delta, in lengths of its honest one: what is longer than others is clipped."""
RIDGE = 1e-2
"""Of the mean squared length of a row: where rows are few, an accomplice's step stays small."""


@dataclass(frozen=True)
class Promise:
    """What an owner's terms say of its yardstick.

    Args:
        design: (t, F) scaled rows, bias included, that arbiters are shown.
        y: (t,) their labels.
        statistics: behind the terms' commitment; H and c are what rounds are measured with, rows
            and energy what the terms say.
        expected: utility that the whole budget is meant for.
        accomplice: whether one of the trainers is told H and c.
    """

    design: Floats
    y: npt.NDArray[np.int64]
    statistics: ValidationStatistics
    expected: float
    accomplice: bool = False


@dataclass(frozen=True)
class Holdings:
    """What an owner has to begin with.

    Args:
        rows: of its own, scaled, bias included, labelled truly.
        classes: C.
        grid: of the project.
        seed: of what it draws.
    """

    rows: Table
    classes: int
    grid: Grid
    seed: int

    def promise(
        self,
        X: Floats | None = None,
        y: npt.NDArray[np.int64] | None = None,
        accomplice: bool = False,
    ) -> Promise:
        """Terms on these rows, and on its own where none are given.

        The gain that it says to expect is that of its true rows, so that nobody takes offence.
        """
        X = self.rows.X if X is None else X
        y = self.rows.y if y is None else y
        return Promise(
            design=X,
            y=y,
            statistics=validation_statistics(X, y, self.classes, self.grid),
            expected=expected_gain(self.rows.X, self.rows.y, self.classes),
            accomplice=accomplice,
        )

    @property
    def chance(self) -> np.random.Generator:
        return np.random.default_rng([self.seed, 7])


Owner = Callable[[Holdings], Promise]


def honest(own: Holdings) -> Promise:
    return own.promise()


def few(rows: int) -> Owner:
    """Honest, with the first of its rows only."""

    def owner(own: Holdings) -> Promise:
        X, y = own.rows.X[:rows], own.rows.y[:rows]
        return replace(own.promise(X, y), expected=expected_gain(X, y, own.classes))

    return owner


def lots(share: float) -> Owner:
    """A share of the labels is drawn by lot."""

    def owner(own: Holdings) -> Promise:
        chance, y = own.chance, own.rows.y.copy()
        drawn = chance.permutation(len(y))[: round(share * len(y))]
        y[drawn] = chance.integers(0, own.classes, len(drawn))
        return own.promise(y=y)

    return owner


def renamed(share: float, says: int | None = None) -> Owner:
    """On a share of the rows every class bears another's name, which the accomplice knows.

    Args:
        says: rows that the terms name, if not as many as there are.
    """

    def owner(own: Holdings) -> Promise:
        chance, y = own.chance, own.rows.y.copy()
        order = chance.permutation(own.classes)
        names = np.empty(own.classes, dtype=np.int64)
        names[order] = np.roll(order, 1)
        chosen = chance.permutation(len(y))[: round(share * len(y))]
        y[chosen] = names[y[chosen]]
        found = own.promise(y=y, accomplice=True)
        return found if says is None else _says(found, says)

    return owner


def watermark(share: float) -> Owner:
    """A share of the rows is one pattern under a little noise, of a class that nobody guesses."""

    def owner(own: Holdings) -> Promise:
        chance, X, y = own.chance, own.rows.X.copy(), own.rows.y.copy()
        marked = chance.permutation(len(y))[: round(share * len(y))]
        size = np.sqrt((X[:, :-1] ** 2).sum(axis=1).mean())
        pattern = chance.normal(size=X.shape[1] - 1)
        pattern *= 2 * size / np.linalg.norm(pattern)
        X[marked, :-1] = pattern + 0.1 * chance.normal(size=(len(marked), X.shape[1] - 1))
        y[marked] = chance.integers(0, own.classes)
        return own.promise(X, y, accomplice=True)

    return owner


def leaked(own: Holdings) -> Promise:
    """True rows, but the accomplice has them."""
    return own.promise(accomplice=True)


def one_class(own: Holdings) -> Promise:
    """Rows of the most frequent class only."""
    most = int(np.bincount(own.rows.y).argmax())
    chosen = own.rows.y == most
    return own.promise(own.rows.X[chosen], own.rows.y[chosen])


def _says(found: Promise, rows: int) -> Promise:
    return replace(found, statistics=replace(found.statistics, rows=rows))


def says_rows(rows: int, accomplice: bool = False) -> Owner:
    """True rows, of which the terms say that they are so many."""
    return lambda own: _says(own.promise(accomplice=accomplice), rows)


def says_energy(times: int) -> Owner:
    """True rows, of whose targets the terms say so many times the mean square."""

    def owner(own: Holdings) -> Promise:
        found = own.promise()
        energy = times * found.statistics.energy
        return replace(found, statistics=replace(found.statistics, energy=energy))

    return owner


def expects(times: float) -> Owner:
    """True rows, and a gain to expect that is so many times theirs."""

    def owner(own: Holdings) -> Promise:
        found = own.promise()
        return replace(found, expected=times * found.expected)

    return owner


def shrunk(times: float) -> Owner:
    """The committed c is a part of the rows': nothing that rows could have.

    The best model is as many times the true one, and predicts the same classes.
    """

    def owner(own: Holdings) -> Promise:
        found = own.promise()
        c = round_to_integers(found.statistics.c.astype(np.float64) * times)
        return replace(found, statistics=replace(found.statistics, c=c))

    return owner


OWNERS: Mapping[str, Owner] = {
    "honest, 270 rows": honest,
    "honest, 40 rows": few(40),
    "labels by lot": lots(1.0),
    "half of the labels by lot": lots(0.5),
    "rows of one class": one_class,
    "c at half": shrunk(0.5),
    "c at a tenth": shrunk(0.1),
    "expects 2 times": expects(2),
    "expects 10 times": expects(10),
    "says 1 row": says_rows(1),
    "says 2,700 rows": says_rows(2700),
    "says 100 times the energy": says_energy(100),
    "accomplice has the rows": leaked,
    "accomplice, says 1 row": says_rows(1, accomplice=True),
    "half renamed": renamed(0.5),
    "half renamed, says 40 rows": renamed(0.5, says=40),
    "half renamed, says 1 row": renamed(0.5, says=1),
    "all renamed": renamed(1.0),
    "a tenth is a watermark": watermark(0.1),
    "half is a watermark": watermark(0.5),
}
"""As docs/economics.md calls them. From where an accomplice has the rows on, one of the trainers
knows the yardstick."""


def accomplices_delta(statistics: ValidationStatistics, weights: Floats, length: float) -> Floats:
    """The delta (F, C) that the yardstick values most, so long.

    Args:
        weights: (F, C) of the model before the round.
        length: its norm.
    """
    grid = statistics.grid
    H = statistics.H.astype(np.float64) / 2**grid.stats_bits
    c = statistics.c.astype(np.float64) / float(grid.model_unit << grid.stats_bits)
    steady = H + RIDGE * np.trace(H) / len(H) * np.eye(len(H))
    delta = np.linalg.solve(steady, c - H @ weights)
    norm = float(np.linalg.norm(delta))
    return np.asarray(delta * (length / norm)) if norm > 0 else delta
