"""Leave-one-out: what is lost without a player."""

from __future__ import annotations

import numpy as np

from market.valuation.estimate import Estimate, exact
from market.valuation.game import Game


def leave_one_out(game: Game) -> Estimate:
    """v(everyone) - v(everyone but i) of each player; n + 1 evaluations.

    Two players who can replace each other both score 0: it is no fair share.
    """
    n = game.players
    coalitions = np.ones((n + 1, n), dtype=np.bool_)
    coalitions[1:][np.diag_indices(n)] = False
    values = game.values(coalitions)
    return exact(values[0] - values[1:], n + 1, "leave-one-out")
