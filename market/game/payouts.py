"""How a round's money is divided among its trainers: whole units, every division rounded down."""

from __future__ import annotations

from collections.abc import Sequence

from market.errors import InputError

CAP = 2
"""The most that one trainer has of a pot, in equal shares among those who are certain."""


def divide(pot: int, scores: Sequence[int], errors: Sequence[int]) -> list[int]:
    """A pot in proportion to max(score, 0), nobody above CAP equal shares among the certain.

    Certain is whose score is above its error, or all with a positive score where nobody is: those
    that are above 0 by luck must not lower the cap, or what it takes from the others is theirs.
    What the cap takes from one goes to the others in the same proportions, as long as they too
    stay below it. A trainer without a positive score gets nothing.

    Args:
        pot: wei.
        scores: n, over one positive denominator; lower bounds.
        errors: n, standard errors, over the same.

    Raises:
        InputError: a negative pot.
    """
    if pot < 0:
        raise InputError(f"a pot cannot be {pot} wei")
    shares = [0] * len(scores)
    open_ = [i for i, score in enumerate(scores) if score > 0]
    if not open_:
        return shares
    certain = sum(scores[i] > errors[i] for i in open_)
    cap = CAP * pot // (certain or len(open_))
    left, total = pot, sum(scores[i] for i in open_)
    while open_:
        over = [i for i in open_ if left * scores[i] // total > cap]
        if not over:
            break
        for i in over:
            shares[i] = cap
            left -= cap
            total -= scores[i]
        open_ = [i for i in open_ if i not in over]
    for i in open_:
        shares[i] = left * scores[i] // total
    return shares


def weigh(scores: Sequence[int], errors: Sequence[int]) -> tuple[list[int], bool]:
    """What money is divided by: lower bounds, if together they are half of what is likely.

    Otherwise max(score, 0): rows too few to be sure must not be an owner's way to pay nobody, or
    only an accomplice.

    Args:
        scores: n, over one positive denominator.
        errors: n, standard errors, over the same.

    Returns:
        n shares, and whether they are lower bounds.
    """
    bounds = [max(score - error, 0) for score, error in zip(scores, errors, strict=True)]
    likely = [max(score, 0) for score in scores]
    sure = any(bounds) and 2 * sum(bounds) >= sum(likely)
    return (bounds if sure else likely), sure


def attend(pool: int, scores: Sequence[int], selected: Sequence[int], moved: bool) -> list[int]:
    """A round's attendance: even among those with a positive score.

    Where the model does not move nobody can have one, and whoever is selected has a part.

    Args:
        pool: wei.
        scores: n, as paid.
        selected: slots.
        moved: whether the step is above 0.
    """
    shares = [0] * len(scores)
    present = [i for i, score in enumerate(scores) if score > 0] if moved else selected
    for i in present:
        shares[i] = pool // len(present)
    return shares
