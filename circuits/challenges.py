"""What a circuit makes of a challenge: weights for vectors, and a vector of powers to test with."""

from __future__ import annotations

import math

import torch


def squarings(base: torch.Tensor, count: int) -> list[torch.Tensor]:
    """base**(2**i) for i = 0 ... count - 1, each (1,): sums of two exponents tell the pair."""
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


class Probe:
    """A vector v of different powers of delta, to test vectors that are written as matrices.

    v_fc = down_f across_c, so that <v, M> = down' M across takes no v. Of one column v is down:
    a factor for it would cost a row for each entry.

    Args:
        delta: (1,), drawn when what is tested is fixed.
        rows: of the matrices.
        columns: of the matrices.
    """

    def __init__(self, delta: torch.Tensor, rows: int, columns: int) -> None:
        self.rows, self.columns = rows, columns
        if columns == 1:
            self.down = powers(delta, rows)
            return
        self.across = powers(delta, columns)
        self.down = powers(self.across[-1:], rows)

    def summed_across(self, matrix: torch.Tensor) -> torch.Tensor:
        """M (n, columns) -> M across (n, 1)."""
        if self.columns == 1:
            return matrix
        return torch.matmul(matrix, self.across.reshape(self.columns, 1))

    def down_to(self, rows: int) -> torch.Tensor:
        """(1, rows), for matrices without the last rows."""
        return self.down[:rows].reshape(1, rows)
