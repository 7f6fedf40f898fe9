"""Range: every entry of every delta is a small integer.

Statement
    Every entry x of the committed deltas, salts included, is one of the integers from -DELTA_BOUND
    up to what a column of the circuit has room for.

Inputs and outputs
    The column of entries x + DELTA_BOUND; what the table gives for them takes their place in the
    other statements, so nothing is put out.

How
    Each entry is looked up in the table of a function, whose inputs are the integers from 0
    upwards until the column is full: an entry that stands in it is one of those. One row an entry.
    The engine's own decomposition into sign and digits, which `torch.abs` draws, takes eight.

Soundness
    A lookup argument holds over field elements, so that no other element passes as a small one.
    The range is wider above than what trainers may commit to (|x| < DELTA_BOUND); nothing rests
    on the difference: products of entries below 2**logrows in magnitude stay integers.
"""

from __future__ import annotations

import torch


def identity(values: torch.Tensor) -> torch.Tensor:
    """Its argument, looked up: on the integers from 0 upwards hard-swish rounds to x itself.

    Of all functions that the engine puts into a table it is the one that is the identity there,
    so the result can take the entry's place, and a lookup costs one row.
    """
    return torch.nn.functional.hardswish(values)


def looked_up(vectors: torch.Tensor) -> torch.Tensor:
    """(s, length) -> (): a sum that keeps the lookups of the unfolded round in its circuit.

    There the table starts at 1 - DELTA_BOUND, and entries are not shifted.
    """
    return torch.erf(vectors).sum()
