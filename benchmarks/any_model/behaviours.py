"""What the last of the trainers sends in place of its honest step."""

from __future__ import annotations

import torch
from torch import Tensor

from benchmarks.any_model.task import Round
from market.measurement import Rows, gradient_at
from market.measurement.factors import gram
from market.measurement.spectrum import MEMORY
from market.objectives import Loss

DAMPING = 0.01
"""Of the largest eigenvalue: the aimer's, the strongest of a few that were tried."""


def sent(name: str, found: Round, before: Tensor | None) -> Tensor | None:
    """theta (k,); None where there is nothing to send, as in the first round for a replay.

    Args:
        before: the same trainer's delta of the round before, in that round's coordinates.
    """
    honest = found.deltas[-1]
    if name == "honest":
        return honest
    if name == "zero":
        return torch.zeros_like(honest)
    if name == "replay":
        return before
    if name == "noise":
        generator = torch.Generator().manual_seed(found.number)
        drawn = torch.randn(len(honest), generator=generator, dtype=torch.float64)
        return drawn * (honest.norm() / drawn.norm())
    X, y = found.task.trainers[-1]
    if name == "label flip":
        flipped = 9 - y if found.task.objective is Loss.CROSS_ENTROPY else y.flip(1)
        return found.train((X, flipped), len(found.task.trainers) - 1).double()
    aimed = minimiser(found, Rows(X, y))
    if name == "aimed, clipped":
        median = float(found.deltas.norm(dim=1).median())
        return aimed * min(1.0, median / float(aimed.norm()))
    return aimed


BEHAVIOURS = ("honest", "label flip", "noise", "zero", "replay", "aimed", "aimed, clipped")


def minimiser(found: Round, rows: Rows) -> Tensor:
    """-(H + lambda)^-1 g of a trainer's own rows: what would be best if the model were linear."""
    at = found.network.origin(torch.float32)
    H = gram(found.network, rows, at, MEMORY)
    g = gradient_at(found.network, rows, at).double()
    largest = float(torch.linalg.matrix_norm(H, 2))
    return -torch.linalg.solve(H + DAMPING * largest * torch.eye(len(g), dtype=torch.float64), g)
