"""What everybody has earned, where not everybody is in every round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from benchmarks.rotation.crowd import Crowd
from market.contribution.grid import Step
from market.contribution.statistics import RoundGame
from market.game import Payment, Purse, Rule, Scoring, Selection, Verdict, judge
from market.game.purse import DEFAULT_ATTENDANCE_BPS, DEFAULT_POT_CAP_BPS, arrears

BUDGET = 10**18


class Books:
    """A project's money under the default rules.

    Args:
        crowd: whose project it is.
        participants: how many have joined.
        payment: what a round's money depends on.
        rounds: of the project.
    """

    def __init__(self, crowd: Crowd, participants: int, payment: Payment, rounds: int) -> None:
        self._crowd = crowd
        self._purse = Purse.opening(
            payment=payment,
            rounds=rounds,
            attendance_bps=DEFAULT_ATTENDANCE_BPS,
            pot_cap_bps=DEFAULT_POT_CAP_BPS,
            budget=BUDGET,
            expected_gain=max(crowd.expected, 1),
        )
        self._paid = [0] * participants
        self._units = [0] * participants
        self.paying = True

    def settle(self, game: RoundGame, who: Sequence[int]) -> Verdict:
        """The verdict on a round, whose money is booked unless the budget was used up before."""
        crowd, purse = self._crowd, self._purse
        verdict = judge(
            game,
            who,
            Rule(
                slots=crowd.grid.slots,
                scoring=Scoring.IN_RUN,
                selection=Selection.PROVEN_VALUE,
                step=Step.EXACT,
                byzantine=0,
                yardstick=crowd.yardstick,
                purse=purse,
            ),
        )
        if not self.paying:
            return verdict
        first = purse.round == 0
        self._purse = replace(
            purse,
            # A purse knows no round after the last; the project is then over.
            round=purse.round + 1,
            left=purse.left - verdict.total,
            gain_paid=verdict.gain_paid,
            initial_utility=verdict.utility_before if first else purse.initial_utility,
            best_utility=verdict.best_utility,
        )
        for i, paid, units in zip(who, verdict.payouts, verdict.earned, strict=True):
            self._paid[i] += paid
            self._units[i] += units
        self.paying = not verdict.exhausted
        return verdict

    def close(self) -> list[int]:
        """What everybody earned, what was still owed included."""
        purse = self._purse
        if purse.payment == Payment.PER_ROUND:
            return self._paid
        owed = purse.owed(purse.best_utility, purse.initial_utility) - purse.gain_paid
        return [a + b for a, b in zip(self._paid, arrears(owed, self._units), strict=True)]
