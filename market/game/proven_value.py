"""Selection by proven value: who makes the model worse beyond chance is left out.

No number of attackers is assumed. It is only as good as the validation rows: what they do not show,
a backdoor among it, this does not see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from market.game.stride import T_BITS

Z = 3
"""Standard errors below zero at which chance is ruled out."""


def proven_value(
    G: Sequence[Sequence[int]],
    linear: Sequence[int],
    sigma: Sequence[int],
    clipped: Sequence[int],
    fewest: int,
    stride_of: Callable[[int, int, int], int],
) -> list[int]:
    """While somebody's value is below -Z standard errors, the one furthest below leaves.

    Values are those of the game that everybody left would play; each departure changes them.

    Args:
        G: n x n.
        linear: n, 2 b_i.
        sigma: n, standard errors of b_i.
        clipped: n, A_i.
        fewest: that stay whatever their values.
        stride_of: T of (count, linear, quadratic), as `market.game.stride` has them.

    Returns:
        the slots that stay, ascending.
    """
    gone = {slot for slot, _ in departures(G, linear, sigma, clipped, fewest, stride_of)}
    return [i for i in range(len(linear)) if i not in gone]


def departures(
    G: Sequence[Sequence[int]],
    linear: Sequence[int],
    sigma: Sequence[int],
    clipped: Sequence[int],
    fewest: int,
    stride_of: Callable[[int, int, int], int],
) -> Iterator[tuple[int, int]]:
    """As above: each that leaves, in order, with its value then, of which 2 sigma is an error."""
    left = list(range(len(linear)))
    rows = [sum(clipped[j] * G[i][j] for j in left) for i in left]
    upward = sum(clipped[i] * linear[i] for i in left)
    curved = sum(clipped[i] * rows[i] for i in left)
    while len(left) > fewest:
        T = stride_of(len(left), upward, curved)
        values = {i: linear[i] - (T * rows[i] >> T_BITS) for i in left}
        below = [i for i in left if values[i] + 2 * Z * sigma[i] < 0]
        if not below:
            break
        worst = min(below, key=lambda i: (clipped[i] * values[i], i))
        yield worst, values[worst]
        left.remove(worst)
        upward -= clipped[worst] * linear[worst]
        curved -= clipped[worst] * (2 * rows[worst] - clipped[worst] * G[worst][worst])
        for i in left:
            rows[i] -= clipped[worst] * G[i][worst]
