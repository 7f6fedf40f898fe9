"""Utility: what the model and each delta are worth on the validation rows, to first order.

Statement
    q = Z c, where Z ((s+1) x d) stacks the committed model w on the s committed deltas, and c
    (F x C) is the committed validation target.

Inputs and outputs
    R = sum_i u_i Z_i and c. Put out is <R, c>, which the contract compares with sum_i u_i q_i of
    the claimed q. (`linear` of Z puts out q itself.)

What it is for
    The utility before the round is U(w) = 2 q_0 - P_00, with P of `circuits.contribution`; that
    after it is U(w) + v(selected) of the game there. Both are computed by the contract and decide
    the learning rate and whether the project ends.

Soundness
    As in `circuits.outliers`, by a polynomial in gamma of degree at most 2**s. Equality is in the
    field; c is the owner's, fixed before anyone joins, and the contract bounds the claims.
"""

from __future__ import annotations

import torch


def linear(vectors: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """(n, d) and c (1, d) -> (n, 1)."""
    return torch.matmul(vectors, target.T)
