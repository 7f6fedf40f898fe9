"""Columns of a table, picked by name, as rows that fit a schema."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from market.data.class_column import ClassColumn
from market.data.classes import absent
from market.data.files import check_memory
from market.data.inputs import Columns, Inputs
from market.data.mismatch import Findings, listed
from market.data.number_columns import NumberColumn, NumberColumns
from market.data.rows import Rows
from market.data.schema import Schema
from market.data.table import Table, check_header
from market.data.target import Classes, Target
from market.errors import InputError


def read_columns(table: Table, schema: Schema, max_bytes: int) -> Rows:
    """All rows of a table whose project names its columns.

    Raises:
        MismatchError: names every column, label and cell that does not fit.
        InputError: the project takes no tables, or the rows would take more than `max_bytes`.
    """
    inputs = _columns_of(table, schema.inputs)
    findings = Findings()
    asked = (*inputs.names, *schema.target.columns)
    check_header(table, asked, findings)
    findings.refuse()

    features = [NumberColumn(table, column, inputs.dtype) for column in inputs.columns]
    target = target_reader(table, schema.target)
    row_bytes = np.dtype(inputs.dtype).itemsize * len(features) + 8 * len(schema.target.columns)
    X_pieces, y_pieces, read, dropped = [], [], 0, 0
    for piece in table.pieces(asked, findings):
        check_memory(table.where, read + len(piece), row_bytes, max_bytes)
        X, left_out = _read_piece(piece, features, inputs.dtype, read)
        columns = [piece.column(len(features) + n) for n in range(len(schema.target.columns))]
        y = target.read(columns, read)
        X_pieces.append(X[~left_out])
        y_pieces.append(y[~left_out])
        read += len(piece)
        dropped += int(left_out.sum())
    for feature in features:
        feature.report(findings)
    target.report(findings)
    if read == dropped and (read or not findings):
        _none(table, read, findings)
    findings.refuse()
    X, y = np.concatenate(X_pieces), np.concatenate(y_pieces)
    classes = schema.target.names if isinstance(schema.target, Classes) else ()
    notes = [absent(classes, y)] if classes else []
    if dropped:
        notes.append(f"{dropped} of {read} rows are left out for missing values")
    others = [name for name in table.header if name not in asked]
    if others:
        notes.append(f"columns that the project does not ask for are ignored: {listed(others)}")
    return Rows(X, y, tuple(filter(None, notes)))


def read_input_columns(table: Table, inputs: Inputs, max_bytes: int) -> npt.NDArray[Any]:
    """All rows of a table, of the columns that go into the model alone.

    Args:
        inputs: of which no column has the rule to leave rows out.

    Raises:
        MismatchError, InputError: as `read_columns`.
    """
    inputs = _columns_of(table, inputs)
    findings = Findings()
    check_header(table, inputs.names, findings)
    findings.refuse()

    features = [NumberColumn(table, column, inputs.dtype) for column in inputs.columns]
    row_bytes = np.dtype(inputs.dtype).itemsize * len(features)
    pieces, read = [], 0
    for piece in table.pieces(inputs.names, findings):
        check_memory(table.where, read + len(piece), row_bytes, max_bytes)
        X, _ = _read_piece(piece, features, inputs.dtype, read)
        pieces.append(X)
        read += len(piece)
    for feature in features:
        feature.report(findings)
    if not read and not findings:
        _none(table, read, findings)
    findings.refuse()
    return np.concatenate(pieces)


def _columns_of(table: Table, inputs: Inputs) -> Columns:
    if not isinstance(inputs, Columns):
        raise InputError(
            f"{table.where} is a table, and the project takes {inputs.describe()}",
            "give .npz, .npy, or a folder of images",
        )
    return inputs


def _read_piece(
    piece: Any, features: list[NumberColumn], dtype: str, start: int
) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
    """(n, F) of a piece that begins at row `start`, and (n,) which rows to leave out."""
    X = np.empty((len(piece), len(features)), dtype=dtype)
    left_out = np.zeros(len(piece), dtype=np.bool_)
    for place, feature in enumerate(features):
        X[:, place], gone = feature.read(piece.column(place), start)
        left_out |= gone
    return X, left_out


def _none(table: Table, read: int, findings: Findings) -> None:
    findings.add(
        table.where,
        f"none of {read} rows is left" if read else "there are no rows",
        "at least one row",
        "give rows without missing values" if read else "give some below the header",
    )


def target_reader(table: Table, target: Target) -> ClassColumn | NumberColumns:
    return (
        ClassColumn(table, target) if isinstance(target, Classes) else NumberColumns(table, target)
    )
