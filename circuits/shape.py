"""The sizes that fix a circuit, and the order of its inputs and outputs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from market.errors import InputError

DELTA_BOUND = 16_000
"""Every entry x of a delta satisfies |x| < DELTA_BOUND.

The circuit looks entries up in a table that fills one column. 2**14 would not leave room, by some
rows, for what the engine keeps for itself in a column of 2**15.
"""

SALT_ENTRIES = 18
"""Random entries that every committed vector has at least at its end; no statement reads them.

A KZG point is not hiding: whoever guesses the vector can check the guess. Points add up, so who
guesses meets in the middle of a salt: 18 entries of 15 bits cost 2**135 additions, not 2**270.
"""


@dataclass(frozen=True)
class Shape:
    """One circuit serves every round of every project with these sizes.

    Args:
        slots: s, the most deltas a round can hold; rounds with fewer fill up with zero vectors.
        features: F, the rows of the model, bias included.
        classes: C, its columns.
    """

    slots: int
    features: int
    classes: int

    statement: ClassVar[str] = "round"
    """The file in this package that these sizes are of."""

    def __post_init__(self) -> None:
        if not 3 <= self.slots <= 32:
            raise InputError(f"a circuit has 3 to 32 slots, not {self.slots}")
        if not (2 <= self.features <= 4096 and 1 <= self.classes <= 1024):
            raise InputError(
                f"a circuit has 2 to 4096 features and 1 to 1024 classes, "
                f"not {self.features} x {self.classes}"
            )

    @property
    def table_start(self) -> int:
        """The smallest integer that the table of the range check holds."""
        return 1 - DELTA_BOUND

    @property
    def parameters(self) -> int:
        """d = F * C, row-major."""
        return self.features * self.classes

    @property
    def vector_rows(self) -> int:
        """Rows of a committed model, delta or c as a matrix of C columns: F, and rows of salts."""
        return self.features - (-SALT_ENTRIES // self.classes)

    @property
    def vector_length(self) -> int:
        """Entries of a committed model, delta or c."""
        return self.vector_rows * self.classes

    @property
    def matrix_length(self) -> int:
        """Entries of the committed H."""
        return self.features**2 + SALT_ENTRIES

    @property
    def input_lengths(self) -> list[int]:
        """Entries of each committed input in the order of the points: H, c, w, D_1 ... D_s."""
        return [self.matrix_length] + [self.vector_length] * (2 + self.slots)

    @property
    def output_lengths(self) -> list[int]:
        """Public outputs in order: Z H Z', Z c, D D', one of the range check; Z stacks w on D."""
        width = self.slots + 1
        return [width * width, width, self.slots**2, 1]

    @property
    def instance_count(self) -> int:
        return sum(self.output_lengths)


@dataclass(frozen=True)
class FoldedShape(Shape):
    """The sizes of `circuits.folded`, and the order of its inputs and outputs."""

    statement: ClassVar[str] = "folded"

    @property
    def statistics_length(self) -> int:
        """Entries of S: the upper triangle of H, c, both row-major, and salts."""
        return self.triangle_length + self.parameters + SALT_ENTRIES

    def curvature(self, statistics: Sequence[int]) -> list[list[int]]:
        """The rows of the matrix that makes Y of R: here of H.

        Args:
            statistics: S, or as much of it as holds the matrix.
        """
        return [[statistics[place] for place in row] for row in triangle_places(self.features)]

    def entries(self, model: Sequence[int], deltas: Sequence[Sequence[int]]) -> list[int]:
        """A: the model, then every slot's delta plus DELTA_BOUND, those of unused slots zero.

        Args:
            model: w, vector_length entries.
            deltas: at most `slots`, each of vector_length entries.
        """
        return [*model, *self._shifted(deltas)]

    def _shifted(self, deltas: Sequence[Sequence[int]]) -> list[int]:
        unused = [[0] * self.vector_length] * (self.slots - len(deltas))
        return [entry + DELTA_BOUND for vector in (*deltas, *unused) for entry in vector]

    @property
    def triangle_length(self) -> int:
        """Entries of the upper triangle of H: what is not committed twice cannot differ."""
        return self.features * (self.features + 1) // 2

    @property
    def input_lengths(self) -> list[int]:
        """Entries of S, R, A, Y, X."""
        vector = self.vector_length
        return [self.statistics_length, vector, (self.slots + 1) * vector, self.parameters, 2]

    @property
    def output_lengths(self) -> list[int]:
        """gamma and delta, three forms, two differences that are zero."""
        return [2, 1, 1, 1, 1, 1]

    @property
    def table_start(self) -> int:
        """Deltas are looked up with DELTA_BOUND added to them."""
        return 0

    def rows(self, inner_columns: int) -> int:
        """Rows that suffice for the statement, some more than the engine fills.

        Of m entries handled one by one `inner_columns` share a row, of a product of two vectors as
        many terms.
        """

        def shared(terms: int) -> int:
            return -(-terms // inner_columns)

        s, F, C, d = self.slots, self.features, self.classes, self.parameters
        height = self.vector_rows
        lookups = shared(s * self.vector_length)
        folding = (s + 1) * C * shared(height) + C * shared(s)
        forms = 5 * shared(d) + height * shared(C) + F * shared(C) + F * shared(F)
        powers = shared(height + C) + 4 * (math.isqrt(height) + math.isqrt(C))
        tested = 4 * shared(height) + 2 * shared(C)
        return lookups + folding + forms + powers + tested + 4 * s + 64


def triangle_places(size: int) -> list[list[int]]:
    """Where each entry of a symmetric (size, size) matrix stands in its upper triangle."""
    places = [[0] * size for _ in range(size)]
    next_place = 0
    for i in range(size):
        for j in range(i, size):
            places[i][j] = places[j][i] = next_place
            next_place += 1
    return places
