"""The loss of every row and its gradient in theta, in float64 and in a fixed order.

What evaluators attest is a mean that others repeat. In float64, added row by row in the order of
the rows, two machines differ by what their convolutions and matrix products round: 1e-15 or so.
"""

from __future__ import annotations

import torch
from torch import Tensor

from market.measurement.network import Network
from market.measurement.rows import Rows, targets_in
from market.objectives import row_losses

BATCH = 256
"""Rows at a time: what holds memory is the network's activations for them."""


def losses_at(network: Network, rows: Rows, theta: Tensor | None = None) -> Tensor:
    """(s,) float64: the loss of each row at theta, at the model itself if not given."""
    at = network.origin(torch.float64) if theta is None else theta.double()
    with torch.no_grad():
        return torch.cat(
            [
                row_losses(network.loss, network.outputs(at, X), targets_in(at.dtype, y))
                for X, y in rows.batches(BATCH)
            ]
        )


def gradient_at(network: Network, rows: Rows, theta: Tensor) -> Tensor:
    """(k,) of theta's float type: the gradient of the mean loss, exact but for rounding."""
    total = torch.zeros_like(theta)
    for X, y in rows.batches(BATCH):

        def summed(at: Tensor, X: Tensor = X, y: Tensor = y) -> Tensor:
            targets = targets_in(at.dtype, y)
            return row_losses(network.loss, network.outputs(at, X), targets).sum()

        total += torch.func.grad(summed)(theta)
    return total / len(rows)
