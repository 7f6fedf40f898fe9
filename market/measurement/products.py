"""Gauss-Newton times vectors, without the matrix: once forward, once back through the network.

Schraudolph, "Fast Curvature Matrix-Vector Products for Second-Order Gradient Descent", Neural
Computation 2002: GN v = (1/s) sum_rows J'(M (J v)), J v by forward mode and J' by reverse mode.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.func import jvp, vjp, vmap

from market.measurement.losses import BATCH
from market.measurement.network import Network
from market.measurement.output_curvature import hessian_product
from market.measurement.rows import Rows


def gauss_newton_times(
    network: Network, rows: Rows, theta: Tensor, vectors: Tensor, at_once: int = 16
) -> Tensor:
    """(b, k): GN at theta times each of b vectors.

    Args:
        vectors: (b, k), of theta's float type.
        at_once: vectors that go through the network together, for which activations are held.
    """
    return torch.cat([_times(network, rows, theta, some) for some in torch.split(vectors, at_once)])


def _times(network: Network, rows: Rows, theta: Tensor, vectors: Tensor) -> Tensor:
    total = torch.zeros_like(vectors)
    for X, _ in rows.batches(BATCH):

        def outputs(at: Tensor, X: Tensor = X) -> Tensor:
            return network.outputs(at, X)

        def forward(vector: Tensor, outputs: object = outputs) -> Tensor:
            pushed: Tensor = jvp(outputs, (theta,), (vector,))[1]  # type: ignore[arg-type]
            return pushed

        value, back = vjp(outputs, theta)[:2]
        pushed = vmap(forward)(vectors)
        pulled = vmap(back)(hessian_product(network.loss, value.detach(), pushed.detach()))[0]
        total += pulled.detach()
    return total / len(rows)
