"""What the owner seals to the arbiters: the rows, their salts, and the committed statistics.

Layout: `MAGIC`; rows, features and entries of the statistics as little-endian uint32; then salts,
features, labels as in `market.yardstick.rows`; then the statistics as `market.vectors` writes them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from market.errors import InputError, StorageError
from market.vectors import ENTRY_BYTES, decode, encode
from market.yardstick.rows import (
    FEATURE,
    LABEL,
    MAX_ROWS,
    SALT_BYTES,
    canonical,
    check_rows_shape,
    rows_root,
)

MAGIC = b"FMROWS\x00\x01"
MAX_BYTES = 256 << 20
"""The largest that is made or fetched: 10,000 rows of 3,000 features."""
_SIZES = struct.Struct("<III")
_HEAD = len(MAGIC) + _SIZES.size
_ANY = 1 << (8 * ENTRY_BYTES - 1)


@dataclass(frozen=True)
class RowsPackage:
    """Rows as an arbiter has them.

    Args:
        X: (t, F - 1) raw features, finite.
        y: (t,) labels, not negative.
        salts: t of 32 bytes.
        statistics: the committed vector, salts included.
    """

    X: npt.NDArray[np.float64]
    y: npt.NDArray[np.int64]
    salts: tuple[bytes, ...]
    statistics: tuple[int, ...]

    @property
    def root(self) -> bytes:
        """What the terms should name."""
        return rows_root(self.X, self.y, self.salts)


def package_bytes(rows: int, features: int, entries: int) -> int:
    """Length of a package of so many rows, raw features and entries of the statistics."""
    row = SALT_BYTES + FEATURE.itemsize * features + LABEL.itemsize
    return _HEAD + rows * row + ENTRY_BYTES * entries


def pack_rows(
    X: npt.NDArray[np.float64],
    y: npt.NDArray[np.int64],
    salts: Sequence[bytes],
    statistics: Iterable[int],
) -> bytes:
    """The package's bytes, not yet sealed.

    Args:
        X: (t, F - 1) raw features.
        y: (t,) class labels.
        salts: t of 32 bytes, those of `rows_root`.
        statistics: the vector that the terms commit to: H, c, salts.

    Raises:
        InputError: rows that cannot be committed to, or more than `MAX_BYTES`.
    """
    check_rows_shape(X, y, salts)
    vector = [int(entry) for entry in statistics]
    size = package_bytes(len(X), X.shape[1], len(vector))
    if size > MAX_BYTES:
        raise InputError(
            f"{len(X)} validation rows make {size} bytes for the arbiters, at most {MAX_BYTES}",
            "validate on fewer rows",
        )
    return b"".join(
        (
            MAGIC,
            _SIZES.pack(len(X), X.shape[1], len(vector)),
            *salts,
            canonical(X).tobytes(),
            y.astype(LABEL).tobytes(),
            encode(vector),
        )
    )


def unpack_rows(data: bytes) -> RowsPackage:
    """Parses bytes from an owner who may mean no good.

    Raises:
        StorageError: they are no package, or hold a feature that is no number.
    """
    if len(data) < _HEAD or not data.startswith(MAGIC):
        raise StorageError("the content is no package of validation rows")
    rows, features, entries = _SIZES.unpack_from(data, len(MAGIC))
    if not 1 <= rows <= MAX_ROWS or len(data) != package_bytes(rows, features, entries):
        raise StorageError(
            f"a package of {rows} rows, {features} features and {entries} statistics has "
            f"{len(data)} bytes, not {package_bytes(rows, features, entries)}"
        )
    view, place = memoryview(data), _HEAD

    def take(length: int) -> memoryview:
        nonlocal place
        place += length
        return view[place - length : place]

    salts = tuple(bytes(take(SALT_BYTES)) for _ in range(rows))
    values = np.frombuffer(take(FEATURE.itemsize * rows * features), dtype=FEATURE)
    labels = np.frombuffer(take(LABEL.itemsize * rows), dtype=LABEL)
    X, y = values.reshape(rows, features).astype(np.float64), labels.astype(np.int64)
    try:
        check_rows_shape(X, y, salts)
    except InputError as error:
        raise StorageError(f"the validation rows are malformed: {error.message}") from error
    statistics = decode(bytes(take(ENTRY_BYTES * entries)), entries, _ANY)
    return RowsPackage(X, y, salts, tuple(statistics))
