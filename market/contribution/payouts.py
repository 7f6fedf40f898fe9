"""The integer split of a round's trainer budget: an equal floor, the rest by contribution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from market.errors import InputError

BASIS_POINTS = 10_000


@dataclass(frozen=True)
class Payouts:
    """What a round pays.

    Args:
        amounts: wei for each selected trainer, in the order given.
        unspent: wei that nobody earned; it rolls forward into the next round.
    """

    amounts: list[int]
    unspent: int


def split_budget(
    budget: int, floor_share_bps: int, numerators: Sequence[int], zero: Sequence[bool]
) -> Payouts:
    """Splits `budget` wei among the selected trainers.

    The floor pool, `floor_share_bps` of the budget, is split equally; the score pool, all the
    rest, in proportion to max(score, 0). Every division rounds down. A trainer who sent a zero
    delta scores 0: averaging over orders credits it with the drag it takes off others.

    Args:
        budget: wei of this round.
        floor_share_bps: basis points of the budget, 0 to 10,000.
        numerators: score of each selected trainer, all over one positive denominator.
        zero: for each selected trainer, whether its delta is zero.

    Raises:
        InputError: a negative budget, a share out of range, nobody selected, lengths that differ.
    """
    m = len(numerators)
    if budget < 0:
        raise InputError(f"the budget of a round cannot be {budget} wei")
    if not 0 <= floor_share_bps <= BASIS_POINTS:
        raise InputError(f"the floor share must be 0 to {BASIS_POINTS}, got {floor_share_bps}")
    if m == 0 or len(zero) != m:
        raise InputError(f"{m} scores and {len(zero)} zero flags for the selected trainers")
    floor_pool = budget * floor_share_bps // BASIS_POINTS
    score_pool = budget - floor_pool
    weights = [0 if idle else max(score, 0) for score, idle in zip(numerators, zero, strict=True)]
    total = sum(weights)
    shares = [score_pool * weight // total if total else 0 for weight in weights]
    amounts = [floor_pool // m + share for share in shares]
    return Payouts(amounts, budget - sum(amounts))
