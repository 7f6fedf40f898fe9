"""What drawing does to pay where every round is worth the same.

Trainer i's part of a round, over an equal part of those who stand in it, is f_i + e_ir: what it is
by its rows, the same in every round, and what it is by the order of its minibatches. Both are
normal, with the deviations that a first round has by the contract's own arithmetic; a part is at
least 0. Later rounds gain little and pay more by luck: `benchmarks.rotation.project` has those.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from benchmarks.rotation.books import Books
from benchmarks.rotation.crowd import Crowd
from benchmarks.rotation.openings import Drawing, Everybody, Luck, Turns, awake_of
from benchmarks.rotation.project import QUORUM, variation
from market.contribution.statistics import round_game
from market.game import Payment

REPEATED = 4
"""Times that a first round is played, each in another order."""


@dataclass(frozen=True)
class Noise:
    """Deviations of a trainer's part of a round, in equal parts.

    Args:
        lasting: of f.
        passing: of e.
    """

    lasting: float
    passing: float


def measure(slots: int, seeds: int) -> Noise:
    """From first rounds of the same equal trainers, who fill the slots."""
    lasting, passing = [], []
    for seed in range(seeds):
        crowd = Crowd(slots, slots, seed)
        who, parts = list(range(slots)), []
        for _ in range(REPEATED):
            game = round_game(crowd.statistics, crowd.first, crowd.deltas(crowd.first, who))
            verdict = Books(crowd, slots, Payment.PER_ROUND, 1).settle(game, who)
            paid = np.array([float(amount) for amount in verdict.payouts])
            parts.append(paid / paid.mean())
        # What two rounds have in common lasts.
        common = [float(np.mean((a - 1) * (b - 1))) for a, b in itertools.combinations(parts, 2)]
        lasting.append(float(np.mean(common)))
        passing.append(float(np.mean(np.var(parts, axis=1))) - lasting[-1])
    return Noise(max(float(np.mean(lasting)), 0) ** 0.5, max(float(np.mean(passing)), 0) ** 0.5)


@dataclass(frozen=True)
class Spread:
    """What became of a project.

    Args:
        turns, luck, everybody: coefficients of variation of what those who are not idle earned.
        unpaid: part of them that earned nothing by turns.
        rounds: that were played.
        again: of them opened more than once.
        openings: most of one round.
        standing: deltas of a round.
        surplus: part of the reveals beyond the slots.
    """

    turns: float
    luck: float
    everybody: float
    unpaid: float
    rounds: int
    again: int
    openings: int
    standing: float
    surplus: float


def spread(
    participants: int, idle: int, slots: int, rounds: int | None, noise: Noise, seed: int
) -> Spread:
    """A project of so many rounds, or of one cycle."""
    awake = awake_of(participants, idle, seed)
    turns = Turns(participants, awake, slots, QUORUM, seed)
    opened = [turns.next()]
    while not turns.turned if rounds is None else len(opened) < rounds:
        opened.append(turns.next())
    generator = np.random.default_rng((seed, 6))
    own = generator.normal(1, noise.lasting, participants)
    paid = _paid([each.standing for each in opened], own, noise, generator)[awake]
    others: list[Drawing] = [Luck(awake, slots, seed), Everybody(awake)]
    luck, everybody = (
        _paid([drawing.next().standing for _ in opened], own, noise, generator)[awake]
        for drawing in others
    )
    surplus = sum(each.surplus for each in opened)
    standing = sum(len(each.standing) for each in opened)
    return Spread(
        variation(paid.tolist()),
        variation(luck.tolist()),
        variation(everybody.tolist()),
        float(np.mean(paid == 0)),
        len(opened),
        sum(each.openings > 1 for each in opened),
        max(each.openings for each in opened),
        standing / len(opened),
        surplus / (surplus + standing),
    )


def _paid(
    rounds: list[list[int]],
    own: np.ndarray[tuple[int], np.dtype[np.float64]],
    noise: Noise,
    generator: np.random.Generator,
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Of each participant, where every round pays 1 to those who stand in it."""
    total = np.zeros(len(own))
    for who in rounds:
        part = np.maximum(own[who] + generator.normal(0, noise.passing, len(who)), 0)
        total[who] += part / part.sum()
    return total
