"""Plays a scenario round by round."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from market.attacks import attack, corrupt
from market.errors import InputError, MarketError
from market.game import Payment
from market.optimisers.schedule import RATE_UNIT, HyperParameters, rate_units
from market.progress import Progress, silent
from market.robust.aggregate import Floats
from market.simulation import saved
from market.simulation.learner import CnnLearner, Learner, LinearLearner
from market.simulation.money import Money, expectation
from market.simulation.outcome import Outcome, PlayedRound
from market.simulation.population import Population
from market.simulation.position import utility_of
from market.simulation.scenario import Scenario
from market.simulation.settlement import settlement, settles_exactly
from market.simulation.variates import ControlVariates
from market.training.plan import TrainingPlan


class Simulation:
    """One project, off chain; deterministic for a scenario and a population on one machine.

    Args:
        scenario: what is chosen.
        population: who has which rows.

    Raises:
        InputError: another number of clients than the scenario has, or rules that cannot work.
    """

    def __init__(self, scenario: Scenario, population: Population) -> None:
        if len(population.clients) != scenario.clients:
            raise InputError(
                f"rows of {len(population.clients)} clients in a scenario of {scenario.clients}"
            )
        self._scenario = scenario
        self._population = population
        self._learner = _learner(scenario, population)
        self._settlement = settlement(scenario, population, self._learner)
        self._money = Money(scenario, self._expected())
        self._schedule = scenario.schedule(self._settlement.unit)
        plan = scenario.plan
        self._now = HyperParameters(rate_units(plan.learning_rate), plan.epochs)
        self._previous = np.zeros(len(self._settlement.weights))
        self._variates = None
        if scenario.methods.local == "scaffold":
            self._variates = ControlVariates(scenario.clients, len(self._previous))
        self._played: list[PlayedRound] = []

    def run(self, progress: Progress = silent, file: Path | None = None) -> Outcome:
        """Plays until the last round, or until the target utility is reached.

        Args:
            progress: told of every round.
            file: saved to after every round; where it exists, the run goes on from it and ends as
                if it had never stopped.

        Raises:
            InputError: the file is of another run, a rule cannot work with the deltas, or training
                diverged.
        """
        initial = self._learner.accuracy(self._learner.initial(), self._population.test)
        label = saved.label_of(self._scenario, self._population) if file is not None else ""
        if file is not None and file.exists():
            self._restore(saved.load(file, label), file)
        while not self._now.stopped:
            played = self.play()
            progress(
                "round",
                number=played.number + 1,
                accuracy=round(played.accuracy, 4),
                selected=len(played.selected),
                paid=sum(played.payouts),
                evaluations=played.evaluations,
            )
            if file is not None:
                saved.save(file, label, self._saved())
        return Outcome(
            self._scenario,
            tuple(self._played),
            initial,
            settles_exactly(self._scenario),
            self._money.owed(),
        )

    @property
    def learner(self) -> Learner:
        return self._learner

    @property
    def variates(self) -> ControlVariates | None:
        """SCAFFOLD's, None without it."""
        return self._variates

    @property
    def weights(self) -> Floats:
        """(d,) the model that the coming round starts from."""
        return self._settlement.weights

    def deltas(self) -> Floats:
        """What all clients, (n, d), send in the coming round; asking does not play it."""
        chosen, number = self._scenario, self._now.round
        sequence = np.random.SeedSequence((chosen.seed, number))
        seeds = [int(word) for word in sequence.generate_state(chosen.clients)]
        controls = None if self._variates is None else self._variates.controls()
        honest = self._learner.train(
            self._settlement.weights, self._plan, seeds, chosen.methods.proximal, controls
        )
        sent = honest.copy()
        for group, assault in enumerate(chosen.assaults):
            slots = list(assault.clients)
            own = int(np.random.SeedSequence((chosen.seed, number, group)).generate_state(1)[0])
            played = corrupt(honest, slots, attack(assault.attack), self._previous, own)
            sent[slots] = played[slots]
        return sent

    def play(self) -> PlayedRound:
        """Plays the coming round.

        Raises:
            InputError: as `run`, or there is no round to come.
        """
        if self._now.stopped:
            raise InputError(f"the simulation ended with round {self._now.round}")
        chosen, number = self._scenario, self._now.round
        sent = self.deltas()
        before = self._settlement.weights
        settled = self._settlement.settle(sent, number, self._money.purse)
        self._money.enter(
            settled.payouts,
            settled.gain_paid,
            settled.earned,
            settled.utility_before,
            settled.utility_after,
        )
        after = self._settlement.weights
        self._previous = after - before
        if self._variates is not None:
            self._variates.renew(sent, settled.selected, self._steps(), self._plan.learning_rate)
        trained, unit = self._now, self._settlement.unit
        self._now = self._schedule.step(self._now, settled.utility_before, settled.utility_after)
        if self._money.done:
            self._now = dataclasses.replace(self._now, stopped=True)
        triggered = self._population.triggered
        played = PlayedRound(
            number=number,
            learning_rate=trained.learning_rate,
            epochs=trained.epochs,
            utility_before=settled.utility_before / unit,
            utility_after=settled.utility_after / unit,
            accuracy=self._learner.accuracy(after, self._population.test),
            backdoor=None if triggered is None else self._learner.accuracy(after, triggered),
            selected=tuple(settled.selected),
            scores=tuple(settled.scores),
            errors=tuple(settled.errors),
            evaluations=settled.evaluations,
            payouts=tuple(settled.payouts),
            fee=chosen.aggregator_fee,
        )
        self._played.append(played)
        return played

    def _expected(self) -> int:
        """What the whole budget is meant for, in units of the settlement's utility."""
        if self._scenario.payment == Payment.PER_ROUND.method:
            return 1
        value = utility_of(self._learner, self._scenario.measured_by)
        initial = value(self._learner.initial(), self._population.validation)
        found = expectation(self._scenario, self._population, initial)
        return max(int(found * self._settlement.unit), 1)

    @property
    def _plan(self) -> TrainingPlan:
        """Of the coming round."""
        rate = self._now.learning_rate / RATE_UNIT
        return dataclasses.replace(self._scenario.plan, learning_rate=rate, epochs=self._now.epochs)

    def _steps(self) -> list[int]:
        """Of SGD that every client makes in a round."""
        idle = _idle(self._scenario)
        return [
            0 if client in idle else self._plan.steps(len(rows))
            for client, rows in enumerate(self._population.clients)
        ]

    def _saved(self) -> saved.Saved:
        return saved.Saved(
            now=self._now,
            previous=self._previous,
            played=tuple(self._played),
            settlement=self._settlement.state(),
            money=self._money.state(),
            variates={} if self._variates is None else self._variates.state(),
        )

    def _restore(self, found: saved.Saved, file: Path) -> None:
        now, played = found.now, found.played
        if (
            now.round != len(played)
            or now.round > self._scenario.rounds
            or [one.number for one in played] != list(range(len(played)))
            or any(len(one.payouts) != self._scenario.clients for one in played)
            or found.previous.shape != self._previous.shape
        ):
            raise InputError(f"{file} contradicts itself", saved.HINT)
        try:
            self._settlement.restore(found.settlement)
            self._money.restore(found.money)
            if self._money.purse.round != now.round:
                raise ValueError("the books are of another round")
            if self._variates is not None:
                self._variates.restore(found.variates)
        except (KeyError, TypeError, ValueError, MarketError) as error:
            raise InputError(f"{file} is damaged: {error!r}", saved.HINT) from error
        self._now, self._previous, self._played = now, found.previous, list(played)


def _learner(scenario: Scenario, population: Population) -> Learner:
    idle = _idle(scenario)
    if scenario.model == "cnn":
        return CnnLearner(population, idle, scenario.seed % 2**32)
    return LinearLearner(population, idle)


def _idle(scenario: Scenario) -> frozenset[int]:
    """Clients that do not train."""
    return frozenset(
        client for client, name in scenario.attack_of.items() if not attack(name).trains
    )
