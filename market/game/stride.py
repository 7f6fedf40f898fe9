"""How far a round moves the model along the sum of what it counts."""

from __future__ import annotations

from market.contribution.grid import Step
from market.game.clipping import A_BITS

T_BITS = 32
MAX_T = 1 << 48


def stride(step: Step, count: int, sure: int, lattice: int, linear: int, quadratic: int) -> int:
    """T: delta i moves the model by (A_i T >> T_BITS) of its integers.

    The exact step maximises the utility along u = sum A_i Q_i: with 2<c - H W, u> = `linear` and
    <u, H u> = `quadratic` it is linear / (2 quadratic), nothing where that is uphill, and at most
    MAX_T. The mean's is lattice / count. The bounded one is the exact one, but no longer than the
    mean of those whose value is sure where they are fewer than are selected: it makes up for
    senders of nothing, and believes no yardstick beyond where deltas lead.

    Args:
        count: trainers that are selected, at least 1.
        sure: trainers whose value alone is above one standard error, selected or not.
        lattice: of the grid.
        linear: sum of A_i linear_i over them.
        quadratic: sum of A_i A_j G_ij over them.
    """
    if step == Step.MEAN:
        return (lattice << (T_BITS - A_BITS)) // count
    if linear <= 0 or quadratic <= 0:
        return 0
    T = (linear << (T_BITS - 1)) // quadratic
    if step == Step.EXACT:
        return min(T, MAX_T)
    return min(T, (lattice << (T_BITS - A_BITS)) // (min(sure, count) or count))


def weights_of(clipped: list[int], selected: list[int], T: int) -> list[int]:
    """q_i: integers that each of the n deltas counts with, 0 for those not selected."""
    weights = [0] * len(clipped)
    for slot in selected:
        weights[slot] = clipped[slot] * T >> T_BITS
    return weights
