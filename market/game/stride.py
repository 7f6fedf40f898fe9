"""How far a round moves the model along the sum of what it counts."""

from __future__ import annotations

from market.contribution.grid import Step
from market.game.clipping import A_BITS

T_BITS = 32
MAX_T = 1 << 48


def stride(step: Step, count: int, lattice: int, linear: int, quadratic: int) -> int:
    """T: delta i moves the model by (A_i T >> T_BITS) of its integers.

    The exact step maximises the utility along u = sum A_i Q_i: with 2<c - H W, u> = `linear` and
    <u, H u> = `quadratic` it is linear / (2 quadratic), nothing where that is uphill, and at most
    MAX_T. The mean's is lattice / count.

    Args:
        count: trainers that are selected, at least 1.
        lattice: of the grid.
        linear: sum of A_i linear_i over them.
        quadratic: sum of A_i A_j G_ij over them.
    """
    if step == Step.MEAN:
        return (lattice << (T_BITS - A_BITS)) // count
    if linear <= 0 or quadratic <= 0:
        return 0
    return min((linear << (T_BITS - 1)) // quadratic, MAX_T)


def weights_of(clipped: list[int], selected: list[int], T: int) -> list[int]:
    """q_i: integers that each of the n deltas counts with, 0 for those not selected."""
    weights = [0] * len(clipped)
    for slot in selected:
        weights[slot] = clipped[slot] * T >> T_BITS
    return weights
