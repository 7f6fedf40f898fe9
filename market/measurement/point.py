"""Where a round's loss is expanded: half a step from the model, of a length that is public.

Trainers will move the model from theta = 0 to about their mean. A quadratic that is right at the
middle of that way has the right gain along it to third order (the midpoint rule), and a trainer
that knows the model but not the evaluator's rows cannot aim at its curvature. The direction is that
of a step which the evaluator makes on rows of its own by the recipe that trainers follow, with a
seed that the terms state; the length is that of the move of the round before.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from market.errors import InputError

FIRST = 0.6
"""Of the evaluator's own step: the length in a round that has none before it. Trainers' steps are
partly at right angles, and their mean is shorter than each."""


def expansion_point(own: Callable[[], Tensor], last: Tensor | None) -> Tensor:
    """(k,) float64: half of the own step, made as long as the last round's move.

    Args:
        own: trains on rows of the evaluator's own and returns theta (k,).
        last: the last round's theta-bar, in its own coordinates; None in the first. Coordinates of
            all rounds have columns of about length 1, so that lengths compare. One of length 0,
            where the model did not move, counts as none.

    Raises:
        InputError: the own step is NaN or infinite.
    """
    step = own().detach().double()
    length = float(step.norm())
    if not bool(torch.isfinite(step).all()):
        raise InputError("the evaluator's own step diverged", "lower the learning rate")
    if length == 0.0:
        return step
    before = 0.0 if last is None else float(last.double().norm())
    return step * (0.5 * (before / length if before > 0 else FIRST))
