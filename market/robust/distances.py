"""Distances and cosines between deltas, computed so that nothing cancels."""

from __future__ import annotations

import numpy as np

from market.robust.aggregate import Floats

CHUNK = 1 << 16
"""Coordinates at a time: the chunk of all rows should stay in cache."""

CANCELLED = 1e-6
"""Below this share of the squared norms, a distance from the Gram matrix is computed again."""


def squared_distances(deltas: Floats) -> Floats:
    """Squared Euclidean distances between rows, (n, d) -> (n, n), symmetric, zero diagonal.

    |x|^2 + |y|^2 - 2<x, y> loses all digits where x and y share a large part: in float32 on
    whole weights it is noise. Here a common part is subtracted first (the median by coordinate,
    which no minority can move), the rest runs in float64, and pairs that still cancel, such as
    copies of one delta, are computed from their differences. Relative error: about 1e-9 at worst.
    """
    n, d = deltas.shape
    gram = np.zeros((n, n))
    for start in range(0, d, CHUNK):
        part = deltas[:, start : start + CHUNK]
        part = part - np.median(part, axis=0)
        gram += part @ part.T
    norms = np.diag(gram)
    sums = norms[:, None] + norms[None, :]
    distances: Floats = sums - gram - gram.T
    rows, columns = np.nonzero(np.triu(distances <= CANCELLED * sums, k=1))
    for i, j in zip(rows, columns, strict=True):
        distances[i, j] = distances[j, i] = _squared_distance(deltas[i], deltas[j])
    np.fill_diagonal(distances, 0.0)
    return distances


def _squared_distance(x: Floats, y: Floats) -> float:
    total = 0.0
    for start in range(0, len(x), CHUNK):
        difference = x[start : start + CHUNK] - y[start : start + CHUNK]
        total += float(difference @ difference)
    return total


def norms(deltas: Floats) -> Floats:
    """Euclidean norm of each row, (n, d) -> (n,)."""
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", deltas, deltas)))


def directions(deltas: Floats) -> Floats:
    """Each row divided by its norm; a row of zeros stays one."""
    # Scaling by the largest entry first keeps the squares of tiny entries from vanishing.
    largest = np.abs(deltas).max(axis=1, keepdims=True)
    scaled = deltas / np.where(largest > 0, largest, 1.0)
    lengths = norms(scaled)[:, None]
    return np.asarray(scaled / np.where(lengths > 0, lengths, 1.0))


def cosine_distances(deltas: Floats) -> Floats:
    """1 - cosine for each pair of rows, (n, n), in [0, 2]; 1 to a row of zeros, 0 to itself.

    As half the squared distance of the directions: 1 - <u, v> would cancel for copies.
    """
    units = directions(deltas)
    distances = np.clip(squared_distances(units) / 2, 0.0, 2.0)
    zero = ~units.any(axis=1)
    distances[zero, :] = 1.0
    distances[:, zero] = 1.0
    np.fill_diagonal(distances, 0.0)
    return distances
