"""What the benchmark plays: who misbehaves, under which rules, on which rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Protocol

import numpy as np

from benchmarks.experiments.record import Case
from benchmarks.pay.project import Played, Rules, play_all
from benchmarks.pay.world import World, deal
from market.contribution.grid import Step
from market.datasets.catalogue import Dataset
from market.game import Payment, Scoring, Selection

ALPHAS = (None, 0.5)
ROUNDS, ROWS = 4, 270
SPREAD, TRAINERS, CROWD = 8, 9, 32
"""Trainers where equals are compared, where some misbehave, and where most send nothing."""
DEFAULT = Rules()


class Cases(Protocol):
    """What a `Record` does."""

    def case(self, name: str, measure: Callable[[], Case], /) -> Case:
        """The case of that name, measured if it is not known."""


@dataclass(frozen=True)
class Path:
    """Rules that lead to the same models: all scorings and payments that go with them."""

    selection: Selection
    step: Step
    scorings: tuple[Scoring, ...]
    byzantine: int = 3

    @property
    def rules(self) -> list[Rules]:
        return [
            Rules(self.selection, scoring, self.step, payment, byzantine=self.byzantine)
            for scoring, payment in product(self.scorings, Payment)
        ]

    @property
    def name(self) -> str:
        scorings = "+".join(scoring.method for scoring in self.scorings)
        tolerated = "" if self.byzantine else ", f = 0"
        return f"{self.selection.method}{tolerated} / {self.step.method} / {scorings}"


_IN_RUN, _LEAVE_ONE_OUT, _SHAPLEY = Scoring.IN_RUN, Scoring.LEAVE_ONE_OUT, Scoring.SHAPLEY
PATHS = (
    Path(Selection.PROVEN_VALUE, Step.EXACT, (_IN_RUN, _LEAVE_ONE_OUT)),
    # By the mean these differ in how many stay whatever their values.
    Path(Selection.PROVEN_VALUE, Step.MEAN, (_IN_RUN,)),
    Path(Selection.PROVEN_VALUE, Step.MEAN, (_LEAVE_ONE_OUT,)),
    Path(Selection.PROVEN_VALUE, Step.MEAN, (_SHAPLEY,)),
    Path(Selection.MULTI_KRUM, Step.EXACT, (_IN_RUN, _LEAVE_ONE_OUT)),
    Path(Selection.MULTI_KRUM, Step.MEAN, (_IN_RUN, _LEAVE_ONE_OUT, _SHAPLEY)),
)
PLAIN = Path(Selection.MULTI_KRUM, Step.MEAN, (_IN_RUN,), byzantine=0)
"""Nobody is dropped, and the model moves by the mean."""
RULES = [rules for path in PATHS for rules in path.rules]


@dataclass(frozen=True)
class Scene:
    """Who takes part.

    Args:
        behaviour: of the last `bad` of `n` trainers, in `BEHAVIOURS`.
        alone: play without them.
        rows: of the owner.
        rounds: of the project.
    """

    behaviour: str
    bad: int
    n: int
    alone: bool = False
    rows: int = ROWS
    rounds: int = ROUNDS

    @property
    def name(self) -> str:
        alone = " alone" if self.alone else ""
        return f"{self.behaviour} {self.bad} of {self.n}{alone}, {self.rows} rows, {self.rounds}"


HONEST = Scene("honest", 0, TRAINERS)
EQUALS = Scene("honest", 0, SPREAD)
LONG = Scene("honest", 0, TRAINERS, rounds=20)
PAIR = Scene("pair", 2, TRAINERS)
SCALED = Scene("scaled", 1, SPREAD)
NULLS = Scene("null", 27, CROWD)
FIVE = Scene("null", 27, CROWD, alone=True)
THREE = Scene("label-flip", 6, TRAINERS, alone=True)
FLIPPED = tuple(Scene("label-flip", bad, TRAINERS) for bad in range(1, 8))
TURNED = tuple(Scene("sign-flip", bad, TRAINERS) for bad in range(1, 8))
IDLE = tuple(
    Scene(behaviour, bad, TRAINERS)
    for behaviour, bad in product(("noise", "null", "null-direction"), (2, 6))
)
COPIES = tuple(Scene("copies", names, 7 + names) for names in (1, 2, 4, 8, 16, 24))
PARTS = tuple(Scene("parts", names, 7 + names) for names in (2, 4, 8))
FEW = tuple(Scene("honest", 0, SPREAD, rows=rows) for rows in (40, 100))
EVERY = (
    EQUALS,
    HONEST,
    *FLIPPED,
    *TURNED,
    *IDLE,
    PAIR,
    SCALED,
    NULLS,
    *COPIES,
    *PARTS,
)
"""Played by all rules; the rest by the default ones and the plain mean."""


def world_of(
    dataset: Dataset, scene: Scene, alpha: float | None, seed: int, pool: int | None
) -> World:
    """The scene's rows. Copies and parts are of one trainer, the eighth."""
    if scene.behaviour not in ("copies", "parts"):
        world = deal(dataset, seed, scene.n, alpha, scene.rows, pool)
        return world.among(list(range(scene.n - scene.bad))) if scene.alone else world
    world = deal(dataset, seed, SPREAD, alpha, scene.rows, pool)
    X, y = world.parts[-1]
    order = np.random.default_rng(seed).permutation(len(X))
    chunks = np.array_split(order, scene.bad) if scene.behaviour == "parts" else [order] * scene.bad
    return world.with_parts((*world.parts[:-1], *((X[rows], y[rows]) for rows in chunks)))


def case(
    record: Cases,
    dataset: Dataset,
    path: Path,
    scene: Scene,
    alpha: float | None,
    seed: int,
    pool: int | None = None,
) -> Case:
    """Figures of every rule of the path, by its name."""

    def measure() -> Case:
        world = world_of(dataset, scene, alpha, seed, pool)
        n = len(world.parts)
        bad = [] if scene.alone else list(range(n - scene.bad, n))
        played = play_all(world, path.rules, seed, bad, scene.behaviour, scene.rounds)
        return {
            rules.name: figures(one, bad) for rules, one in zip(path.rules, played, strict=True)
        }

    name = f"{path.name} | {scene.name} | {alpha} | {seed}"
    return record.case(name, measure)


def figures(played: Played, bad: list[int]) -> Case:
    """What is kept of a project; shares are those of the misbehaving, the rest of the honest."""
    good = [i for i in range(len(played.earned)) if i not in bad]
    return {
        "share": played.share(bad),
        "last": played.share([len(played.earned) - 1]),
        "spread": played.spread(good),
        "by_round": played.spread_of_rounds(good),
        "lost": played.lost(good),
        "accuracy": played.accuracy[-1],
        "initial": played.initial,
        "gain": played.gain,
        "paid": sum(played.earned) / played.budget,
    }
