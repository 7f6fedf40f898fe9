"""Outliers: the inner products of the deltas.

Statement
    K = D D', K_ij = <D_i, D_j>, for the s committed deltas D (s x d).

Inputs and outputs
    R = sum_i u_i Z_i, w and u_0. Put out is <R - u_0 w, R - u_0 w>, which the contract compares
    with the form sum_ij u_i u_j K_ij of the claimed K. (`gram` puts out K itself.)

What it is for
    Squared distances are K_ii + K_jj - 2 K_ij, and multi-Krum (Blanchard et al. 2017, section 4)
    needs nothing else: the contract selects from K in a few thousand gas, so no comparison is
    made in the circuit.

Soundness
    The exponents 2**i + 2**j with i <= j are all different, so the difference of the two sides is
    a polynomial in gamma whose coefficients are the errors of the claims; its degree is at most
    2**(s + 1), and it vanishes with a probability below 2**-220. So K holds in the scalar field of
    BN254. Together with `circuits.bounds` (|D_ij| < 2**logrows) both sides are integers below
    d * 4**logrows in magnitude, so it holds over the integers. Without that check it would not:
    -1 is a square in the field, and a huge vector can have zero norm.
"""

from __future__ import annotations

import torch


def norm(combination: torch.Tensor, model: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """<R - u_0 w, R - u_0 w> of two (1, d): (1, 1)."""
    return square(combination - model * weight)


def square(vector: torch.Tensor) -> torch.Tensor:
    """<x, x> of (1, d): (1, 1)."""
    return torch.matmul(vector, vector.T)


def gram(deltas: torch.Tensor) -> torch.Tensor:
    """(s, d) -> (s, s)."""
    return torch.matmul(deltas, deltas.T)
