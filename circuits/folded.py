"""The round statement on one random combination of the vectors, whatever their number.

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
    4. delta = hash(gamma, point of Y). v holds different powers of delta: with a vector as a matrix
       of C columns, v_fc = down_f across_c, so that <v, .> is down' . across.
    5. The proof, whose points the contract puts in front: S = (H, c) of the project, R from
       the points of w and D_i, then those of A, Y and the challenges X = (gamma, delta).

Statement, in the order of the public outputs
    gamma, delta as in X; <R - u_0 w, R - u_0 w>; <R, Y>; <R, c>; and two differences,
    sum_i u_i <A_i, v> - <R, v>, where entries of A are taken from the results of the range table,
    and <v, Y> - <v, H R>. The contract demands for the first five gamma, delta, the forms
    sum u_i u_j K_ij, sum u_i u_j P_ij, sum u_i q_i of the claims, and 0 for the differences.

Soundness (`Schwartz-Zippel` says: a polynomial of degree n vanishes at a random point of the
field F with probability at most n / |F|)
    - A holds the committed vectors: if one differs from what the round's points bind, an entry of
      sum u_i A_i - R is a nonzero polynomial in gamma of degree 2**s, and the difference one in
      delta of degree below 8 |v|. All of it was fixed before the challenge it is tested with.
    - Y = H R: a difference E of the matrices is tested as down' E across.
    - The claims are the products: the exponents 2**i + 2**j with i <= j are all different, so
      <R, H R> - sum u_i u_j P_ij is a polynomial in gamma whose coefficients are the errors of
      the claims, P_ij + P_ji counting together; so it is with K and q. Its degree is at most
      2**(s + 1): with 32 slots an error passes with probability below 2**-220.
    - Range: `identity` looks up each entry of A, but those of w, among the integers from 0 to
      what a column holds; so -DELTA_BOUND <= D_ij < 2**logrows - DELTA_BOUND.
    What then follows over the integers is as in `circuits.outliers` and `circuits.contribution`.
    The differences rest on the challenges being hashes (Fiat-Shamir); an attempt costs the prover
    one hash. A point that nobody can open (a trainer's, say) leaves the prover without R.
"""

from __future__ import annotations

import math

import torch

from circuits.shape import DELTA_BOUND, FoldedShape


class FoldedRound(torch.nn.Module):
    """Maps the committed inputs to the public outputs, both in the order of `FoldedShape`."""

    def __init__(self, shape: FoldedShape) -> None:
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
        """Each input is (1, its length of `FoldedShape.input_lengths`), each output is flat."""
        slots, features, classes = self.shape.slots, self.shape.features, self.shape.classes
        d, length, height = self.shape.parameters, self.shape.vector_length, self.shape.vector_rows
        H = statistics[:, : features**2].reshape(features, features)
        c = statistics[:, features**2 : features**2 + d]
        gamma, delta = challenges[0, :1], challenges[0, 1:]
        u = squarings(gamma, slots + 1)
        weights = torch.cat(u[1:], 0).reshape(1, slots)
        across = powers(delta, classes)
        down = powers(across[-1:], height)

        model = entries[:, :length]
        digits = identity(entries[:, length:].reshape(slots, height, classes))
        tested = torch.matmul(down.reshape(1, 1, height), digits).reshape(slots, classes)
        shift = weights.sum() * down.sum() * DELTA_BOUND
        folded = torch.matmul(weights, tested) - shift
        folded = (
            folded + torch.matmul(down.reshape(1, height), model.reshape(height, classes)) * u[0]
        )

        rows = torch.matmul(combination.reshape(height, classes), across.reshape(classes, 1))
        R = combination[:, :d]
        deltas = R - model[:, :d] * u[0]
        left = torch.matmul(down[:features].reshape(1, features), H)
        difference = torch.matmul(curved.reshape(features, classes), across.reshape(classes, 1))
        return (
            challenges.reshape(-1),
            torch.matmul(deltas, deltas.T).reshape(-1),
            torch.matmul(R, curved.T).reshape(-1),
            torch.matmul(R, c.T).reshape(-1),
            (
                torch.matmul(folded, across.reshape(classes, 1))
                - torch.matmul(down.reshape(1, height), rows)
            ).reshape(-1),
            (
                torch.matmul(down[:features].reshape(1, features), difference)
                - torch.matmul(left, rows[:features])
            ).reshape(-1),
        )

    def example_inputs(self) -> tuple[torch.Tensor, ...]:
        return tuple(torch.zeros(1, length) for length in self.shape.input_lengths)


def identity(values: torch.Tensor) -> torch.Tensor:
    """Its argument, looked up: on the integers from 0 upwards hard-swish rounds to x itself.

    Of all functions that the engine puts into a table it is the one that is the identity there,
    so the result can take the entry's place, and a lookup costs one row.
    """
    return torch.nn.functional.hardswish(values)


def squarings(base: torch.Tensor, count: int) -> list[torch.Tensor]:
    """base**(2**i) for i = 0 ... count - 1, each (1,)."""
    found = [base]
    while len(found) < count:
        found.append(found[-1] * found[-1])
    return found


def powers(base: torch.Tensor, count: int) -> torch.Tensor:
    """`count` consecutive powers of the base, the first of them some way up: (count,).

    Two things cost rows that nobody needs: a product with a concatenation, which the engine splits
    into products with its parts, and a tensor that holds a constant such as base**0.
    """
    width = math.isqrt(count - 1) + 1
    few = torch.cat(_multiplied(base, width), 0)
    far = torch.cat(_multiplied(few[-1:], -(-count // width)), 0)
    return (far.reshape(-1, 1) * few.reshape(1, width)).reshape(-1)[:count]


def _multiplied(base: torch.Tensor, count: int) -> list[torch.Tensor]:
    """base**1 ... base**count, each (1,)."""
    found = [base]
    while len(found) < count:
        found.append(found[-1] * base)
    return found
