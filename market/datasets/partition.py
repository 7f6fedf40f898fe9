"""Seeded splits: test and validation rows held out, the rest dealt to trainers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from market.datasets.table import Table
from market.errors import InputError

Indices: TypeAlias = npt.NDArray[np.int64]

_ATTEMPTS = 200


@dataclass(frozen=True)
class Split:
    """Disjoint row indices that cover the data set.

    Args:
        test: seen by nobody until the end.
        validation: the owner's; contributions are measured on it.
        pool: dealt to the trainers.
    """

    test: Indices
    validation: Indices
    pool: Indices


@dataclass(frozen=True)
class Deal:
    """Rows of everybody in a project, no row twice.

    Args:
        test: seen by nobody until the end.
        validation: the owner's.
        parts: one for each trainer.
    """

    test: Table
    validation: Table
    parts: list[Table]


def deal(
    table: Table, parts: int, alpha: float | None, seed: int, validation: int | None = None
) -> Deal:
    """Splits all rows of a data set among an owner and `parts` trainers.

    Args:
        alpha: labels skewed by Dirichlet(alpha); all alike if None.
        validation: about how many rows are the owner's; 15 % of all if None.

    Raises:
        InputError: too few rows, or an argument out of range.
    """
    share = 0.15 if validation is None else validation / len(table)
    split = stratified_split(table.y, seed, validation_share=share)
    pool = table.rows(split.pool)
    if alpha is None:
        dealt = partition_iid(len(pool), parts, seed)
    else:
        dealt = partition_dirichlet(pool.y, parts, alpha, seed)
    return Deal(
        table.rows(split.test), table.rows(split.validation), [pool.rows(rows) for rows in dealt]
    )


def stratified_split(
    y: Indices, seed: int, test_share: float = 0.2, validation_share: float = 0.15
) -> Split:
    """Splits the rows so that each part has the class mix of the whole (to a row per class).

    Raises:
        InputError: shares that are not positive or leave nothing, or a part that would be empty.
    """
    if test_share <= 0 or validation_share <= 0 or test_share + validation_share >= 1:
        raise InputError(f"cannot hold out shares {test_share} and {validation_share} of the rows")
    generator = np.random.default_rng(seed)
    parts: tuple[list[Indices], list[Indices], list[Indices]] = ([], [], [])
    for label in np.unique(y):
        rows = generator.permutation(np.flatnonzero(y == label))
        first = round(test_share * len(rows))
        second = first + round(validation_share * len(rows))
        for part, chunk in zip(parts, np.split(rows, [first, second]), strict=True):
            part.append(chunk)
    test, validation, pool = (
        generator.permutation(np.concatenate(part)) if part else np.empty(0, np.int64)
        for part in parts
    )
    if min(len(test), len(validation), len(pool)) == 0:
        raise InputError(f"{len(y)} rows are too few to split", "give more rows of each class")
    return Split(test, validation, pool)


def partition_iid(rows: int, parts: int, seed: int) -> list[Indices]:
    """Deals `rows` row numbers at random into `parts` whose sizes differ by at most one.

    Raises:
        InputError: fewer rows than parts, or no parts.
    """
    if parts < 1 or rows < parts:
        raise InputError(f"cannot deal {rows} rows to {parts} trainers")
    order = np.random.default_rng(seed).permutation(rows)
    return [np.sort(chunk) for chunk in np.array_split(order, parts)]


def partition_dirichlet(
    y: Indices, parts: int, alpha: float, seed: int, minimum: int = 20
) -> list[Indices]:
    """Deals the rows with skewed labels (Hsu et al., arXiv 1909.06335).

    Each class is dealt in proportions drawn from Dirichlet(alpha, ..., alpha): the smaller alpha,
    the fewer classes a trainer sees. Draws that leave a part smaller than `minimum` are repeated.

    Raises:
        InputError: alpha is not positive, or no draw gave every part `minimum` rows.
    """
    if parts < 1 or not 0 < alpha < float("inf"):
        raise InputError(f"cannot deal rows to {parts} trainers with alpha = {alpha}")
    generator = np.random.default_rng(seed)
    if len(y) >= parts * max(minimum, 1):
        for _ in range(_ATTEMPTS):
            dealt = _deal_skewed(y, parts, alpha, generator)
            if min(len(part) for part in dealt) >= max(minimum, 1):
                return dealt
    raise InputError(
        f"cannot deal {len(y)} rows to {parts} trainers with at least {minimum} each",
        "use a larger alpha, fewer trainers or a smaller minimum",
    )


def _deal_skewed(
    y: Indices, parts: int, alpha: float, generator: np.random.Generator
) -> list[Indices]:
    dealt: list[list[Indices]] = [[] for _ in range(parts)]
    for label in np.unique(y):
        rows = generator.permutation(np.flatnonzero(y == label))
        shares = generator.dirichlet(np.full(parts, alpha))
        cuts = np.rint(np.cumsum(shares)[:-1] * len(rows)).astype(np.int64)
        for part, chunk in zip(dealt, np.split(rows, cuts), strict=True):
            part.append(chunk)
    return [np.sort(np.concatenate(part)) for part in dealt]
