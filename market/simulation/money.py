"""A simulated project's money, round by round, as the contract keeps it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from market.durable import parse_json
from market.errors import InputError
from market.game import Payment, Purse
from market.game.purse import arrears
from market.simulation.population import Population
from market.simulation.scenario import Scenario
from market.training.expectation import expected_gain

_KEPT = ("round", "left", "gain_paid", "initial_utility", "best_utility")


class Money:
    """What of the deposit is paid, owed and left.

    Args:
        scenario: deposit, fees and how pay follows.
        expected: what the whole budget is meant for, in units of the settlement's utility.
    """

    def __init__(self, scenario: Scenario, expected: int) -> None:
        budget = scenario.deposit - scenario.aggregator_fee * scenario.rounds
        self._purse = Purse.opening(
            payment=Payment.of(scenario.payment),
            rounds=scenario.rounds,
            attendance_bps=scenario.attendance_bps,
            pot_cap_bps=scenario.pot_cap_bps,
            budget=budget,
            expected_gain=expected,
        )
        self._units = [0] * scenario.clients
        self._done = False

    @property
    def purse(self) -> Purse:
        """Of the coming round."""
        return self._purse

    @property
    def done(self) -> bool:
        """Whether all that was expected is gained, which ends the project."""
        return self._done

    def enter(
        self,
        payouts: Sequence[int],
        gain_paid: int,
        earned: Sequence[int],
        before: int,
        after: int,
    ) -> None:
        """Books a settled round.

        Args:
            payouts: of each client.
            gain_paid: of them and all earlier ones, what was paid for the gain.
            earned: what was held back of each client's pay, in `WORTH_UNITS`.
            before, after: utilities of the models, in units.
        """
        first = self._purse.round == 0
        pot = self._purse.pot(before, after)
        self._purse = replace(
            self._purse,
            round=self._purse.round + 1,
            left=self._purse.left - sum(payouts),
            gain_paid=gain_paid,
            initial_utility=before if first else self._purse.initial_utility,
            best_utility=pot.best,
        )
        self._units = [a + b for a, b in zip(self._units, earned, strict=True)]
        self._done = pot.reached

    def owed(self) -> tuple[int, ...]:
        """What each client is owed should the project end here."""
        purse = self._purse
        if purse.payment == Payment.PER_ROUND or purse.round == 0:
            return (0,) * len(self._units)
        owed = purse.owed(purse.best_utility, purse.initial_utility) - purse.gain_paid
        return tuple(arrears(owed, self._units))

    def state(self) -> dict[str, np.ndarray[Any, Any]]:
        """All that later rounds depend on."""
        kept = {name: getattr(self._purse, name) for name in _KEPT}
        return {"books": np.array(json.dumps({**kept, "units": self._units, "done": self._done}))}

    def restore(self, state: dict[str, np.ndarray[Any, Any]]) -> None:
        """Continues from what `state` gave."""
        books = parse_json(str(state["books"]).encode())
        kept = {name: books[name] for name in _KEPT}
        units = list(books["units"])
        if len(units) != len(self._units) or not all(
            type(value) is int for value in (*kept.values(), *units)
        ):
            raise ValueError("the books hold other entries")
        self._purse, self._units = replace(self._purse, **kept), units
        self._done = bool(books["done"])


def expectation(scenario: Scenario, population: Population, initial: float) -> float:
    """The utility above `initial`, the first model's, that the whole budget is meant for.

    The scenario's own, or under the squared loss what the owner's rows propose, or what a model
    without an error would gain.

    Raises:
        InputError: the rows promise no gain.
    """
    if scenario.expected_gain is not None:
        return scenario.expected_gain
    if scenario.measured_by == "squared-loss":
        rows = population.validation
        found = expected_gain(rows.X, rows.y, population.classes)
    else:
        found = (1.0 if scenario.measured_by == "accuracy" else 0.0) - initial
    if found <= 0:
        raise InputError("the owner's rows promise no gain", "say expected_gain, or pay per-round")
    return found
