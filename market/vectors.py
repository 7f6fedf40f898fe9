"""Committed integer vectors: salted, and as bytes on their way through IPFS."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence

import numpy as np

from circuits.shape import DELTA_BOUND, SALT_ENTRIES, FoldedShape, triangle_places
from market.contribution.exact import Integers, as_integers
from market.errors import StorageError

ENTRY_BYTES = 16
"""Each entry is a signed little-endian integer of this many bytes."""


def salted(values: Iterable[int], length: int) -> list[int]:
    """The vector filled up to `length` with fresh salt, so that its commitment hides it."""
    vector = [int(value) for value in values]
    room = length - len(vector)
    if room < SALT_ENTRIES:
        raise ValueError(f"{room} entries of salt do not hide a vector")
    return [
        *vector,
        *(secrets.randbelow(2 * DELTA_BOUND - 1) - DELTA_BOUND + 1 for _ in range(room)),
    ]


def encode(vector: Iterable[int]) -> bytes:
    """The vector's bytes, `ENTRY_BYTES` an entry."""
    return b"".join(int(v).to_bytes(ENTRY_BYTES, "little", signed=True) for v in vector)


def decode(data: bytes, length: int, bound: int) -> list[int]:
    """Parses bytes from a stranger.

    Args:
        length: entries that there must be.
        bound: every |entry| must be below it.

    Raises:
        StorageError: another length, or an entry out of range.
    """
    if len(data) != length * ENTRY_BYTES:
        raise StorageError(
            f"a vector of {length} entries has {length * ENTRY_BYTES} bytes, "
            f"this one has {len(data)}"
        )
    vector = [
        int.from_bytes(data[start : start + ENTRY_BYTES], "little", signed=True)
        for start in range(0, len(data), ENTRY_BYTES)
    ]
    for index, value in enumerate(vector):
        if not -bound < value < bound:
            raise StorageError(f"entry {index} is {value}, beyond the bound {bound}")
    return vector


def matrix(vector: list[int], rows: int, columns: int) -> Integers:
    """The vector's first rows * columns entries as a matrix; what follows is salt."""
    return as_integers(vector[: rows * columns]).reshape(rows, columns)


def triangle(matrix: Integers) -> list[int]:
    """The upper triangle of a symmetric matrix, row-major."""
    rows, columns = np.triu_indices(len(matrix))
    return [int(entry) for entry in matrix[rows, columns]]


def curvature_and_target(
    statistics: Sequence[int], shape: FoldedShape
) -> tuple[Integers, Integers]:
    """H (F, F) and c (F, C) of the committed statistics: a triangle, c, salts."""
    end = shape.triangle_length
    H = as_integers(statistics[:end])[np.array(triangle_places(shape.features))]
    return H, matrix(list(statistics[end:]), shape.features, shape.classes)
