"""Leave-one-out scores, v(everyone) - v(everyone without i), from the integers of the others."""

from __future__ import annotations

from collections.abc import Sequence

from market.errors import InputError
from market.game.shapley import Scores, check_game


def leave_one_out(G: Sequence[Sequence[int]], b: Sequence[int], lattice: int) -> Scores:
    """Of the mean game, where the others' weights grow: denominator 1.

    Args:
        G: m x m symmetric, G_ij = <Q_i, H Q_j>.
        b: m, b_i = <c - H W, Q_i>.
        lattice: a multiple of m and of m - 1.

    Raises:
        InputError: fewer than 2 trainers, shapes that disagree, G not symmetric, or a lattice of
            fewer trainers.
    """
    check_game(G, b)
    m = len(b)
    if m < 2:
        raise InputError(f"leave-one-out needs at least 2 trainers, got {m}")
    if lattice <= 0 or lattice % m or lattice % (m - 1):
        raise InputError(f"{lattice} is no lattice for {m} trainers")
    all_, others = lattice // m, lattice // (m - 1)
    rows = [sum(row) for row in G]
    total, linear = sum(rows), 2 * sum(b)
    everyone = all_ * (linear - all_ * total)
    return Scores(
        [
            everyone - others * (linear - 2 * b[i] - others * (total - 2 * rows[i] + G[i][i]))
            for i in range(m)
        ],
        1,
    )


def fixed_leave_one_out(
    G: Sequence[Sequence[int]], linear: Sequence[int], weights: Sequence[int]
) -> Scores:
    """Of the game with fixed weights: q_i (2 b_i - 2 sum_j q_j G_ij + q_i G_ii), denominator 1.

    Args:
        G: n x n symmetric.
        linear: n, 2 b_i.
        weights: n, q_i.
    """
    return Scores(
        [
            weight
            * (
                linear[i]
                - 2 * sum(q * entry for q, entry in zip(weights, G[i], strict=True))
                + weight * G[i][i]
            )
            for i, weight in enumerate(weights)
        ],
        1,
    )
