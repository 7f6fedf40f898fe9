"""Contribution and utility: the quadratic game in the numbers that determine it.

Statement
    P = Z H Z' and q = Z c, where Z ((s+1) x d) stacks the committed model w on the s committed
    deltas, H (F x F) and c (F x C) are the committed validation statistics, and H acts on a
    parameter vector as on its F x C matrix.

What it is for
    With validation utility U(w) = 2<c, w> - <w, H w> the coalition game of a round,
    v(S) = U(w + mean_S D) - U(w), is quadratic, and P and q hold all its coefficients:
    U(w) = 2 q_0 - P_00, 2 b_i = 2 q_i - P_0i - P_i0, G_ij = P_ij. The exact Shapley values
    (Buyukates et al., arXiv 2302.14031, section III, use Shapley values of this game), the
    leave-one-out values and the utility after the round are closed forms in (U, b, G), cheap
    enough for the contract itself. Nothing about coalitions is left to prove.

Soundness
    Equalities in the field. Deltas are range-checked; a model is a sum of range-checked deltas
    on top of the owner's initial model, whose integers every trainer checks before it joins. H
    and c are the owner's, fixed before anyone joins: whatever they are, scores are positive or
    not, and the floor share and the exits do not depend on them. The contract bounds the outputs
    (`contracts/src/libraries/RoundGame.sol`) far below half the field.
"""

from __future__ import annotations

import torch


def forms(
    curvature: torch.Tensor, target: torch.Tensor, stack: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """The products P (s+1, s+1) and q (s+1, 1).

    Args:
        curvature: H, (F, F).
        target: c, (1, F * C).
        stack: Z, (s+1, F * C).
    """
    rows, features = stack.shape[0], curvature.shape[0]
    classes = stack.shape[1] // features
    # One matrix product for all rows: H times (F, rows * C).
    columns = stack.reshape(rows, features, classes).permute(1, 0, 2)
    curved = torch.matmul(curvature, columns.reshape(features, rows * classes))
    curved = curved.reshape(features, rows, classes).permute(1, 0, 2)
    products = torch.matmul(stack, curved.reshape(rows, features * classes).T)
    return products, torch.matmul(stack, target.T)
