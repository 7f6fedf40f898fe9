"""The largest eigenpairs of the Gauss-Newton matrix, by whichever way is cheaper.

A row of data costs C pull-backs where the matrix is made of its factors (`factors`), and twice
`products_of(rank, THROUGH_NETWORK)` passes where it is not made (`products`), whatever k is. So
factors it is up to some hundred outputs, as long as a k x k matrix fits; for a language model's
vocabulary, or k of many thousands, products; and for modules that torch cannot differentiate for
each row apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from market.measurement.factors import factor_bytes, factors, gram
from market.measurement.krylov import leading, products_of
from market.measurement.network import Network
from market.measurement.products import gauss_newton_times
from market.measurement.rows import Rows

MEMORY = 256 << 20
"""Bytes for factors and their Gram matrix, besides weights and activations."""
ON_MATRIX, THROUGH_NETWORK = 8, 4
"""Powers of the matrix (`market.measurement.krylov`)."""
_COPIES = 4
"""Of the weights' tangents that a vector's product holds."""


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Eigenpairs of a positive semidefinite matrix.

    Args:
        values: (m,) float64, descending, none below 0.
        vectors: (m, k) float64, orthonormal rows, signs as `canonical` has them.
    """

    values: Tensor
    vectors: Tensor

    def root(self, rank: int) -> Tensor:
        """(rank, k): B with B'B the part of the matrix on its `rank` largest eigenvectors.

        Rows of zeros where there are fewer.
        """
        found = self.values[:rank].sqrt()[:, None] * self.vectors[:rank]
        filled = found.new_zeros(rank, self.vectors.shape[1])
        filled[: len(found)] = found
        return filled


def by_factors(outputs: int, k: int, rank: int, memory: int) -> bool:
    """Whether factors are cheaper than products, and fit."""
    return outputs <= 2 * products_of(rank, THROUGH_NETWORK) and 2 * 8 * k * k <= memory


def row_by_row(network: Network, rows: Rows, theta: Tensor) -> bool:
    """Whether torch can differentiate the module for each row apart: recurrent layers it cannot."""
    few = Rows(rows.X[:2], rows.y[:2])
    try:
        next(factors(network, few, theta, len(few) * factor_bytes(network, theta.dtype)))
    except RuntimeError:
        return False
    return True


def spectrum(
    network: Network, rows: Rows, theta: Tensor, rank: int, memory: int = MEMORY
) -> Spectrum:
    """The `rank` largest eigenpairs of GN of the mean loss at theta, fewer where k is less.

    Args:
        theta: (k,); the network is differentiated in its float type.
        memory: bytes, as `MEMORY`.

    Raises:
        InputError: the memory does not hold one factor.
    """
    k = network.k
    with torch.no_grad():
        outputs = network.outputs(theta, rows.X[:1]).shape[1]
    rank = min(rank, k)
    if by_factors(outputs, k, rank, memory) and row_by_row(network, rows, theta):
        matrix = gram(network, rows, theta, memory - 8 * k * k)
        values, vectors = leading(lambda some: some @ matrix, k, rank, ON_MATRIX, theta.device)
    else:
        at_once = max(1, min(16, memory // (_COPIES * 8 * network.coordinates.entries)))

        def times(some: Tensor) -> Tensor:
            return gauss_newton_times(network, rows, theta, some.to(theta.dtype), at_once).double()

        values, vectors = leading(times, k, rank, THROUGH_NETWORK, theta.device)
    return Spectrum(values.clamp_min(0.0), canonical(vectors))


def canonical(vectors: Tensor) -> Tensor:
    """Each row with the sign that makes its entry of largest magnitude positive."""
    places = vectors.abs().argmax(dim=1, keepdim=True)
    return (vectors * vectors.gather(1, places).sign()).contiguous()
