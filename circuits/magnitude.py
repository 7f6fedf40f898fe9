"""Range: every entry of every delta is a small integer.

Statement
    |x| < RANGE_BASE for every entry x of the committed deltas, salts included. The output is the
    sum of all magnitudes; nobody needs the number, it keeps the check in the circuit.

Soundness
    EZKL decomposes x into a sign in {-1, 0, 1} and one digit, both by lookup, and constrains
    sign * digit = x: with one digit there is no other way to represent an entry than as a small
    integer. The digit's table is 0 ... RANGE_BASE - 1.
"""

from __future__ import annotations

import torch


def total_magnitude(vectors: torch.Tensor) -> torch.Tensor:
    """(s, length) -> ()."""
    return torch.abs(vectors).sum()
