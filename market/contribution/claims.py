"""The products of a round as its prover claims them, one triangle of each symmetric matrix.

Order of the words, for n deltas: P_ij = <Z_i, H Z_j> for 0 <= i <= j <= n, row by row; then
q_i = <Z_i, c> for 0 <= i <= n; then K_ij = <D_i, D_j> for 1 <= i <= j <= n. Z_0 is the model,
Z_i = D_i the deltas. About the origin Z_0 is zero, and so is every word with it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from market.contribution.exact import Integers, as_integers, product
from market.contribution.statistics import RoundGame
from market.errors import InputError, ProofError
from zk.field import R, signed


def claim_count(n: int) -> int:
    """Words that claim the products of n deltas."""
    return (n + 1) * (n + 2)


def claims_of(H: Integers, c: Integers, model: Integers, deltas: Sequence[Integers]) -> list[int]:
    """The true claims, as integers.

    Args:
        H: (F, F), symmetric.
        c: (F, C).
        model: (F, C).
        deltas: n of (F, C).

    Raises:
        InputError: shapes that disagree.
    """
    if any(each.shape != c.shape for each in (model, *deltas)):
        raise InputError(f"model and deltas must have the shape of c, {c.shape}")
    stack = as_integers(np.stack([each.astype(object) for each in (model, *deltas)]))
    flat = stack.reshape(len(stack), -1)
    curved = np.stack([product(H, each).astype(object).reshape(-1) for each in stack])
    return _claims(flat, product(flat, as_integers(curved).T), c)


def claims_about_origin(B: Integers, c: Integers, deltas: Sequence[Integers]) -> list[int]:
    """The true claims where H = B'B and the model is zero, as integers.

    Args:
        B: (m, k).
        c: (k,).
        deltas: n of (k,).

    Raises:
        InputError: shapes that disagree.
    """
    if B.shape[1:] != c.shape or any(each.shape != c.shape for each in deltas):
        raise InputError(f"a root of shape {B.shape}, c and deltas must have as many coordinates")
    origin = np.zeros(c.shape, dtype=object)
    stack = as_integers(np.stack([origin, *(each.astype(object) for each in deltas)]))
    images = product(stack, B.T)
    return _claims(stack, product(images, images.T), c)


def _claims(stack: Integers, products: Integers, c: Integers) -> list[int]:
    """The words, given the products of the (n + 1, d) stack over the curvature."""
    linear = product(stack, c.reshape(-1, 1)).reshape(-1)
    gram = product(stack[1:], stack[1:].T)
    return [*_triangle(products), *(int(value) for value in linear), *_triangle(gram)]


def game_of_claims(claims: Sequence[int], n: int) -> RoundGame:
    """The game that the claimed integers determine.

    Raises:
        ProofError: another number of claims.
    """
    if len(claims) != claim_count(n):
        raise ProofError(f"{len(claims)} claims about {n} deltas, expected {claim_count(n)}")
    width = n + 1
    split = width * (width + 1) // 2
    P = _symmetric(claims[:split], width)
    q, gram = claims[split : split + width], claims[split + width :]
    return RoundGame(
        K=_symmetric(gram, n),
        G=[row[1:] for row in P[1:]],
        b=[q[i] - P[0][i] for i in range(1, width)],
        U=2 * q[0] - P[0][0],
    )


def game_of(words: Sequence[int], n: int) -> RoundGame:
    """The game of n deltas, read from the words that were proven.

    Raises:
        ProofError: another number of words, or one outside the field.
    """
    if not all(0 <= word < R for word in words):
        raise ProofError("a claim is not below the field's order")
    return game_of_claims([signed(word) for word in words], n)


def _triangle(matrix: Integers) -> list[int]:
    return [int(matrix[i, j]) for i in range(len(matrix)) for j in range(i, len(matrix))]


def _symmetric(triangle: Sequence[int], size: int) -> list[list[int]]:
    values = iter(triangle)
    matrix = [[0] * size for _ in range(size)]
    for i in range(size):
        for j in range(i, size):
            matrix[i][j] = matrix[j][i] = next(values)
    return matrix
