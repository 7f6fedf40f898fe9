"""Multi-Krum: drops the deltas that lie far from most others.

Blanchard et al., "Machine Learning with Adversaries: Byzantine Tolerant Gradient Descent",
NeurIPS 2017. It needs only the Gram matrix of the deltas, and runs in exact integers so that the
contract, the circuit and an auditor select the same trainers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from market.errors import InputError


@dataclass(frozen=True)
class Selection:
    """Who stays in the round.

    Args:
        selected: slots that stay, ascending.
        excluded: slots dropped as outliers, ascending.
        scores: Krum score of every slot: the squared distance to its nearest peers, summed.
    """

    selected: list[int]
    excluded: list[int]
    scores: list[int]


def multi_krum(K: Sequence[Sequence[int]], f: int, addresses: Sequence[int]) -> Selection:
    """Selects the n - f deltas with the lowest Krum scores.

    Args:
        K: n x n Gram matrix of integer deltas, K_ij = <Q_i, Q_j>.
        f: how many Byzantine trainers to tolerate.
        addresses: n account addresses as integers; of two equal scores the lower address wins.

    Raises:
        InputError: n < 2f + 3, K not n x n and symmetric, or an address given twice.
    """
    n = len(addresses)
    if f < 0 or n < 2 * f + 3:
        raise InputError(f"multi-Krum tolerates f = {f} outliers only among {2 * f + 3}, got {n}")
    if len(K) != n or any(len(row) != n for row in K):
        raise InputError(f"K must be {n} x {n}, one row for each trainer")
    if any(type(entry) is not int for row in K for entry in row):
        raise InputError("K must hold Python ints")
    if any(K[i][j] != K[j][i] for i in range(n) for j in range(i)):
        raise InputError("K is not symmetric")
    if len(set(addresses)) != n:
        raise InputError("two trainers have the same address")
    scores = []
    for i in range(n):
        distances = sorted(K[i][i] + K[j][j] - 2 * K[i][j] for j in range(n) if j != i)
        scores.append(sum(distances[: n - f - 2]))
    ranked = sorted(range(n), key=lambda i: (scores[i], addresses[i]))
    return Selection(sorted(ranked[: n - f]), sorted(ranked[n - f :]), scores)
