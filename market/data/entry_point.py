"""Rows that a function on this machine gives: code of whoever runs the command, never of a peer.

No document and no message ever names an entry point; only the command line does.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
import traceback
from typing import Any

import numpy as np
import numpy.typing as npt

from market.data.arrays import read_arrays, read_input_array
from market.data.inputs import Columns
from market.data.mismatch import Findings
from market.data.rows import Rows
from market.data.schema import Schema
from market.errors import InputError

_FORM = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")


def is_entry_point(source: str) -> bool:
    """Whether it has the form of `package.module:function`."""
    return _FORM.fullmatch(source) is not None


def read_entry_point(source: str, schema: Schema, max_bytes: int) -> Rows:
    """Calls the function, and checks the (X, y) that it gives: arrays, tensors or nested lists.

    Modules are looked for in the working directory too.

    Raises:
        MismatchError: names all that does not fit.
        InputError: there is no such function, it fails, or it gives anything but two arrays.
    """
    given = _call(source)
    if not isinstance(given, tuple | list) or len(given) != 2:
        raise InputError(
            f"{source} gave {type(given).__name__}, expected (X, y)", "return two arrays"
        )
    X = _as_array(f"{source}, X", _by_name(source, given[0], schema))
    y = _as_array(f"{source}, y", given[1])
    return read_arrays(source, X, y, schema, max_bytes)


def read_input_entry_point(source: str, schema: Schema, max_bytes: int) -> npt.NDArray[Any]:
    """The rows of a function that gives X, or (X, y), of which y is not looked at.

    Raises:
        MismatchError, InputError: as `read_entry_point`.
    """
    given = _call(source)
    if isinstance(given, tuple) and len(given) != 2:
        raise InputError(
            f"{source} gave a tuple of {len(given)}, expected X or (X, y)", "return one array"
        )
    if isinstance(given, tuple) or _is_pair(source, given, schema):
        given = given[0]
    X = _as_array(f"{source}, X", _by_name(source, given, schema))
    return read_input_array(source, X, schema, max_bytes)


def _is_pair(source: str, given: Any, schema: Schema) -> bool:
    """Whether a list of two is [X, y], and not two rows."""
    if not isinstance(given, list) or len(given) != 2:
        return False
    first = given[0]
    if getattr(first, "columns", None) is not None:
        return True
    return _as_array(f"{source}, X", first).ndim == 1 + len(schema.shape)


def _call(source: str) -> Any:
    """What the function gives."""
    module_name, _, name = source.partition(":")
    here = os.getcwd()
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        function = getattr(importlib.import_module(module_name), name)
    except ModuleNotFoundError as error:
        raise InputError(
            f"{source}: {error}", "run in the folder of the module, or install what it needs"
        ) from error
    except AttributeError as error:
        raise InputError(f"{source}: {error}", "name a function of the module") from error
    except (Exception, SystemExit) as error:
        raise InputError(
            f"{source} cannot be imported: {_said(error)}", "import it by itself to see why"
        ) from error
    try:
        return function()
    except InputError:
        raise
    except (Exception, SystemExit) as error:
        said = _said(error)
        raise InputError(f"{source} failed: {said}", "call it by itself to see why") from error


def _by_name(source: str, X: Any, schema: Schema) -> Any:
    """The project's columns of a data frame, in the project's order; anything else as it is."""
    columns = getattr(X, "columns", None)
    if columns is None or not isinstance(schema.inputs, Columns):
        return X
    there = list(columns)
    findings = Findings()
    for name in schema.inputs.names:
        if there.count(name) != 1:
            findings.add(
                f"{source}, X", f"{there.count(name)} columns {name!r}", "one", "add or rename it"
            )
    findings.refuse()
    try:
        return X[list(schema.inputs.names)]
    except Exception as error:  # as below
        raise InputError(
            f"{source}, X: its columns cannot be picked: {_said(error)}", "give an array"
        ) from error


def _as_array(what: str, value: Any) -> npt.NDArray[Any]:
    if isinstance(value, np.ma.MaskedArray):
        raise InputError(f"{what} is a masked array", "fill it, or leave the masked rows out")
    try:
        if callable(getattr(value, "detach", None)):  # a tensor, which this need not import
            value = value.detach().cpu().numpy()
        array = np.asarray(value)
    except Exception as error:  # whatever the code of the object raises
        raise InputError(
            f"{what} is no array: {_said(error)}", "give arrays, tensors or lists of equal lengths"
        ) from error
    if array.dtype.kind == "O" and all(isinstance(each, str) for each in array.flat):
        array = array.astype(np.str_)  # as pandas keeps texts
    if array.dtype.kind not in "biufU":
        raise InputError(f"{what} is of dtype {array.dtype}, expected numbers", "convert it")
    return array


def _said(error: BaseException) -> str:
    """What went wrong and in which line of the user's code, in one line."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    try:
        text = " ".join(str(error).split())[:200]
    except Exception:  # of an error whose own text fails
        text = "it cannot say why"
    return f"{type(error).__name__}: {text} ({os.path.basename(last.filename)}:{last.lineno})"
