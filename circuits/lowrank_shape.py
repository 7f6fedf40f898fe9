"""The sizes of `circuits.lowrank`, and the order of its inputs and outputs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from circuits.shape import SALT_ENTRIES, FoldedShape
from market.errors import InputError

MOST_COORDINATES, MOST_RANK = 1 << 16, 256
"""No circuit of more fits what a prover has; `zk.planner` says what does."""


@dataclass(frozen=True)
class LowRankShape(FoldedShape):
    """A vector is a column of k coordinates, and curvature a root of m rows.

    Args:
        slots: s, the most deltas a round can hold.
        features: k, the coordinates of a delta.
        classes: 1.
        rank: m, the rows of the root B of H = B'B.
    """

    classes: int = 1
    rank: int = 32

    statement: ClassVar[str] = "lowrank"

    def __post_init__(self) -> None:
        if not 3 <= self.slots <= 32:
            raise InputError(f"a circuit has 3 to 32 slots, not {self.slots}")
        if self.classes != 1:
            raise InputError(f"a low-rank circuit has one column, not {self.classes}")
        if not (2 <= self.features <= MOST_COORDINATES and 1 <= self.rank <= MOST_RANK):
            raise InputError(
                f"a low-rank circuit has 2 to {MOST_COORDINATES} coordinates and 1 to {MOST_RANK} "
                f"rows of curvature, not {self.features} and {self.rank}"
            )

    @property
    def root_length(self) -> int:
        """Entries of B, row by row."""
        return self.rank * self.features

    @property
    def statistics_length(self) -> int:
        """Entries of S: B row by row, c, and salts."""
        return self.root_length + self.features + SALT_ENTRIES

    def curvature(self, statistics: Sequence[int]) -> list[list[int]]:
        """The rows of the matrix that makes Y of R: here of B."""
        k = self.features
        return [list(statistics[j * k : (j + 1) * k]) for j in range(self.rank)]

    def entries(self, model: Sequence[int], deltas: Sequence[Sequence[int]]) -> list[int]:  # noqa: ARG002
        """A: every slot's delta plus DELTA_BOUND. The model is zero, and stands nowhere."""
        return self._shifted(deltas)

    @property
    def input_lengths(self) -> list[int]:
        """Entries of S, R, A, Y, X."""
        vector = self.vector_length
        return [self.statistics_length, vector, self.slots * vector, self.rank, 2]

    def rows(self, inner_columns: int) -> int:
        """Rows that suffice for the statement, some more than the engine fills."""

        def shared(terms: int) -> int:
            return -(-terms // inner_columns)

        s, k, m, height = self.slots, self.features, self.rank, self.vector_rows
        lookups = shared(s * height)
        folding = s * shared(height) + 2 * shared(s)
        forms = 2 * shared(k) + shared(m)
        curvature = k * shared(m) + shared(k) + shared(m)
        powers = shared(height) + 4 * math.isqrt(height)
        tested = 2 * shared(height)
        return lookups + folding + forms + curvature + powers + tested + 4 * s + 64
