"""Validation rows behind one hash: the root of a Merkle tree of them, in their order.

A leaf is keccak(salt || features as float64 || label as uint32), little-endian, features raw and
without a bias. Salts keep rows from being guessed. A leaf's preimage is never as long as the 64
bytes of two nodes, so no node passes for a row.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from eth_utils.crypto import keccak

from market.errors import InputError
from market.merkle import ordered, tree

SALT_BYTES = 32
FEATURE, LABEL = np.dtype("<f8"), np.dtype("<u4")
MAX_ROWS = 1 << 20
"""More than arbiters could be sent, and a bound on the sums that statistics are."""
LARGEST = 1e100
"""Of a feature: squares of it can be added."""


def new_salts(rows: int) -> list[bytes]:
    """Fresh salts, one for each row."""
    return [secrets.token_bytes(SALT_BYTES) for _ in range(rows)]


def canonical(X: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Features as they are committed: contiguous little-endian float64, no negative zero."""
    return np.ascontiguousarray(X, dtype=FEATURE) + 0.0


def rows_root(
    X: npt.NDArray[np.float64], y: npt.NDArray[np.int64], salts: Sequence[bytes]
) -> bytes:
    """What the terms name for these rows in this order.

    Args:
        X: (t, F - 1) raw features.
        y: (t,) class labels.
        salts: t of 32 bytes.

    Raises:
        InputError: no rows, too many, shapes that disagree, or a row that is none.
    """
    return tree(_leaves(X, y, salts), ordered)[0]


def check_rows_shape(
    X: npt.NDArray[np.float64], y: npt.NDArray[np.int64], salts: Sequence[bytes]
) -> None:
    """Refuses what cannot be committed to.

    Raises:
        InputError: no rows, too many, shapes that disagree, or a row that is none.
    """
    if X.ndim != 2 or y.shape != (len(X),) or len(salts) != len(X):
        raise InputError(f"rows of shape {X.shape}, labels {y.shape}, {len(salts)} salts")
    if not 1 <= len(X) <= MAX_ROWS or X.shape[1] == 0:
        raise InputError(f"{len(X)} rows of {X.shape[1]} features: 1 to {MAX_ROWS} of some")
    if any(len(salt) != SALT_BYTES for salt in salts):
        raise InputError(f"a salt of a row has {SALT_BYTES} bytes")
    if not (np.abs(X) <= LARGEST).all():
        raise InputError(f"a feature is NaN, or beyond {LARGEST:g}")
    if y.min() < 0 or y.max() >= 1 << 32:
        raise InputError("a label is negative or beyond 32 bits")


def _leaves(
    X: npt.NDArray[np.float64], y: npt.NDArray[np.int64], salts: Sequence[bytes]
) -> list[bytes]:
    check_rows_shape(X, y, salts)
    return [
        _leaf(salt, row, int(label))
        for salt, row, label in zip(salts, canonical(X), y, strict=True)
    ]


def _leaf(salt: bytes, row: npt.NDArray[np.float64], label: int) -> bytes:
    return bytes(keccak(salt + row.tobytes() + label.to_bytes(LABEL.itemsize, "little")))
