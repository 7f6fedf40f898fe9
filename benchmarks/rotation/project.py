"""One project of equal trainers through the contract's arithmetic, however they are drawn."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.rotation.books import Books
from benchmarks.rotation.crowd import Crowd
from benchmarks.rotation.openings import Drawing, Luck, Turns
from market.contribution.statistics import round_game, utility
from market.game import Payment

QUORUM = 3
SAMPLE = 128
"""Of everybody, where everybody is in every round: as good as all to measure a spread."""


@dataclass(frozen=True)
class Case:
    """A project in which nobody is idle.

    Args:
        participants: who have joined.
        slots: of a round.
        rounds: of the project.
        drawn: "turns", "luck" or "everybody".
    """

    participants: int
    slots: int
    rounds: int
    drawn: str


@dataclass(frozen=True)
class Played:
    """What became of it.

    Args:
        spread: the coefficient of variation of what everybody earned, by payment.
        of_rounds: that of each round's pay among those who stood in it.
        gained: part of the project's gain that each round brought.
    """

    spread: dict[Payment, float]
    of_rounds: list[float]
    gained: list[float]


def play(case: Case, seed: int) -> Played:
    """The project under the default rules, whatever is paid for."""
    crowd = Crowd(case.participants, case.slots, seed)
    all_ = list(range(case.participants))
    if case.drawn == "everybody":
        return _everybody(case, crowd, seed)
    drawing: Drawing = Luck(all_, case.slots, seed)
    if case.drawn == "turns":
        drawing = Turns(case.participants, all_, case.slots, QUORUM, seed)
    books = {payment: Books(crowd, case.participants, payment, case.rounds) for payment in Payment}
    model, spreads = crowd.first, []
    utilities = [utility(crowd.statistics, model)]
    for _ in range(case.rounds):
        who = drawing.next().standing
        deltas = crowd.deltas(model, who)
        game = round_game(crowd.statistics, model, deltas)
        verdict, _ = (book.settle(game, who) for book in books.values())
        spreads.append(variation(verdict.payouts))
        utilities.append(verdict.utility_after)
        model = crowd.grid.step(model, deltas, verdict.weights)
    spread = {payment: variation(book.close()) for payment, book in books.items()}
    return Played(spread, spreads, _parts(utilities))


def _everybody(case: Case, crowd: Crowd, seed: int) -> Played:
    """Everybody in every round: judged by as many as a round takes, in groups that are new in each,
    all on one model, which moves by the mean of their steps. A round pays every group alike; by
    gain, what it raised the best utility by. The least spread that there is without more rows.
    """
    generator = np.random.default_rng((seed, 5))
    count = min(case.participants, SAMPLE) // case.slots * case.slots
    sample = generator.permutation(case.participants)[:count]
    paid = {payment: np.zeros(case.participants) for payment in Payment}
    model, spreads = crowd.first, []
    utilities = [utility(crowd.statistics, model)]
    for _ in range(case.rounds):
        moved, of_round, found = [], np.zeros(case.participants), []
        for group in np.split(generator.permutation(sample), count // case.slots):
            who = group.tolist()
            deltas = crowd.deltas(model, who)
            game = round_game(crowd.statistics, model, deltas)
            books = Books(crowd, case.participants, Payment.PER_ROUND, case.rounds)
            verdict = books.settle(game, who)
            of_round[who] = verdict.payouts
            found.append(variation(verdict.payouts))
            moved.append(crowd.grid.weights(crowd.grid.step(model, deltas, verdict.weights)))
        spreads.append(float(np.mean(found)))
        model = crowd.grid.model(np.mean(moved, axis=0))
        utilities.append(utility(crowd.statistics, model))
        rise = max(0, utilities[-1] - max(utilities[:-1])) / crowd.grid.utility_unit
        paid[Payment.PER_ROUND] += of_round
        paid[Payment.PER_GAIN] += of_round * rise
    spread = {payment: variation(amounts[sample].tolist()) for payment, amounts in paid.items()}
    return Played(spread, spreads, _parts(utilities))


def _parts(utilities: list[int]) -> list[float]:
    """What each round added to the best so far, of what all did."""
    best = list(itertools.accumulate(utilities, max))
    whole = best[-1] - best[0]
    return [(after - before) / whole for before, after in itertools.pairwise(best)]


def variation(amounts: Sequence[float]) -> float:
    """The coefficient of variation."""
    values = np.array([float(amount) for amount in amounts])
    return float(values.std() / values.mean()) if values.any() else 0.0
