"""Leave-one-out scores of the same quadratic game, from the same integers as Shapley values."""

from __future__ import annotations

from collections.abc import Sequence

from market.contribution.shapley import Scores, check_game
from market.errors import InputError


def leave_one_out(G: Sequence[Sequence[int]], b: Sequence[int], lattice: int) -> Scores:
    """v(N) - v(N without i) of every trainer i, over the denominator (m(m-1))**2.

    Args:
        G: m x m symmetric, G_ij = <Q_i, H Q_j>.
        b: m, b_i = <c - H W, Q_i>.
        lattice: the grid's lcm(1..slots).

    Raises:
        InputError: fewer than 2 trainers, shapes that disagree, G not symmetric.
    """
    check_game(G, b)
    m = len(b)
    if m < 2:
        raise InputError(f"leave-one-out needs at least 2 trainers, got {m}")
    rows = [sum(row) for row in G]
    total = sum(rows)
    sum_b = sum(b)
    denominator = (m * (m - 1)) ** 2
    everyone = lattice * ((m - 1) ** 2 * (2 * m * sum_b - lattice * total))
    numerators = []
    for i in range(m):
        rest = total - 2 * rows[i] + G[i][i]
        others = lattice * (m**2 * (2 * (m - 1) * (sum_b - b[i]) - lattice * rest))
        numerators.append(everyone - others)
    return Scores(numerators, denominator)
