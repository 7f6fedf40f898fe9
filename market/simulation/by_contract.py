"""Rounds settled by the contract's own integers."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from market.contribution.exact import Integers, as_integers
from market.contribution.grid import Grid, Step
from market.contribution.statistics import round_game, utility, validation_statistics
from market.durable import parse_json
from market.game import Purse, Rule, Scoring, Selection, Yardstick, judge
from market.robust.aggregate import Floats
from market.simulation.population import Population
from market.simulation.scenario import Scenario
from market.simulation.settled import Settled


class ContractSettlement:
    """`market.game.judge` on quantised deltas: the contract's numbers to the wei.

    Client numbers stand in for addresses where Krum scores tie.
    """

    def __init__(self, scenario: Scenario, population: Population) -> None:
        self._scenario = scenario
        self._grid = Grid(scenario.clients, moves=Step.of(scenario.methods.step))
        rows = population.validation
        self._statistics = validation_statistics(rows.X, rows.y, population.classes, self._grid)
        self._shape = (rows.X.shape[1], population.classes)
        self._model: Integers = np.zeros(self._shape, dtype=np.int64)
        self.unit = self._grid.utility_unit

    @property
    def weights(self) -> Floats:
        return self._grid.weights(self._model).reshape(-1)

    def settle(self, deltas: Floats, number: int, purse: Purse) -> Settled:  # noqa: ARG002
        sent = [self._grid.quantise(delta.reshape(self._shape))[0] for delta in deltas]
        game = round_game(self._statistics, self._model, sent)
        addresses = range(1, self._scenario.clients + 1)
        verdict = judge(game, addresses, self._rule(purse))
        self._model = self._grid.step(self._model, sent, verdict.weights)
        scale = verdict.denominator * self.unit
        return Settled(
            selected=verdict.selected,
            scores=[score / scale for score in verdict.scores],
            errors=[deviation / scale for deviation in verdict.deviations],
            evaluations=0,
            payouts=verdict.payouts,
            gain_paid=verdict.gain_paid,
            earned=verdict.earned,
            utility_before=game.U,
            utility_after=utility(self._statistics, self._model),
        )

    def state(self) -> dict[str, np.ndarray[Any, Any]]:
        text = json.dumps([int(entry) for entry in self._model.reshape(-1)])
        return {"model": np.array(text)}

    def restore(self, state: dict[str, np.ndarray[Any, Any]]) -> None:
        self._model = as_integers(parse_json(str(state["model"]).encode())).reshape(self._shape)

    def _rule(self, purse: Purse) -> Rule:
        statistics, methods = self._statistics, self._scenario.methods
        yardstick = Yardstick(
            statistics.rows, statistics.outputs, self._model.size, statistics.energy
        )
        return Rule(
            slots=self._scenario.clients,
            scoring=Scoring.of(methods.contribution),
            selection=Selection.of(methods.defence),
            step=Step.of(methods.step),
            byzantine=self._scenario.byzantine,
            yardstick=yardstick,
            purse=purse,
        )
