"""Rounds settled by any rules, in floats; money stays in integers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from market.arrays import as_floats
from market.game import Payment, Purse
from market.game.payouts import attend, divide, weigh
from market.optimisers.server import (
    FedAdam,
    FedAvg,
    FedAvgM,
    FedYogi,
    ServerOptimiser,
    ServerState,
)
from market.robust.aggregate import Aggregate, Floats
from market.robust.rules import (
    CentredClipping,
    FoolsGold,
    Round,
    Rule,
    fltrust,
    proven_value,
    rule_named,
)
from market.simulation.contribution import Budget, contribution, numerators
from market.simulation.learner import Learner
from market.simulation.population import Population
from market.simulation.position import Position, utility_of
from market.simulation.scenario import Scenario
from market.simulation.settled import Settled
from market.utility import RootRows

_OPTIMISERS: Mapping[str, type[FedAvg | FedAvgM | FedAdam | FedYogi]] = {
    "fedavg": FedAvg,
    "fedavgm": FedAvgM,
    "fedadam": FedAdam,
    "fedyogi": FedYogi,
}
_UNIT = 10**12
"""What 1.0 of utility is for the schedule where utilities are floats."""


class FloatSettlement:
    """Any defence, method and optimiser.

    Scores are floats, and paid as they are, without a lower bound; the money is the contract's, by
    round or by the gain of the aggregate before the optimiser's step.

    The game is among the selected, on what the aggregate counts of each: a delta times its weight
    in the aggregate, so that v(everyone) is the aggregate's own. Where a rule works by coordinate
    the deltas count as they are.
    """

    unit = _UNIT

    def __init__(self, scenario: Scenario, population: Population, learner: Learner) -> None:
        self._scenario = scenario
        self._validation = population.validation
        self._learner = learner
        self._utility = utility_of(learner, scenario.measured_by)
        self._rule = _rule(scenario, population, learner)
        self._optimiser = _optimiser(scenario)
        self._state = self._optimiser.start(learner.initial())

    @property
    def weights(self) -> Floats:
        return self._state.weights

    def settle(self, deltas: Floats, number: int, purse: Purse) -> Settled:
        chosen, weights = self._scenario, self.weights
        n = len(deltas)
        aggregate = self._rule(deltas, Round(weights, tuple(range(n)), number))
        members = list(range(n)) if aggregate.selected is None else aggregate.selected.tolist()
        before = int(self._utility(weights, self._validation) * _UNIT)
        after = int(self._utility(weights + aggregate.delta, self._validation) * _UNIT)
        scores, errors, evaluations = [0.0] * n, [0.0] * n, 0
        if members:
            counted = _counted(deltas, aggregate, members)
            position = Position(
                self._learner, weights, counted, self._validation, chosen.measured_by
            )
            seed = int(np.random.SeedSequence((chosen.seed, number)).generate_state(1)[0])
            found = contribution(
                chosen.methods.contribution, position, Budget(chosen.evaluations, seed)
            )
            evaluations = found.evaluations
            for place, client in enumerate(members):
                idle = not deltas[client].any()
                scores[client] = 0.0 if idle else float(found.values[place])
                errors[client] = float(found.standard_errors[place])
        self._state = self._optimiser.step(self._state, aggregate.delta)
        paid, earned, gain_paid = _pay(purse, before, after, scores, members)
        return Settled(members, scores, errors, evaluations, paid, gain_paid, earned, before, after)

    def state(self) -> dict[str, np.ndarray[Any, Any]]:
        kept: dict[str, np.ndarray[Any, Any]] = {
            "weights": self._state.weights,
            "momentum": self._state.momentum,
            "second": self._state.second,
            "rounds": np.array(self._state.rounds),
        }
        if isinstance(self._rule, CentredClipping) and self._rule.centre is not None:
            kept["centre"] = self._rule.centre
        if isinstance(self._rule, FoolsGold) and self._rule.history:
            kept["history"] = np.stack([self._rule.history[c] for c in sorted(self._rule.history)])
        return kept

    def restore(self, state: dict[str, np.ndarray[Any, Any]]) -> None:
        names = ("weights", "momentum", "second")
        weights, momentum, second = (as_floats(name, state[name]) for name in names)
        if {weights.shape, momentum.shape, second.shape} != {self.weights.shape}:
            raise ValueError(f"vectors of other shapes than {self.weights.shape}")
        self._state = ServerState(weights, momentum, second, int(state["rounds"]))
        if isinstance(self._rule, CentredClipping):
            self._rule.centre = state.get("centre")
        if isinstance(self._rule, FoolsGold) and "history" in state:
            self._rule.history = dict(enumerate(state["history"]))


def _pay(
    purse: Purse, before: int, after: int, scores: list[float], members: list[int]
) -> tuple[list[int], list[int], int]:
    """Payouts, what is held back, and what was paid for the gain so far; as `judge` has them."""
    exact = numerators(np.array(scores))
    certain = [0] * len(exact)
    shares, sure = weigh(exact, certain)
    pot = purse.pot(before, after)
    by_gain = purse.payment == Payment.PER_GAIN
    now = pot.pot if sure or not by_gain else 0
    by_score = divide(now, shares, certain)
    even = attend(pot.attendance, shares, members, moved=True)
    paid = [share + part for share, part in zip(by_score, even, strict=True)]
    gain_paid = purse.gain_paid + (sum(by_score) if by_gain else 0)
    return paid, divide(pot.held_back(now), shares, certain), gain_paid


def _counted(deltas: Floats, aggregate: Aggregate, members: list[int]) -> Floats:
    """(m, d), whose mean is the aggregate's delta wherever that is a weighted sum."""
    if aggregate.weights is None:
        return deltas[members]
    return np.asarray(len(members) * aggregate.weights[members, None] * deltas[members])


def _rule(scenario: Scenario, population: Population, learner: Learner) -> Rule:
    name, rows = scenario.methods.defence, population.validation
    # The owner's rows are all the clean data that a server has.
    if name == "proven-value":
        quadratic = scenario.measured_by == "squared-loss"
        module = learner.module(learner.initial())
        loss = "squared-loss" if quadratic else "cross-entropy"
        root = RootRows(module, learner.inputs(rows), torch.as_tensor(rows.y), loss)
        return proven_value(root, extrapolate=quadratic)
    if name == "fltrust":
        return fltrust(
            lambda weights: learner.train_on(rows, weights, scenario.plan, scenario.seed)
        )
    return rule_named(name, scenario.byzantine)


def _optimiser(scenario: Scenario) -> ServerOptimiser:
    kind = _OPTIMISERS[scenario.methods.optimiser]
    return kind() if scenario.server_rate is None else kind(scenario.server_rate)
