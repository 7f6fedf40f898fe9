"""One project under some rules, money and all, by the contract's own integers."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from benchmarks.pay.behaviour import BEHAVIOURS, Sent
from benchmarks.pay.world import World, train
from market.contribution.exact import Integers
from market.contribution.grid import Grid, Step
from market.contribution.statistics import round_game, validation_statistics
from market.game import Payment, Purse, Rule, Scoring, Selection, Verdict, Yardstick, judge
from market.game.purse import DEFAULT_ATTENDANCE_BPS, DEFAULT_POT_CAP_BPS, arrears

ETHER = 10**18


@dataclass(frozen=True)
class Rules:
    """What is compared.

    Args:
        attendance_bps: of the budget, evenly.
        byzantine: f of multi-Krum.
    """

    selection: Selection = Selection.PROVEN_VALUE
    scoring: Scoring = Scoring.IN_RUN
    step: Step = Step.EXACT
    payment: Payment = Payment.PER_GAIN
    attendance_bps: int = DEFAULT_ATTENDANCE_BPS
    byzantine: int = 3

    @property
    def name(self) -> str:
        chosen = (self.selection, self.scoring, self.step, self.payment)
        return " / ".join(choice.method for choice in chosen)


@dataclass(frozen=True)
class Played:
    """What became of a project.

    Args:
        earned: (n,) wei of each trainer.
        by_round: (rounds, n) wei, without what was still owed at the end.
        dropped: (rounds, n) whether a delta was left out.
        accuracy: (rounds,) on held-out rows.
        initial: accuracy before.
        gain: utility above the initial model's.
        budget: wei.
    """

    earned: list[int]
    by_round: list[list[int]]
    dropped: list[list[bool]]
    accuracy: list[float]
    initial: float
    gain: float
    budget: int

    def share(self, trainers: list[int]) -> float:
        """Of all that was earned."""
        total = sum(self.earned)
        return sum(self.earned[i] for i in trainers) / total if total else 0.0

    def spread(self, trainers: list[int]) -> float:
        """The coefficient of variation of what they earned."""
        return _variation([self.earned[i] for i in trainers])

    def spread_of_rounds(self, trainers: list[int]) -> float:
        """The mean of the rounds' coefficients of variation."""
        found = [_variation([paid[i] for i in trainers]) for paid in self.by_round if any(paid)]
        return float(np.mean(found)) if found else 0.0

    def lost(self, trainers: list[int]) -> float:
        """The part of their deltas that was dropped."""
        return float(np.mean([[out[i] for i in trainers] for out in self.dropped]))


def _variation(amounts: list[int]) -> float:
    mean = np.mean([float(amount) for amount in amounts])
    return float(np.std([float(amount) for amount in amounts]) / mean) if mean else 0.0


def play_all(
    world: World,
    rules: list[Rules],
    seed: int,
    bad: list[int],
    behaviour: str = "honest",
    rounds: int = 4,
) -> list[Played]:
    """One project under rules that select and step alike, so that the models are the same."""
    first, n = rules[0], len(world.parts)
    generator = np.random.default_rng((seed, 1))
    grid = Grid(n, moves=first.step)
    statistics = validation_statistics(world.X, world.y, world.classes, grid)
    model: Integers = np.zeros(statistics.c.shape, dtype=np.int64)
    yardstick = Yardstick(statistics.rows, statistics.outputs, model.size, statistics.energy)
    targets = [np.eye(world.classes)[y] for _, y in world.parts]
    if behaviour == "label-flip":
        for i in bad:
            targets[i] = np.roll(targets[i], 1, axis=1)
    books = [
        _Books(one, rounds, max(int(world.expected * grid.utility_unit), 1), n) for one in rules
    ]
    initial = world.accuracy(np.zeros(model.shape))
    accuracy, dropped, gain = [], [], 0
    for number in range(rounds):
        weights = grid.weights(model)
        deltas = np.stack(
            [
                train(weights, X, Y, world.plan, generator)
                for (X, _), Y in zip(world.parts, targets, strict=True)
            ]
        )
        good = [i for i in range(n) if i not in bad] or list(range(n))
        length = float(np.median([np.linalg.norm(deltas[i]) for i in good]))
        if bad:
            BEHAVIOURS[behaviour](Sent(deltas, bad, length, weights, world, generator))
        sent = [grid.quantise(delta)[0] for delta in deltas]
        game = round_game(statistics, model, sent)
        verdicts = [judge(game, range(n), book.rule(n, yardstick, number)) for book in books]
        for book, verdict in zip(books, verdicts, strict=True):
            book.enter(verdict)
        verdict = verdicts[0]
        model = grid.step(model, sent, verdict.weights)
        gain += verdict.utility_after - verdict.utility_before
        accuracy.append(world.accuracy(grid.weights(model)))
        dropped.append([i not in verdict.selected for i in range(n)])
    return [
        Played(
            book.close(), book.by_round, dropped, accuracy, initial, gain / grid.utility_unit, ETHER
        )
        for book in books
    ]


class _Books:
    """A project's money."""

    def __init__(self, rules: Rules, rounds: int, expected: int, n: int) -> None:
        self._rules = rules
        self._purse = Purse.opening(
            payment=rules.payment,
            rounds=rounds,
            attendance_bps=rules.attendance_bps,
            pot_cap_bps=DEFAULT_POT_CAP_BPS,
            budget=ETHER,
            expected_gain=expected,
        )
        self._n = n
        self._units = [0] * n
        self._done = False
        self.by_round: list[list[int]] = []

    def rule(self, slots: int, yardstick: Yardstick, number: int) -> Rule:
        chosen = self._rules
        return Rule(
            slots,
            chosen.scoring,
            chosen.selection,
            chosen.step,
            chosen.byzantine,
            yardstick,
            replace(self._purse, round=number),
        )

    def enter(self, verdict: Verdict) -> None:
        purse = self._purse
        if self._done:
            # The project ended; only the models of longer ones are looked at.
            self.by_round.append([0] * self._n)
            return
        self._purse = replace(
            purse,
            round=purse.round + 1,
            left=purse.left - verdict.total,
            gain_paid=verdict.gain_paid,
            initial_utility=purse.initial_utility if self.by_round else verdict.utility_before,
            best_utility=verdict.best_utility,
        )
        self._units = [a + b for a, b in zip(self._units, verdict.earned, strict=True)]
        self.by_round.append(verdict.payouts)
        self._done = verdict.exhausted

    def close(self) -> list[int]:
        """What everybody earned, what was still owed included."""
        purse = self._purse
        earned = [sum(paid) for paid in zip(*self.by_round, strict=True)]
        if purse.payment == Payment.PER_GAIN:
            owed = purse.owed(purse.best_utility, purse.initial_utility) - purse.gain_paid
            earned = [a + b for a, b in zip(earned, arrears(owed, self._units), strict=True)]
        return earned
