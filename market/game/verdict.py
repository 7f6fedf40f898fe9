"""What a round's proven outputs decide, computed as the contract does, integer for integer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from market.contribution.grid import Step
from market.contribution.statistics import RoundGame
from market.errors import InputError, ProofError
from market.game.clipping import ONE, clip, sure_of
from market.game.deviation import deviations
from market.game.in_run import in_run, weighted_value
from market.game.leave_one_out import fixed_leave_one_out, leave_one_out
from market.game.outliers import multi_krum
from market.game.payouts import attend, divide, weigh
from market.game.proven_value import proven_value
from market.game.purse import Payment
from market.game.rules import Rule, Scoring, Selection
from market.game.shapley import Scores, check_game, coalition_value, shapley
from market.game.stride import stride, weights_of


@dataclass(frozen=True)
class Verdict:
    """The outcome of a round of n revealed deltas, in the order of the slots.

    Args:
        selected: slots that stay, ascending.
        weights: q_i, what each delta moved the model by in units of 1 / lattice; 0 for the others.
        scores: numerators, 0 for the others.
        denominator: of scores and deviations.
        deviations: standard errors of the scores, which pay leaves off; 0 where there are none.
        payouts: wei, attendance included.
        gain_paid: wei of pots in all rounds so far.
        earned: what was held back of each trainer's pay by gain, in `WORTH_UNITS`.
        utility_before: integer utility of the model.
        utility_after: integer utility of the model moved by the weighted deltas.
        best_utility: the best so far, this round included.
        exhausted: whether the budget is used up, which ends the project.
    """

    selected: list[int]
    weights: list[int]
    scores: list[int]
    denominator: int
    deviations: list[int]
    payouts: list[int]
    gain_paid: int
    earned: list[int]
    utility_before: int
    utility_after: int
    best_utility: int
    exhausted: bool

    @property
    def total(self) -> int:
        """Wei of all payouts."""
        return sum(self.payouts)

    @property
    def earned_total(self) -> int:
        """What was held back of all trainers' pay, in `WORTH_UNITS`."""
        return sum(self.earned)

    @property
    def mask(self) -> int:
        """Bit i is set if slot i is selected."""
        return sum(1 << slot for slot in self.selected)


@dataclass(frozen=True)
class _Round:
    """A round on its way to a verdict.

    Args:
        game: of all n trainers.
        addresses: n; break ties.
        rule: of the project.
        linear: n, 2 b_i.
        sigma: n, standard errors of b_i.
        clipped: n, A_i.
        sure: trainers whose value alone is above one standard error.
    """

    game: RoundGame
    addresses: Sequence[int]
    rule: Rule
    linear: list[int]
    sigma: list[int]
    clipped: list[int]
    sure: int

    def stride(self, count: int, linear: int, quadratic: int) -> int:
        return stride(self.rule.step, count, self.sure, self.rule.lattice, linear, quadratic)

    def stride_of(self, selected: Sequence[int]) -> int:
        linear = sum(self.clipped[i] * self.linear[i] for i in selected)
        quadratic = sum(
            self.clipped[i] * self.clipped[j] * self.game.G[i][j]
            for i in selected
            for j in selected
        )
        return self.stride(len(selected), linear, quadratic)


def judge(game: RoundGame, addresses: Sequence[int], rule: Rule) -> Verdict:
    """Selection, weights, scores and payouts of a round.

    Args:
        game: of the n trainers that revealed, in the order of their slots.
        addresses: their accounts as integers; they break multi-Krum's ties.
        rule: of the project, its money before the round included.

    Raises:
        InputError: fewer trainers than the scoring has a meaning for, or shapes that disagree.
        ProofError: a curvature that no rounding of a true H can have.
    """
    check_game(game.G, game.b)
    n = len(game.b)
    if len(addresses) != n or n < rule.fewest:
        raise InputError(f"{len(addresses)} trainers in a game of {n}, at least {rule.fewest}")
    refuse_negative(game, rule.yardstick.entries)
    linear = [2 * b for b in game.b]
    sigma = deviations([game.G[i][i] for i in range(n)], game.U, rule.yardstick)
    squares = [game.K[i][i] for i in range(n)]
    clipped = [ONE] * n if rule.step == Step.MEAN else clip(squares, linear, sigma)
    sure = len(sure_of(squares, linear, sigma))
    round = _Round(game, addresses, rule, linear, sigma, clipped, sure)
    selected = SELECTIONS[rule.selection](round)
    T = round.stride_of(selected)
    weights = weights_of(clipped, selected, T)
    scores, errors, gain = (_mean_scores if rule.values_means else _fixed_scores)(
        round, selected, weights
    )
    shares, sure = weigh(scores.numerators, errors)
    purse = rule.purse
    pot = purse.pot(game.U, game.U + gain)
    per_gain = purse.payment == Payment.PER_GAIN
    paid = pot.pot if sure or not per_gain else 0
    by_score = divide(paid, shares, errors)
    by_presence = attend(pot.attendance, shares, selected, moved=T > 0)
    payouts = [a + b for a, b in zip(by_score, by_presence, strict=True)]
    earned = divide(pot.held_back(paid), shares, errors)
    return Verdict(
        selected=selected,
        weights=weights,
        scores=scores.numerators,
        denominator=scores.denominator,
        deviations=errors,
        payouts=payouts,
        gain_paid=purse.gain_paid + (sum(by_score) if per_gain else 0),
        earned=earned,
        utility_before=game.U,
        utility_after=game.U + gain,
        best_utility=pot.best,
        exhausted=pot.reached,
    )


def refuse_negative(game: RoundGame, entries: int) -> None:
    """A diagonal entry of G is a squared length, and rounding H takes little from it.

    Each entry of H is off by at most a half, so <Q, H Q> by at most (sum |Q|)^2 / 2, which is at
    most entries <Q, Q> / 2. The bound is twice that.

    Raises:
        ProofError: an entry lies below.
    """
    for i, row in enumerate(game.G):
        if row[i] < -(game.K[i][i] * entries):
            raise ProofError(f"the curvature along delta {i} is negative beyond rounding")


def _krum(round: _Round) -> list[int]:
    return multi_krum(round.game.K, round.rule.byzantine, round.addresses).selected


def _valued(round: _Round) -> list[int]:
    return proven_value(
        round.game.G, round.linear, round.sigma, round.clipped, round.rule.fewest, round.stride
    )


SELECTIONS: Mapping[Selection, Callable[[_Round], list[int]]] = {
    Selection.MULTI_KRUM: _krum,
    Selection.PROVEN_VALUE: _valued,
}
FIXED_SCORES = {Scoring.IN_RUN: in_run, Scoring.LEAVE_ONE_OUT: fixed_leave_one_out}
"""Of the game with fixed weights."""
MEAN_SCORES = {Scoring.SHAPLEY: shapley, Scoring.LEAVE_ONE_OUT: leave_one_out}
"""Of the game of means, among the selected."""


def _fixed_scores(
    round: _Round, selected: list[int], weights: list[int]
) -> tuple[Scores, list[int], int]:
    """Scores, their standard errors and the round's gain."""
    game, linear = round.game, round.linear
    scores = FIXED_SCORES[round.rule.scoring](game.G, linear, weights)
    errors = [2 * q * sigma for q, sigma in zip(weights, round.sigma, strict=True)]
    return scores, errors, weighted_value(game.G, linear, weights, selected)


def _mean_scores(
    round: _Round,
    selected: list[int],
    weights: list[int],  # noqa: ARG001
) -> tuple[Scores, list[int], int]:
    """As above, without errors. A delta of zero damps the others, which is no contribution."""
    among, lattice = round.game.among(selected), round.rule.lattice
    found = MEAN_SCORES[round.rule.scoring](among.G, among.b, lattice)
    numerators = [0] * len(round.linear)
    for slot, score in zip(selected, found.numerators, strict=True):
        numerators[slot] = score if round.game.K[slot][slot] else 0
    gain = int(coalition_value(among.G, among.b, lattice, range(len(selected))))
    return Scores(numerators, found.denominator), [0] * len(numerators), gain
