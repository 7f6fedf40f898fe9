"""A round of measured deltas: curvature of low rank, about the origin.

`circuits.folded` is about a model w and a curvature H of F x F entries. Where the deltas are
coordinates theta of a larger model, measured anew every round, the model is the origin, and H is
known by a root of few rows: H = B'B with B (m x k), m = 32 eigenvectors scaled by the roots of
their eigenvalues. Then v(S) = 2<c, t> - |B t|^2 for the step t that the deltas of S make.

Protocol
    That of `circuits.folded`, and the contract's half is the same to the letter (`Folding.sol`):
    Z_0 is the zero vector, whose point is C(0), and P_ij = <B Z_i, B Z_j>. What differs is what
    the inputs hold:
    1. S = (B row by row, c, salts) stands in the place of (H, c).
    2. A holds every D_i + DELTA_BOUND, and no model.
    3. Y = B R has m entries.

Statement, in the order of the public outputs
    gamma and delta, as in X; <R, R>; <Y, Y>; <R, c>; and two differences that are zero: of
    `circuits.aggregation`, sum_i u_i <D_i, v> - <R, v>, where entries of A are taken from the
    range table of `circuits.bounds`, and of `circuits.contribution`, <v, Y> - <v, B R>.

Soundness
    As in `circuits.folded`, with these differences.
    - The model. The contract's R = sum_i u_i Z_i begins with u_0 Z_0, this statement's sum with
      u_1 D_1. If the point of Z_0 bound anything but zeros, salts included, the first difference
      would be a polynomial in gamma with a coefficient that is not 0. So what is shown of the
      model is that there is none, and the claims P_0i and q_0, for whose weights the forms have
      no terms, are shown to be 0 by the same Schwartz-Zippel argument as the others.
    - Curvature. Y is committed before v is drawn. If Y differs from B R, their difference is a
      polynomial in delta of degree below 8 |v|. So <Y, Y> = <B R, B R>, a quadratic form in u
      whose coefficients are the <B Z_i, B Z_j>: claims are bound as in `circuits.outliers`.
    - One column. v holds the powers themselves (`circuits.challenges.Probe`).
    Equalities are in the field. With entries of B and c below the bounds of
    `market.contribution.lowrank` both sides are integers far below half of it, and then P, a sum
    of squares on its diagonal, has no negative one: the contract need allow for no rounding. B is
    not range-checked here: a root that holds roots of negative numbers makes true claims of
    negative curvature, which the contract refuses.
"""

from __future__ import annotations

import torch

from circuits import aggregation, contribution, outliers, utility
from circuits.bounds import identity
from circuits.challenges import Probe, squarings
from circuits.lowrank_shape import LowRankShape


class LowRankRound(torch.nn.Module):
    """Maps the committed inputs to the public outputs, both in the order of `LowRankShape`."""

    def __init__(self, shape: LowRankShape) -> None:
        super().__init__()
        self.shape = shape

    def forward(
        self,
        statistics: torch.Tensor,
        combination: torch.Tensor,
        entries: torch.Tensor,
        curved: torch.Tensor,
        challenges: torch.Tensor,
    ) -> tuple[torch.Tensor, ...]:
        """Each input is (1, its length of `LowRankShape.input_lengths`), each output is flat."""
        slots, k, rank = self.shape.slots, self.shape.features, self.shape.rank
        height, end = self.shape.vector_rows, self.shape.root_length
        B = statistics[:, :end].reshape(rank, k)
        c = statistics[:, end : end + k]
        shifted = identity(entries).reshape(slots, height, 1)
        weights = squarings(challenges[0, :1], slots + 1)
        probe = Probe(challenges[0, 1:], height, 1)
        R = combination[:, :k]
        outputs = (
            challenges,
            outliers.square(R),
            contribution.quadratic(curved, curved),
            utility.linear(R, c),
            aggregation.difference(None, shifted, combination.reshape(height, 1), weights, probe),
            contribution.curvature_difference(curved.reshape(rank, 1), B, R.reshape(k, 1), probe),
        )
        return tuple(output.reshape(-1) for output in outputs)

    def example_inputs(self) -> tuple[torch.Tensor, ...]:
        return tuple(torch.zeros(1, length) for length in self.shape.input_lengths)
