"""Exact Shapley values of the quadratic coalition game, in closed form and in integers.

The game of a round is v(S) = U(w + mean of S's deltas) - U(w), quadratic in the deltas:

    v(S) = lattice * (2/k) * sum_{i in S} b_i - lattice**2 / k**2 * sum_{i,j in S} G_ij,   k = |S|

in units of the integer utility. Averaging the marginal contributions over all orders leaves sums
over G and b only, so O(m**2) additions replace 2**m evaluations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from market.errors import InputError


@dataclass(frozen=True)
class Scores:
    """Contributions as fractions over one denominator, in units of the integer utility.

    Args:
        numerators: one per trainer; trainer i contributed numerators[i] / denominator.
        denominator: positive.
    """

    numerators: list[int]
    denominator: int

    def fractions(self) -> list[Fraction]:
        return [Fraction(numerator, self.denominator) for numerator in self.numerators]


@dataclass(frozen=True)
class Coefficients:
    """The integers that turn (G, b) of m trainers into Shapley numerators."""

    a1: int
    a2: int
    a3: int
    a4: int
    b1: int
    b2: int
    denominator: int


def coefficients(m: int, lattice: int) -> Coefficients:
    """The coefficients for m trainers, all over m(m-1)(m-2), in units of the integer utility.

    There G counts lattice**2 times and b lattice times, which makes all of them integers.

    Raises:
        InputError: m < 3, where the form has no meaning (m - 2 divides), or a lattice that is no
            multiple of each of 1 ... m.
    """
    if m < 3:
        raise InputError(f"the closed form needs at least 3 trainers, got {m}")
    if lattice <= 0 or any(lattice % k for k in range(1, m + 1)):
        raise InputError(f"{lattice} is no lattice for {m} trainers")
    L = lattice
    harmonic = sum(L // k for k in range(1, m + 1))  # L (1 + 1/2 + ... + 1/m)
    squares = sum((L // k) ** 2 for k in range(1, m + 1))  # L^2 (1 + 1/4 + ... + 1/m^2)
    return Coefficients(
        a1=-squares * (m - 1) * (m - 2),
        a2=-(L * harmonic - squares) * (m - 2),
        a3=(squares - L * L // m) * (m - 2),
        a4=2 * L * harmonic - 2 * squares - L * L + L * L // m,
        b1=2 * harmonic * (m - 1) * (m - 2),
        b2=2 * (L - harmonic) * (m - 2),
        denominator=m * (m - 1) * (m - 2),
    )


def shapley(G: Sequence[Sequence[int]], b: Sequence[int], lattice: int) -> Scores:
    """The exact Shapley value of every trainer.

    Args:
        G: m x m symmetric, G_ij = <Q_i, H Q_j>.
        b: m, b_i = <c - H W, Q_i>.
        lattice: the grid's lcm(1..slots).

    Raises:
        InputError: fewer than 3 trainers, shapes that disagree, G not symmetric, a lattice of
            fewer slots than trainers.
    """
    check_game(G, b)
    m = len(b)
    k = coefficients(m, lattice)
    rows = [sum(row) for row in G]
    total = sum(rows)
    trace = sum(G[i][i] for i in range(m))
    sum_b = sum(b)
    numerators = []
    for i in range(m):
        own = G[i][i]
        quadratic = (
            k.a1 * own
            + 2 * k.a2 * (rows[i] - own)
            + k.a3 * (trace - own)
            + k.a4 * (total - 2 * rows[i] - trace + 2 * own)
        )
        linear = k.b1 * b[i] + k.b2 * (sum_b - b[i])
        numerators.append(quadratic + linear)
    return Scores(numerators, k.denominator)


def coalition_value(
    G: Sequence[Sequence[int]], b: Sequence[int], lattice: int, coalition: Sequence[int]
) -> Fraction:
    """v(S) of the game above, in units of the integer utility; v of nobody is 0."""
    k = len(coalition)
    if k == 0:
        return Fraction(0)
    linear = sum(b[i] for i in coalition)
    quadratic = sum(G[i][j] for i in coalition for j in coalition)
    return Fraction(2 * lattice * linear, k) - Fraction(lattice**2 * quadratic, k**2)


def check_game(G: Sequence[Sequence[int]], b: Sequence[int]) -> None:
    """Refuses a (G, b) that is no game.

    Raises:
        InputError: shapes that disagree, entries other than Python ints, or G not symmetric.
    """
    m = len(b)
    if len(G) != m or any(len(row) != m for row in G):
        raise InputError(f"G must be {m} x {m}, as b has {m} entries")
    # NumPy integers wrap around silently, so only Python's own are let in.
    if any(type(entry) is not int for row in (*G, b) for entry in row):
        raise InputError("G and b must hold Python ints")
    if any(G[i][j] != G[j][i] for i in range(m) for j in range(i)):
        raise InputError("G is not symmetric")
