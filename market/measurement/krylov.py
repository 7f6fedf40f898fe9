"""The largest eigenvectors of a matrix that is known by its products alone.

Randomised block Krylov iteration: Musco and Musco, "Randomized Block Krylov Methods for Stronger
and Faster Approximate Singular Value Decomposition", NIPS 2015, algorithm 2. It takes the best
vectors within everything that `depth` products of one block have shown, which are far better for as
many products than a block that is multiplied again and again. The first block is of signs from a
fixed stream, so that everybody has the same.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from market.coordinates.draws import Stream

OVERSAMPLING = 16


def products_of(rank: int, depth: int) -> int:
    """How many products `leading` takes."""
    return (rank + OVERSAMPLING) * (depth + 1)


def leading(
    times: Callable[[Tensor], Tensor], k: int, rank: int, depth: int, device: torch.device
) -> tuple[Tensor, Tensor]:
    """The largest eigenvalues (rank,), descending, and their eigenvectors (rank, k), in float64.

    Args:
        times: (b, k) float64 -> (b, k), the product of a symmetric matrix with each row.
        k: its side, at least `rank`.
        depth: powers of the matrix that the first block is multiplied by.
    """
    width = min(rank + OVERSAMPLING, k)
    signs = Stream.of(bytes(32), "market.measurement.krylov").signs(width * k, device)
    block = _orthonormal(signs.reshape(width, k).double())
    basis, image = block, times(block)
    images = image
    for _ in range(depth):
        width = min(width, k - len(basis))
        if width == 0:
            break
        block = image[:width]
        for _ in range(2):  # Once leaves what rounding has put back.
            block = _orthonormal(block - (block @ basis.T) @ basis)
        image = times(block)
        basis, images = torch.cat((basis, block)), torch.cat((images, image))
    inner = basis @ images.T
    values, turned = torch.linalg.eigh((inner + inner.T) / 2)
    return values.flip(0)[:rank], turned.flip(1)[:, :rank].T @ basis


def _orthonormal(vectors: Tensor) -> Tensor:
    basis: Tensor = torch.linalg.qr(vectors.T)[0]
    return basis.T
