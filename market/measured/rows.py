"""Validation rows of any shape: behind one hash, and as they are sealed to others.

A leaf is keccak(salt || the row's entries || its labels), little-endian, in the order of the rows;
salts keep rows from being guessed. A package is `MAGIC`, the length of a JSON head as little-endian
uint32, the head (dtypes and shapes), then salts, X and y as they lie in memory.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from eth_utils.crypto import keccak

from market.data.rows import Rows
from market.data.schema import Schema
from market.data.target import Classes, Numbers
from market.durable import parse_json
from market.errors import InputError, StorageError
from market.merkle import ordered, tree
from market.yardstick.rows import MAX_ROWS, SALT_BYTES

MAX_BYTES = 1 << 30
"""The largest package that is made or fetched."""
MAGIC = b"FMROWS\x00\x02"
_LENGTH = struct.Struct("<I")
_MAX_HEAD = 1 << 12
_DTYPES = ("float32", "float64", "int64")


def root_of_rows(rows: Rows, salts: Sequence[bytes]) -> bytes:
    """What the terms name for these rows in this order.

    Raises:
        InputError: too many rows, or another number of salts.
    """
    if len(rows) > MAX_ROWS or len(salts) != len(rows):
        raise InputError(f"{len(rows)} rows with {len(salts)} salts", f"at most {MAX_ROWS} rows")
    leaves = [
        bytes(keccak(salt + _bytes(X) + _bytes(y)))
        for salt, X, y in zip(salts, rows.X, rows.y, strict=True)
    ]
    return tree(leaves, ordered)[0]


def pack_rows(rows: Rows, salts: Sequence[bytes]) -> bytes:
    """What the owner seals to evaluators and arbiters.

    Raises:
        InputError: it is larger than `MAX_BYTES`.
    """
    head = json.dumps(
        {
            "X": [rows.X.dtype.name, list(rows.X.shape)],
            "y": [rows.y.dtype.name, list(rows.y.shape)],
        }
    ).encode()
    data = b"".join([MAGIC, _LENGTH.pack(len(head)), head, *salts, _bytes(rows.X), _bytes(rows.y)])
    if len(data) > MAX_BYTES:
        raise InputError(
            f"validation rows of {len(data)} bytes, at most {MAX_BYTES} are sent",
            "validate on fewer rows",
        )
    return data


def unpack_rows(data: bytes, schema: Schema, root: bytes) -> Rows:
    """Parses a package from a stranger, and holds it against the terms.

    Args:
        schema: what the project's document says rows are.
        root: that the terms name.

    Raises:
        StorageError: it is no package, or not of these rows.
    """
    try:
        start = len(MAGIC) + _LENGTH.size
        if data[: len(MAGIC)] != MAGIC:
            raise ValueError("it begins otherwise")
        (length,) = _LENGTH.unpack(data[len(MAGIC) : start])
        if length > _MAX_HEAD:
            raise ValueError("its head is too long")
        head = parse_json(data[start : start + length])
        (X_dtype, X_shape), (y_dtype, y_shape) = head["X"], head["y"]
        X_count, y_count = _count(X_dtype, X_shape), _count(y_dtype, y_shape)
        if tuple(X_shape[1:]) != schema.shape or X_shape[0] != y_shape[0] > 0:
            raise ValueError("its rows have another shape")
        at, count = start + length, X_shape[0]
        salts = [data[at + i * SALT_BYTES : at + (i + 1) * SALT_BYTES] for i in range(count)]
        at += count * SALT_BYTES
        arrays = ((X_count, X_dtype), (y_count, y_dtype))
        sizes = [n * np.dtype(kind).itemsize for n, kind in arrays]
        if len(data) != at + sum(sizes):
            raise ValueError("it has another length")
        X = np.frombuffer(data, np.dtype(X_dtype).newbyteorder("<"), X_count, at)
        y = np.frombuffer(data, np.dtype(y_dtype).newbyteorder("<"), y_count, at + sizes[0])
        finite = all(bool(np.isfinite(each).all()) for each in (X, y))
        if not finite:
            raise ValueError("it holds NaN or infinity")
        rows = Rows(X.reshape(X_shape), y.reshape(y_shape))
        _check_fit(rows, schema)
        found = root_of_rows(rows, salts)
    except (ValueError, TypeError, KeyError, struct.error, InputError) as error:
        raise StorageError(f"the sealed rows are no package of rows: {error}") from error
    if found != root:
        raise StorageError("the sealed rows are not those that the terms commit to")
    return rows


def _check_fit(rows: Rows, schema: Schema) -> None:
    """What reading would have refused on the owner's machine: the rest would end in the network."""
    low, high = schema.inputs.bounds
    if rows.X.dtype.name != schema.inputs.dtype or not low <= rows.X.min() <= rows.X.max() <= high:
        raise ValueError("its rows are of another dtype, or beyond the schema's bounds")
    names = len(schema.target.names)
    classes = isinstance(schema.target, Classes)
    if (rows.y.dtype == np.int64) != classes or rows.y.shape[1:] != (() if classes else (names,)):
        raise ValueError("its labels are of another kind")
    most = names - 1 if classes else 1
    if not isinstance(schema.target, Numbers) and not 0 <= rows.y.min() <= rows.y.max() <= most:
        raise ValueError("a label is none of the schema's")


def _count(dtype: Any, shape: Any) -> int:
    if dtype not in _DTYPES or type(shape) is not list or not 1 <= len(shape) <= 7:
        raise ValueError("its head names no arrays")
    if not all(type(size) is int and 0 < size <= MAX_BYTES for size in shape):
        raise ValueError("its head names no shape")
    count = math.prod(shape)
    if count > MAX_BYTES or shape[0] > MAX_ROWS:
        raise ValueError("it is too large")
    return count


def _bytes(array: Any) -> bytes:
    contiguous = np.ascontiguousarray(array)
    return contiguous.astype(contiguous.dtype.newbyteorder("<"), copy=False).tobytes()
