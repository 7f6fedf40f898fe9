"""What settling a round gives, whichever way it is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from market.game import Purse
from market.robust.aggregate import Floats


@dataclass(frozen=True)
class Settled:
    """What a settlement decided; lists have one entry a client.

    Args:
        selected: clients that take part.
        scores: 0 for the others.
        errors: standard errors.
        evaluations: coalition values asked for.
        payouts: in the smallest unit.
        gain_paid: of them and all earlier ones, what was paid for the gain.
        earned: what was held back of each client's pay by gain, in `WORTH_UNITS`.
        utility_before: as the schedule counts it.
        utility_after: likewise, of the model moved by the aggregate.
    """

    selected: list[int]
    scores: list[float]
    errors: list[float]
    evaluations: int
    payouts: list[int]
    gain_paid: int
    earned: list[int]
    utility_before: int
    utility_after: int


class Settlement(Protocol):
    """Holds the model, and moves it round by round."""

    unit: int
    """The integer that 1.0 of utility is."""

    @property
    def weights(self) -> Floats:
        """(d,) the global model."""

    def settle(self, deltas: Floats, number: int, purse: Purse) -> Settled:
        """Aggregates the round's deltas (n, d), scores and pays out of the purse; the model moves.

        Raises:
            InputError: the deltas break a precondition of a rule.
        """

    def state(self) -> dict[str, np.ndarray[Any, Any]]:
        """All that later rounds depend on."""

    def restore(self, state: dict[str, np.ndarray[Any, Any]]) -> None:
        """Continues from what `state` gave."""
