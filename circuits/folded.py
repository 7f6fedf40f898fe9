"""A round: all statements in one proof, on one random combination of the vectors.

`circuits.round` multiplies every delta with every other, and has a column for each. Commitments
are linear, so the contract can add them up with random weights u_i itself, and a circuit that
knows only R = sum u_i Z_i decides all products at once: <R, R> is a quadratic form in u whose
coefficients are the <Z_i, Z_j>. The sizes of verifier and proof do not depend on the slots.

Protocol
    Z_0 = w is the model, Z_1 ... Z_s the deltas D_i, as committed before. In this order:
    1. The prover claims P_ij = <Z_i, H Z_j>, q_i = <Z_i, c> and K_ij = <D_i, D_j>, the
       triangles of symmetric matrices, and commits to A: w, then every D_i + DELTA_BOUND.
    2. gamma = hash(all points of the round, point of A, claims). u_i = gamma**(2**i).
    3. The prover commits to Y = H R as an F x C matrix.
    4. delta = hash(gamma, point of Y). v holds different powers of delta.
    5. The proof, whose points the contract puts in front: S = (H, c) of the project, R from
       the points of w and D_i, then those of A, Y and the challenges X = (gamma, delta).

Statement, in the order of the public outputs
    gamma and delta, as in X; the norm of `circuits.outliers`; the quadratic form of
    `circuits.contribution`; the linear one of `circuits.utility`; and two differences, of
    `circuits.aggregation`, where entries of A are taken from the range table of
    `circuits.bounds`, and of `circuits.contribution`. The contract demands for the first five
    gamma, delta and the forms sum u_i u_j K_ij, sum u_i u_j P_ij, sum u_i q_i of the claims, and 0
    for the differences.

Soundness
    As each file says. They share a proof because they share R: apart, each would need its own
    point of it, its own lookup argument and its own 400,000 gas. Schwartz-Zippel, that a
    polynomial of degree n vanishes at a random point of the field F with probability at most
    n / |F|, is all they rest on, besides the challenges being hashes (Fiat-Shamir): an attempt
    costs the prover one hash.
"""

from __future__ import annotations

import torch

from circuits import aggregation, contribution, outliers, utility
from circuits.bounds import identity
from circuits.challenges import Probe, squarings
from circuits.shape import FoldedShape, triangle_places


class FoldedRound(torch.nn.Module):
    """Maps the committed inputs to the public outputs, both in the order of `FoldedShape`."""

    def __init__(self, shape: FoldedShape) -> None:
        super().__init__()
        self.shape = shape
        places = torch.tensor(triangle_places(shape.features)).reshape(-1)
        self.register_buffer("places", places, persistent=False)

    def forward(
        self,
        statistics: torch.Tensor,
        combination: torch.Tensor,
        entries: torch.Tensor,
        curved: torch.Tensor,
        challenges: torch.Tensor,
    ) -> tuple[torch.Tensor, ...]:
        """Each input is (1, its length of `FoldedShape.input_lengths`), each output is flat."""
        slots, features, classes = self.shape.slots, self.shape.features, self.shape.classes
        d, length, height = self.shape.parameters, self.shape.vector_length, self.shape.vector_rows
        triangle = self.shape.triangle_length
        H = statistics[0][self.get_buffer("places")].reshape(features, features)
        c = statistics[:, triangle : triangle + d]
        model, shifted = entries[:, :length], identity(entries[:, length:])
        weights = squarings(challenges[0, :1], slots + 1)
        probe = Probe(challenges[0, 1:], height, classes)
        summed = probe.summed_across(combination.reshape(height, classes))
        R = combination[:, :d]
        outputs = (
            challenges,
            outliers.norm(R, model[:, :d], weights[0]),
            contribution.quadratic(R, curved),
            utility.linear(R, c),
            aggregation.difference(
                model.reshape(height, classes),
                shifted.reshape(slots, height, classes),
                summed,
                weights,
                probe,
            ),
            contribution.curvature_difference(
                curved.reshape(features, classes), H, summed[:features], probe
            ),
        )
        return tuple(output.reshape(-1) for output in outputs)

    def example_inputs(self) -> tuple[torch.Tensor, ...]:
        return tuple(torch.zeros(1, length) for length in self.shape.input_lengths)
