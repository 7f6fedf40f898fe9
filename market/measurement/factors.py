"""Gauss-Newton by its factors: Q J for every row, pulled back a few at a time.

GN = (1/s) sum_rows J'Q'Q J. A row has C factors of k numbers; each is one vector pulled back
through the network (reverse mode), first to the weights in scope, then through S' to theta.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.func import vjp, vmap

from market.coordinates import Weights
from market.errors import InputError
from market.measurement.network import Network
from market.measurement.output_curvature import hessian_root
from market.measurement.rows import Rows

_COPIES = 4
"""Of a factor in the weights that are there at once: what torch returns, its sign flipped, an
intermediate product, and the same coming from the batch before."""


def gram(network: Network, rows: Rows, theta: Tensor, memory: int) -> Tensor:
    """(k, k) float64: the Gauss-Newton matrix of the mean loss at theta.

    Args:
        theta: (k,); the network is differentiated in its float type, sums are in float64.
        memory: bytes for factors, besides the result, the network's weights and its activations.

    Raises:
        InputError: the memory does not hold one factor.
    """
    total = torch.zeros(network.k, network.k, dtype=torch.float64, device=theta.device)
    for block in factors(network, rows, theta, memory):
        part = block.double()
        total.addmm_(part.T, part)
    return total / len(rows)


def factors(network: Network, rows: Rows, theta: Tensor, memory: int) -> Iterator[Tensor]:
    """Blocks (n, k) whose rows are those of Q J, of all s rows of data.

    Raises:
        InputError: the memory does not hold one factor.
    """
    traded = {name: value.detach() for name, value in network.traded(theta).items()}
    with torch.no_grad():
        outputs = network.outputs_of(traded, rows.X[:1]).shape[1]
    at_once = memory // factor_bytes(network, theta.dtype)
    if at_once < 1:
        raise InputError(
            f"{memory} bytes do not hold one factor of {network.coordinates.entries} weights",
            "give more memory, or trade fewer tensors",
        )
    for X, _ in rows.batches(max(1, at_once // outputs)):
        with torch.no_grad():
            Q = hessian_root(network.loss, network.outputs_of(traded, X))
        for some in torch.split(Q, max(1, at_once // len(X)), dim=1):
            pulled = _pull_back(network, traded, X, some)
            yield network.coordinates.project(pulled).flatten(0, 1)


def factor_bytes(network: Network, dtype: torch.dtype) -> int:
    """What one factor takes, in the weights and in theta."""
    return _COPIES * dtype.itemsize * (network.coordinates.entries + network.k) + 8 * network.k


def _pull_back(network: Network, traded: Weights, X: Tensor, vectors: Tensor) -> Weights:
    """v'J in the weights, (n, c, *shape), of c vectors (n, c, C) for each of n rows."""

    def of_row(weights: Weights, x: Tensor, own: Tensor) -> Weights:
        back = vjp(lambda at: network.outputs_of(at, x[None])[0], weights)[1]
        found: Weights = vmap(back)(own)[0]
        return found

    pulled: Weights = vmap(of_row, in_dims=(None, 0, 0))(traded, X, vectors)
    return {name: value.detach() for name, value in pulled.items()}
