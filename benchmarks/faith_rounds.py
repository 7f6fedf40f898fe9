"""A project under an owner's promise, round by round, by the contract's arithmetic."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from benchmarks.bad_owners import LENGTH, Holdings, Owner, Promise, accomplices_delta
from market.contribution.exact import Integers
from market.contribution.grid import Grid, Step
from market.contribution.statistics import (
    ValidationStatistics,
    round_game,
    utility,
    validation_statistics,
)
from market.datasets.catalogue import load
from market.datasets.partition import Deal, deal
from market.datasets.table import Table
from market.game import Purse, Rule, Scoring, Selection, Yardstick, judge
from market.simulation.money import Money
from market.simulation.scenario import Scenario
from market.specification.document import Document
from market.trainer.prospects import MOST_TIMES
from market.training.expectation import expected_gain
from market.training.many import ManyClients
from market.training.plan import TrainingPlan
from market.vectors import salted, triangle
from market.yardstick.agreement import furthest
from market.yardstick.own_rows import Finding, LeaveRule, OwnMeasure
from market.yardstick.plausibility import look_at

Floats = npt.NDArray[np.float64]

TRAINERS, ROUNDS = 8, 4
ACCOMPLICE = TRAINERS - 1
BUDGET = 10**18
SURE = 3.0
"""Standard errors by which a trainer's own rows contradict."""


@dataclass(frozen=True)
class Round:
    """One settled round.

    Args:
        payouts: wei of each trainer, of this round alone.
        attendance: wei of it, in all.
        certain: trainers whose score is above two standard errors.
        owed: wei of each, should the project end here.
        gain: of utility, as proven.
        accuracy: of the public model on rows that nobody has seen.
        kept: accuracy of what the owner makes of the deltas by its true rows, the best so far.
        lost: honest trainers whose own rows lost by more than SURE standard errors.
        differed: those whose own gain and the proven one differ by more.
    """

    payouts: list[int]
    attendance: int
    certain: int
    owed: list[int]
    gain: float
    accuracy: float
    kept: float
    lost: int
    differed: int


@dataclass(frozen=True)
class Course:
    """A project.

    Args:
        rounds: as settled.
        honest: trainers that are no accomplice.
        refuse: of them, whose client refuses the terms for what they expect.
        arbiter: what arbiters find who have the rows: "refuted", "doubtful" or "holds".
        doubts: their words.
    """

    rounds: list[Round]
    honest: int
    refuse: int
    arbiter: str
    doubts: tuple[str, ...]

    def seen(self) -> int:
        """Rounds until half of the honest see a contradiction; all of them if they never do."""
        for number, found in enumerate(self.rounds, 1):
            if 2 * max(found.lost, found.differed) >= self.honest:
                return number
        return len(self.rounds)

    def due(self, until: int) -> list[int]:
        """Wei of each trainer if the project ends after so many rounds."""
        seen = self.rounds[: max(until, 1)]
        paid = [sum(each) for each in zip(*(found.payouts for found in seen), strict=True)]
        return [a + b for a, b in zip(paid, seen[-1].owed, strict=True)]


def run(owner: Owner, seed: int, alpha: float | None = None, until: int = ROUNDS) -> Course:
    """Eight trainers and an owner of 270 digits; one trainer is the accomplice where there is one.

    Args:
        alpha: labels skewed by Dirichlet(alpha); all alike if None.
        until: the project is looked at for so many of its rounds.
    """
    dataset = load("digits")
    dealt = deal(dataset.table, TRAINERS, alpha, seed)
    grid = Grid(TRAINERS, moves=Step.EXACT)
    document = _document(dealt, grid)
    design = document.scaling.design
    own = Table(design(dealt.validation.X), dealt.validation.y)
    promise = owner(Holdings(own, dataset.classes, grid, seed))
    arbiter, doubts = judged(promise, document)
    project = _Project(promise, own, dealt, document, seed)
    return Course(project.rounds(until), len(project.honest), project.refuse, arbiter, doubts)


class _Project:
    def __init__(
        self, promise: Promise, own: Table, dealt: Deal, document: Document, seed: int
    ) -> None:
        design, parts = document.scaling.design, dealt.parts
        self._promise, self._document, self._seed = promise, document, seed
        self._grid, self._classes = document.grid, document.classes
        self._truth = validation_statistics(own.X, own.y, self._classes, self._grid)
        self._test = Table(design(dealt.test.X), dealt.test.y)
        rows = [(design(part.X), part.y) for part in parts]
        self._many = ManyClients(rows, self._classes)
        self.honest = list(range(TRAINERS - promise.accomplice))
        self.refuse = sum(
            promise.expected > MOST_TIMES * expected_gain(*rows[i], self._classes)
            for i in self.honest
        )
        self._own_rows = [len(parts[i]) for i in self.honest]
        rule = LeaveRule(1, SURE)
        self._measures = [OwnMeasure(document, parts[i].X, parts[i].y, rule) for i in self.honest]
        scenario = Scenario(TRAINERS, ROUNDS, deposit=BUDGET)
        self._money = Money(scenario, int(promise.expected * self._grid.utility_unit))

    def rounds(self, until: int) -> list[Round]:
        statistics = self._promise.statistics
        shape = statistics.c.shape
        model: Integers = np.zeros(shape, dtype=np.int64)
        rounds: list[Round] = []
        best, kept = utility(self._truth, model), 0.0
        for number in range(until):
            if self._money.done:
                break
            before = self._grid.weights(model)
            sent = self._deltas(before, number)
            game = round_game(statistics, model, sent)
            purse = self._money.purse
            attendance = purse.attendance
            verdict = judge(game, range(1, TRAINERS + 1), self._rule(statistics, purse))
            private = self._private(model, [sent[i] for i in self.honest], purse)
            if utility(self._truth, private) > best:
                best = utility(self._truth, private)
                kept = self._accuracy(private)
            model = self._grid.step(model, sent, verdict.weights)
            after, gain = self._grid.weights(model), verdict.utility_after - game.U
            self._money.enter(
                verdict.payouts, verdict.gain_paid, verdict.earned, game.U, verdict.utility_after
            )
            found = [measure.look(before, after, gain) for measure in self._measures]
            rounds.append(
                Round(
                    payouts=verdict.payouts,
                    attendance=attendance,
                    certain=sum(
                        score > 2 * error
                        for score, error in zip(verdict.scores, verdict.deviations, strict=True)
                    ),
                    owed=list(self._money.owed()),
                    gain=gain / self._grid.utility_unit,
                    accuracy=self._accuracy(model),
                    kept=kept,
                    lost=sum(each.losing > 0 for each in found),
                    differed=sum(
                        differs(each, rows, statistics.rows)
                        for each, rows in zip(found, self._own_rows, strict=True)
                    ),
                )
            )
        return rounds

    def _deltas(self, weights: Floats, number: int) -> list[Integers]:
        seeds = [self._seed * 1000 + number * 100 + i for i in range(TRAINERS)]
        trained = list(self._many.train(weights, self._document.training, seeds))
        if self._promise.accomplice:
            length = LENGTH * float(np.linalg.norm(trained[ACCOMPLICE]))
            trained[ACCOMPLICE] = accomplices_delta(self._promise.statistics, weights, length)
        return [self._grid.quantise(delta)[0] for delta in trained]

    def _private(self, model: Integers, deltas: list[Integers], purse: Purse) -> Integers:
        """What true rows make of the deltas, which the owner's aggregator can open."""
        rule = self._rule(self._truth, purse)
        game = round_game(self._truth, model, deltas)
        weights = judge(game, range(1, len(deltas) + 1), rule).weights
        return self._grid.step(model, deltas, weights)

    def _rule(self, statistics: ValidationStatistics, purse: Purse) -> Rule:
        return Rule(
            slots=TRAINERS,
            scoring=Scoring.IN_RUN,
            selection=Selection.PROVEN_VALUE,
            step=Step.EXACT,
            byzantine=0,
            yardstick=Yardstick(
                statistics.rows, statistics.outputs, statistics.c.size, statistics.energy
            ),
            purse=purse,
        )

    def _accuracy(self, model: Integers) -> float:
        outputs = self._test.X @ self._grid.weights(model)
        return float((outputs.argmax(axis=1) == self._test.y).mean())


def differs(found: Finding, own: int, stated: int) -> bool:
    """Whether own and proven gain differ by more than chance explains in both.

    Args:
        found: on a trainer's own rows.
        own: how many they are.
        stated: rows that the terms name.
    """
    error = found.error * math.sqrt(1 + own / stated)
    return abs(found.own - found.proven) > SURE * error


def judged(promise: Promise, document: Document) -> tuple[str, tuple[str, ...]]:
    """What `market arbiter` would say of the rows behind a promise, and its doubts."""
    said, shape = promise.statistics, document.shape
    true = validation_statistics(promise.design, promise.y, document.classes, document.grid)
    committed = salted([*triangle(said.H), *said.c.reshape(-1)], shape.statistics_length)
    away = furthest(promise.design, promise.y, true, committed, shape)
    doubts = look_at(promise.design, promise.y, document.classes).doubts
    if said.rows != len(promise.y) or said.energy != true.energy or away > 1:
        return "refuted", doubts
    return "doubtful" if doubts else "holds", doubts


def _document(dealt: Deal, grid: Grid) -> Document:
    dataset = load("digits")
    return Document(
        name="digits",
        features=dataset.features,
        classes=dataset.classes,
        scaling=dataset.scaling(dealt.validation),
        training=replace(TrainingPlan(), epochs=dataset.plan.epochs),
        columns=(),
        slots=grid.slots,
        step=grid.moves.method,
        scale_bits=grid.scale_bits,
        stats_bits=grid.stats_bits,
        statistics_cid="",
        rows_cid="",
        srs_sha256="",
        srs_cid="",
    )
