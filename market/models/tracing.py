"""Traces a user's module: `torch.export`, and the lines of the user's code that operations are
from."""

from __future__ import annotations

import logging
import re
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import nn
from torch.export import Dim, ExportedProgram, export

from market.errors import InputError
from market.models.interpreter import first_line
from market.models.limits import LARGEST_BATCH

_TORCH = str(Path(torch.__file__).parent)
_FRAME = re.compile(r'File "([^"]+)", line (\d+), in [^\n]*\n\s*([^\n]*)')
_EXAMPLE_BATCH = 3


def trace(module: nn.Module, shape: tuple[int, ...], dtype: torch.dtype) -> ExportedProgram:
    """The operations that the module's forward does on a batch of any size, none of them in place.

    The module runs once, in eval mode, on a batch of zeros, and is left in the mode it was in.

    Args:
        module: takes one tensor of (batch, *shape).

    Raises:
        InputError: it cannot be traced.
    """
    modes = [(each, each.training) for each in module.modules()]
    rows = torch.zeros((_EXAMPLE_BATCH, *shape), dtype=dtype)
    batch = Dim("batch", min=1, max=LARGEST_BATCH)
    module.eval()
    try:
        with _quiet(), torch.no_grad():
            program = export(module, (rows,), dynamic_shapes=({0: batch},))
            # No table of decompositions: operations stay as large as they are, and only what writes
            # into a tensor is replaced.
            functional: ExportedProgram = program.run_decompositions({})
            return functional
    except Exception as error:
        raise InputError(
            f"the model cannot be traced: {first_line(error)}{_where(error)}",
            "its forward takes one tensor of (batch, ...), does the same for every batch, and "
            "branches on no number that it computes",
        ) from error
    finally:
        for each, training in modes:
            each.training = training


def line_of(node: torch.fx.Node) -> str:
    """Where in the user's code an operation is from, such as ` in nets.py:12: x = x.sort()[0]`."""
    frames = _FRAME.findall(node.meta.get("stack_trace") or "")
    own = [frame for frame in frames if not frame[0].startswith(_TORCH)]
    if not own:
        return ""
    path, line, text = own[-1]
    return f" in {Path(path).name}:{line}: {text.strip()}"


def _where(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    own = [each for each in frames if not each.filename.startswith((_TORCH, __file__))]
    return f" in {Path(own[-1].filename).name}:{own[-1].lineno}: {own[-1].line}" if own else ""


@contextmanager
def _quiet() -> Iterator[None]:
    # What torch says while it traces is about its own insides; what matters ends in an error.
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
