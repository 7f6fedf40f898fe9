"""Arrays X and y, wherever they come from, as rows that fit a schema."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from market.data.cells import EXACT
from market.data.classes import UNKNOWN, ClassNames, absent
from market.data.files import check_memory
from market.data.inputs import DROP, REFUSE, Columns, Image
from market.data.mismatch import Findings, places
from market.data.rows import Rows
from market.data.schema import Schema
from market.data.target import Classes, Labels, Target

Flags = npt.NDArray[np.bool_]
_PIXEL = 255


def read_arrays(
    where: str, X: npt.NDArray[Any], y: npt.NDArray[Any], schema: Schema, max_bytes: int
) -> Rows:
    """Rows of arrays, copied.

    Pixels of unsigned bytes are divided by 255, as those of image files are. NaN is a missing
    value where the project's columns have a rule for it.

    Args:
        X: (n, *shape) of any real dtype that keeps its values in the schema's.
        y: (n,) names or positions of classes, or (n, T) labels or numbers; (n,) where T is 1.

    Raises:
        MismatchError: names all that does not fit.
        InputError: the rows would take more than `max_bytes`.
    """
    findings = Findings()
    _check_shapes(where, X, y, schema, findings)
    findings.refuse()
    row_bytes = np.dtype(schema.inputs.dtype).itemsize * int(np.prod(schema.shape)) + 8
    check_memory(where, len(X), row_bytes, max_bytes)
    rows, dropped = _inputs(where, X, schema, findings)
    target = _target(where, y, schema.target, findings)
    kept = ~dropped
    if not kept.any():
        findings.add(
            where, f"none of {len(X)} rows is left", "at least one", "give rows without NaN"
        )
    findings.refuse()
    rows, target = (rows[kept], target[kept]) if dropped.any() else (rows, target)
    notes = []
    if isinstance(schema.target, Classes):
        notes.append(absent(schema.target.names, target))
    if dropped.any():
        notes.append(f"{int(dropped.sum())} of {len(X)} rows are left out for missing values")
    return Rows(rows, target, tuple(filter(None, notes)))


def read_input_array(
    where: str, X: npt.NDArray[Any], schema: Schema, max_bytes: int
) -> npt.NDArray[Any]:
    """Rows of an array without labels, copied, as `read_arrays` does it.

    Raises:
        MismatchError, InputError: as `read_arrays`.
    """
    findings = Findings()
    _check_inputs(where, X, schema, findings)
    findings.refuse()
    row_bytes = np.dtype(schema.inputs.dtype).itemsize * int(np.prod(schema.shape))
    check_memory(where, len(X), row_bytes, max_bytes)
    rows, dropped = _inputs(where, X, schema, findings)
    findings.refuse()
    return rows[~dropped] if dropped.any() else rows


def _check_inputs(where: str, X: npt.NDArray[Any], schema: Schema, findings: Findings) -> None:
    if X.shape[1:] != schema.shape or X.ndim == 0:
        findings.add(
            f"{where}, X",
            f"the shape is {X.shape}",
            f"(n, {', '.join(str(axis) for axis in schema.shape)})",
            "bring the rows to the project's shape and order",
        )
    elif len(X) == 0:
        findings.add(f"{where}, X", "there are no rows", "at least one", "give some")
    if X.dtype.kind not in "biuf":
        findings.add(f"{where}, X", f"the dtype is {X.dtype}", "numbers", "convert them")


def _check_shapes(
    where: str, X: npt.NDArray[Any], y: npt.NDArray[Any], schema: Schema, findings: Findings
) -> None:
    _check_inputs(where, X, schema, findings)
    classes = isinstance(schema.target, Classes)
    wide = (len(schema.target.names),)
    shapes: tuple[tuple[int, ...], ...] = ((),) if classes else (wide, *([()] * (wide == (1,))))
    if y.ndim == 0 or y.shape[1:] not in shapes or (X.ndim and len(y) != len(X)):
        rows = str(len(X)) if X.ndim else "n"
        findings.add(
            f"{where}, y",
            f"the shape is {y.shape}",
            f"({rows},)" if classes else f"({rows}, {wide[0]})",
            "give one label for each row",
        )
    if y.dtype.kind not in ("biufU" if classes else "biuf"):
        findings.add(f"{where}, y", f"the dtype is {y.dtype}", "numbers", "convert them")


def _inputs(
    where: str, X: npt.NDArray[Any], schema: Schema, findings: Findings
) -> tuple[npt.NDArray[Any], Flags]:
    """The rows in the schema's dtype, and (n,) which to leave out."""
    inputs = schema.inputs
    dtype = np.dtype(inputs.dtype)
    if isinstance(inputs, Image) and X.dtype == np.uint8:
        return X.astype(dtype) / np.float32(_PIXEL), np.zeros(len(X), dtype=np.bool_)
    missing = np.isnan(X) if X.dtype.kind == "f" else np.zeros(X.shape, dtype=np.bool_)
    fills: Mapping[int, str | float] = {}
    if isinstance(inputs, Columns):
        fills = {place: column.missing for place, column in enumerate(inputs.columns)}
    dropped = np.zeros(len(X), dtype=np.bool_)
    # A copy in the dtype of the data first, so that nothing is lost before it is checked; but
    # half floats cannot be held against bounds beyond their own.
    values = np.array(X, dtype=np.float32 if X.dtype == np.float16 else None)
    for place, rule in fills.items():
        if rule != REFUSE and missing[:, place].any():
            dropped |= missing[:, place] & (rule == DROP)
            values[missing[:, place], place] = 0 if isinstance(rule, str) else rule
            missing[:, place] = False
    _name(where, X, missing, "a finite number", "fill in what is missing", findings)
    most = EXACT if dtype.kind == "i" else float(np.finfo(dtype).max)
    wrong = ~((values <= most) & (values >= -most))
    expected = "a finite number"
    if dtype.kind == "i":
        expected = "a whole number up to 2^53"
        if values.dtype.kind == "f":
            wrong |= values != np.rint(values)
    low, high = inputs.bounds
    if low > -math.inf or high < math.inf:
        wrong |= (values < low) | (values > high)
        expected += f" from {low:g} to {high:g}"
    remedy = "correct it"
    if isinstance(inputs, Image):
        remedy = "divide pixels by 255, or give them as uint8"
    _name(where, X, wrong & ~missing, expected, remedy, findings)
    if missing.any() or wrong.any():
        values = np.where(missing | wrong, np.zeros((), dtype=values.dtype), values)
    return values.astype(dtype), dropped


def _name(
    where: str,
    X: npt.NDArray[Any],
    wrong: Flags,
    expected: str,
    remedy: str,
    findings: Findings,
    array: str = "X",
) -> None:
    """Adds what is wrong in an array, if anything is."""
    if not wrong.any():
        return
    flat = wrong.reshape(len(X), -1).any(axis=1)
    rows = np.flatnonzero(flat)
    first = tuple(np.argwhere(wrong[rows[0]]).reshape(-1, wrong.ndim - 1)[0].tolist())
    entry = f", first at {first if len(first) > 1 else first[0]}" if first else ""
    findings.add(
        f"{where}, {array}, {places('row', rows[:3].tolist(), len(rows))}{entry}",
        f"{X[(int(rows[0]), *first)]}",
        expected,
        remedy,
    )


def _target(
    where: str, y: npt.NDArray[Any], target: Target, findings: Findings
) -> npt.NDArray[Any]:
    if isinstance(target, Classes):
        return _classes(where, y, target, findings)
    numbers = y.reshape(len(y), len(target.names)).astype(np.float64)
    wrong = ~(np.abs(numbers) <= float(np.finfo(np.float32).max))
    expected = "a finite number"
    if isinstance(target, Labels):
        expected = "0 or 1"
        wrong |= (numbers != 0) & (numbers != 1)
    _name(where, numbers, wrong, expected, "correct it, or leave the row out", findings, "y")
    return np.where(wrong, 0, numbers).astype(np.float32)


def _classes(
    where: str, y: npt.NDArray[Any], target: Classes, findings: Findings
) -> npt.NDArray[np.int64]:
    distinct, which = np.unique(y, return_inverse=True)
    texts = [str(value) for value in distinct.tolist()]
    names = ClassNames(target.names)
    found = names.positions(texts, which.reshape(-1).astype(np.int64), np.arange(len(y)))
    names.report(findings, f"{where}, y", "row", lambda row: row)
    return np.where(found == UNKNOWN, 0, found)
