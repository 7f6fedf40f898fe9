"""Whether a model that was written gives what its module gives."""

from __future__ import annotations

import torch
from torch import nn

from market.errors import InputError
from market.models.dtypes import DTYPES
from market.models.interpreter import first_line
from market.models.model import Model

_ROWS = 5
_WORDS = 10
"""Whole numbers from 0 below it are tried where the model looks nothing up."""


def check_likeness(module: nn.Module, model: Model) -> None:
    """Compares the two on a few random rows and one of zeros, together and one by one.

    Raises:
        InputError: they differ, the module fails, or what it gives for a row depends on the others.
    """
    rows = example(model, _ROWS)
    rows[0] = 0
    modes = [(each, each.training) for each in module.modules()]
    module.eval()
    # Torch's fused transformer layers, which it takes without gradients, round otherwise and give
    # something else for rows of padding alone.
    fused = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with torch.no_grad():
            wanted = _wanted(module, rows)
            given = model(rows)
            single = torch.cat([model(row[None]) for row in rows])
    finally:
        torch.backends.mha.set_fastpath_enabled(fused)
        for each, training in modes:
            each.training = training
    if not close(given, wanted):
        raise InputError(
            "what was written does not give what the module gives",
            "does its forward depend on anything but its rows and weights?",
        )
    if not close(single, given):
        raise InputError(
            "what the module gives for a row depends on the others of its batch",
            "trainers are measured row by row",
        )


def _wanted(module: nn.Module, rows: torch.Tensor) -> torch.Tensor:
    try:
        wanted = module(rows)
    except Exception as error:
        raise InputError(f"the module fails on random rows: {first_line(error)}") from error
    assert isinstance(wanted, torch.Tensor)
    return wanted


def example(model: Model, count: int, seed: int = 0) -> torch.Tensor:
    """Random rows that a model takes: normal floats, or whole numbers that it knows."""
    rows = model.about.graph.rows
    generator = torch.Generator().manual_seed(seed)
    shape, dtype = (count, *rows.shape), DTYPES[rows.dtype]
    if dtype.is_floating_point:
        return torch.randn(shape, generator=generator, dtype=dtype)
    return torch.randint(
        0, model.about.vocabulary or _WORDS, shape, generator=generator, dtype=dtype
    )


def close(given: torch.Tensor, wanted: torch.Tensor) -> bool:
    if (given.shape, given.dtype, given.device) != (wanted.shape, wanted.dtype, wanted.device):
        return False
    loosest = 1e-2 if given.element_size() == 2 else 1e-4
    return torch.allclose(given, wanted, rtol=loosest, atol=loosest, equal_nan=True)
