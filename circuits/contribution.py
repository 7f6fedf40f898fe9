"""Contribution: the curvature of the game that exact Shapley and leave-one-out values score.

Statement
    P = Z H Z', where Z ((s+1) x d) stacks the committed model w on the s committed deltas, and the
    committed validation matrix H (F x F) acts on a parameter vector as on its F x C matrix.

Inputs and outputs
    R = sum_i u_i Z_i, H and Y. Put out are <R, Y>, which the contract compares with the form
    sum_ij u_i u_j P_ij of the claimed P, and a difference that is zero, <v, Y> - <v, H R>.
    (`products` puts out P itself.)

What it is for
    With validation utility U(w) = 2<c, w> - <w, H w> the coalition game of a round,
    v(S) = U(w + mean_S D) - U(w), is quadratic. P and q of `circuits.utility` hold all its
    coefficients: G_ij = P_ij, 2 b_i = 2 q_i - P_0i - P_i0. The exact Shapley values (Buyukates et
    al., arXiv 2302.14031, section III, use Shapley values of this game) and the leave-one-out
    values are closed forms in (G, b), derived in docs/contribution.md and cheap enough for the
    contract itself. Nothing about coalitions is left to prove.

Soundness
    Y is committed before v is drawn: a difference E of the matrices Y and H R is tested as
    down' E across, a polynomial of degree below 8 |v|. Claims are bound as in `circuits.outliers`,
    P_ij and P_ji counting together. Equalities are in the field; deltas are range-checked, a model
    is a sum of range-checked deltas on top of the owner's initial model, whose integers every
    trainer checks before it joins. H is the owner's, fixed before anyone joins: whatever it is, the
    floor share and the exits do not depend on it. The contract bounds the claims
    (`contracts/src/libraries/RoundGame.sol`) far below half the field.
"""

from __future__ import annotations

import torch

from circuits.challenges import Probe


def curvature_difference(
    curved: torch.Tensor, H: torch.Tensor, summed: torch.Tensor, probe: Probe
) -> torch.Tensor:
    """<v, Y> - <v, H R>: (1, 1).

    Args:
        curved: Y, (F, C).
        H: (F, F).
        summed: R across, (F, 1).
        probe: over matrices of at least F rows.
    """
    down = probe.down_to(len(H))
    return torch.matmul(down, probe.summed_across(curved)) - torch.matmul(
        torch.matmul(down, H), summed
    )


def quadratic(combination: torch.Tensor, curved: torch.Tensor) -> torch.Tensor:
    """<R, Y> of two (1, d): (1, 1)."""
    return torch.matmul(combination, curved.T)


def products(curvature: torch.Tensor, stack: torch.Tensor) -> torch.Tensor:
    """P, (s+1, s+1).

    Args:
        curvature: H, (F, F).
        stack: Z, (s+1, F * C).
    """
    rows, features = stack.shape[0], curvature.shape[0]
    classes = stack.shape[1] // features
    # One matrix product for all rows: H times (F, rows * C).
    columns = stack.reshape(rows, features, classes).permute(1, 0, 2)
    curved = torch.matmul(curvature, columns.reshape(features, rows * classes))
    curved = curved.reshape(features, rows, classes).permute(1, 0, 2)
    return torch.matmul(stack, curved.reshape(rows, features * classes).T)
