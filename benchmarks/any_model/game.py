"""The game with fixed weights, by the true losses of all coalitions and by a yardstick."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import torch
from scipy.stats import spearmanr
from torch import Tensor

from benchmarks.any_model.task import on_grid
from market.contribution.claims import claims_about_origin, game_of_claims
from market.contribution.exact import as_integers
from market.contribution.grid import Grid, Step
from market.contribution.lowrank import STATS_BITS
from market.game import Payment, Purse, Rule, Scoring, Selection, Yardstick, judge
from market.game.in_run import in_run
from market.game.payouts import divide, weigh
from market.measurement import Network, Quantised, Rows, losses_at
from market.objectives import row_losses
from market.valuation.enumeration import exact_shapley
from market.valuation.game import Game

GRID = Grid(8, stats_bits=STATS_BITS, moves=Step.BOUNDED)
POT = 10**9


class TrueGame:
    """v(S) = L(w) - L(w + sum_S q_i D_i), of the network itself.

    What coalitions are worth is kept while the last trainer, who varies, is not in them and the
    weights stay as they are.
    """

    def __init__(self, network: Network, rows: Rows) -> None:
        self._network, self._rows = network, rows
        self._start = float(losses_at(network, rows).mean())
        self._known: dict[tuple[int, ...], float] = {}

    def shapley(self, deltas: Tensor, weights: Sequence[int]) -> np.ndarray:
        """Exact values (n,) of n deltas (n, k) with weights in 1 / lattice."""
        n = len(deltas)
        moves = torch.tensor(weights, dtype=torch.float64)[:, None] / GRID.lattice * deltas

        def values(coalitions: np.ndarray) -> np.ndarray:
            return np.array([self._value(moves, weights, row) for row in coalitions])

        return np.asarray(exact_shapley(Game(n, values)).values)

    def _value(self, moves: Tensor, weights: Sequence[int], members: np.ndarray) -> float:
        among = [int(i) for i in np.flatnonzero(members) if weights[i]]
        if not among:
            return 0.0
        key = (*among, -1, *(weights[i] for i in among))
        if key in self._known:
            return self._known[key]
        found = self._start - self._loss(moves[among].sum(0).float())
        if len(moves) - 1 not in among:
            self._known[key] = found
        return found

    @torch.no_grad()
    def _loss(self, theta: Tensor) -> float:
        parts = [
            row_losses(self._network.loss, self._network.outputs(theta, X).double(), wide(y))
            for X, y in self._rows.batches(1024)
        ]
        return float(torch.cat(parts).mean())


def wide(y: Tensor) -> Tensor:
    return y.double() if y.is_floating_point() else y


@dataclass(frozen=True)
class Said:
    """What a yardstick makes of a round.

    Args:
        weights: n, of the deltas, in 1 / lattice.
        values: n, Shapley values in units of the loss.
        paid: n, parts of the pot.
    """

    weights: list[int]
    values: np.ndarray
    paid: np.ndarray


def by_yardstick(yardstick: Quantised, deltas: Tensor, rows: int, step: str) -> Said:
    """As a contract decides from the proven integers.

    Args:
        rows: of the validation set, for the standard errors.
        step: "mean": everybody is selected and paid by value; "exact": the market's defaults,
            clipping, the exact step, selection and pay by proven value; "bounded": the same, of
            which the step goes no further than those above one standard error warrant.
    """
    n = len(deltas)
    integers = [as_integers(delta.long().numpy()) for delta in on_grid(deltas)]
    statistics = yardstick.statistics
    game = game_of_claims(claims_about_origin(statistics.root, statistics.target, integers), n)
    unit = Fraction(GRID.utility_unit, 4**yardstick.halvings)
    linear = [2 * b for b in game.b]
    if step == "mean":
        weights = [GRID.lattice // n] * n
        values = in_units(in_run(game.G, linear, weights).numerators, unit)
        return Said(weights, values, shares(values))
    found = judge(game, range(1, n + 1), rule(rows, Step.of(step)))
    paid = divide(POT, weigh(found.scores, found.deviations)[0], found.deviations)
    return Said(found.weights, in_units(found.scores, unit), np.array(paid) / POT)


def in_units(scores: Sequence[Fraction | int], unit: Fraction) -> np.ndarray:
    return np.array([float(score / unit) for score in scores])


def rule(rows: int, step: Step) -> Rule:
    purse = Purse.opening(
        payment=Payment.PER_ROUND,
        rounds=1,
        attendance_bps=0,
        pot_cap_bps=10_000,
        budget=POT,
        expected_gain=1,
    )
    yardstick = Yardstick(rows, 1, 0, GRID.utility_unit // 2)
    return Rule(GRID.slots, Scoring.IN_RUN, Selection.PROVEN_VALUE, step, 0, yardstick, purse)


def shares(values: Sequence[float] | np.ndarray) -> np.ndarray:
    """Parts of a pot by what is above zero; of nothing, nothing."""
    above = np.maximum(np.asarray(values, dtype=float), 0)
    return above / above.sum() if above.sum() > 0 else above


def share_error(found: np.ndarray, true: np.ndarray) -> float:
    """What part of a pot goes to others than it should."""
    return float(np.abs(shares(found) - shares(true)).sum() / 2)


def spearman(found: np.ndarray, true: np.ndarray) -> float:
    return float(spearmanr(found, true)[0]) if np.ptp(true) and np.ptp(found) else float("nan")
