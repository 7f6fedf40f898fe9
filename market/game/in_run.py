"""Shapley values of the game with fixed weights: who is absent adds nothing.

    v(S) = U(W + sum_{i in S} q_i Q_i) - U(W)
    phi_i = q_i (2 b_i - sum_j q_j G_ij)

Second-order In-Run Data Shapley (Wang et al., arXiv 2406.11011, theorem 4), exact here because the
utility is quadratic. The values sum to the gain of the very update that is applied.
"""

from __future__ import annotations

from collections.abc import Sequence

from market.game.shapley import Scores


def in_run(G: Sequence[Sequence[int]], linear: Sequence[int], weights: Sequence[int]) -> Scores:
    """The exact Shapley value of every trainer; those of weight 0 have 0.

    Args:
        G: n x n symmetric.
        linear: n, 2 b_i.
        weights: n, q_i.
    """
    return Scores(
        [
            weight * (linear[i] - sum(q * entry for q, entry in zip(weights, G[i], strict=True)))
            for i, weight in enumerate(weights)
        ],
        1,
    )


def weighted_value(
    G: Sequence[Sequence[int]],
    linear: Sequence[int],
    weights: Sequence[int],
    coalition: Sequence[int],
) -> int:
    """v(S) of the game above, in units of the integer utility."""
    return sum(
        weights[i] * (linear[i] - sum(weights[j] * G[i][j] for j in coalition)) for i in coalition
    )
