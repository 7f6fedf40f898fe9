"""Multi-Krum, of which only who stands out is dropped.

Blanchard et al., "Machine Learning with Adversaries: Byzantine Tolerant Gradient Descent",
NeurIPS 2017, drops f whoever they are: among honest equals that is a lottery for pay, and with
unlike data it costs accuracy. Here those that would be dropped also have to lie further out than
others. It needs only the Gram matrix of the deltas, and runs in exact integers so that the contract
and an auditor select the same trainers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from market.errors import InputError


@dataclass(frozen=True)
class Ranking:
    """How far each delta lies from its peers, and who stays.

    Args:
        selected: slots that stay, ascending.
        excluded: slots dropped as outliers, ascending.
        scores: Krum score of every slot: the squared distance to its nearest peers, summed.
        order: all slots, from the nearest to the furthest.
    """

    selected: list[int]
    excluded: list[int]
    scores: list[int]
    order: list[int]


def multi_krum(K: Sequence[Sequence[int]], f: int, addresses: Sequence[int]) -> Ranking:
    """Drops at most f deltas: those furthest out whose score is above 1.5 times the median.

    Args:
        K: n x n Gram matrix of integer deltas, K_ij = <Q_i, Q_j>.
        f: how many Byzantine trainers to tolerate; n tolerate at most (n - 3) // 2, and so many
            are if this is more.
        addresses: n account addresses as integers; of two equal scores the lower address wins.

    Raises:
        InputError: a negative f, K not n x n and symmetric, or an address given twice.
    """
    n = len(addresses)
    if f < 0:
        raise InputError(f"multi-Krum cannot tolerate f = {f}")
    if len(K) != n or any(len(row) != n for row in K):
        raise InputError(f"K must be {n} x {n}, one row for each trainer")
    if any(type(entry) is not int for row in K for entry in row):
        raise InputError("K must hold Python ints")
    if any(K[i][j] != K[j][i] for i in range(n) for j in range(i)):
        raise InputError("K is not symmetric")
    if len(set(addresses)) != n:
        raise InputError("two trainers have the same address")
    tolerated = min(f, max(n - 3, 0) // 2)
    nearest = max(n - tolerated - 2, 0)
    scores = []
    for i in range(n):
        distances = sorted(K[i][i] + K[j][j] - 2 * K[i][j] for j in range(n) if j != i)
        scores.append(sum(distances[:nearest]))
    order = sorted(range(n), key=lambda i: (scores[i], addresses[i]))
    median = sorted(scores)[(n - 1) // 2] if scores else 0
    furthest = order[n - tolerated :]
    excluded = sorted(i for i in furthest if 2 * scores[i] > 3 * median)
    return Ranking([i for i in range(n) if i not in excluded], excluded, scores, order)
