"""What of a project's money a round may pay: an even share of the rounds, or what it has gained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from market.choice import Choice

BASIS_POINTS = 10_000
MAX_SLOTS = 32
"""The most trainers of a round that the contract takes: beyond it, scores outgrow its words."""
DEFAULT_ATTENDANCE_BPS = 200
DEFAULT_POT_CAP_BPS = BASIS_POINTS
"""No cap: what one holds back is not covered by the stakes of who could keep it from being owed."""
WORTH_UNITS = 1 << 23
"""The expected gain, as trainers' parts of the project's gain are counted."""


class Payment(Choice):
    """What a round's money depends on."""

    PER_ROUND = 0, "per-round"
    PER_GAIN = 1, "per-gain"


@dataclass(frozen=True)
class Pot:
    """What one round may pay.

    Args:
        attendance: wei, evenly.
        pot: wei, by score.
        fresh: wei that the round's gain is worth, of which the pot is at most a part.
        worth: the same, in WORTH_UNITS of the expected gain.
        best: the best utility so far, this round included.
        reached: whether all that was expected is gained.
    """

    attendance: int
    pot: int
    fresh: int
    worth: int
    best: int
    reached: bool

    def held_back(self, paid: int) -> int:
        """What of `worth` is owed still where `paid` wei of `fresh` are paid."""
        return self.worth - self.worth * paid // self.fresh if self.fresh else 0


@dataclass(frozen=True)
class Purse:
    """A project's money before a round. Wei, basis points, and units of the integer utility.

    Args:
        payment: what the pot depends on.
        round: number of the round, from 0.
        rounds: of the project.
        attendance_bps: part that is paid evenly, whatever is gained.
        pot_cap_bps: most of the budget that one round's pot is.
        budget: all that was ever meant for the trainers.
        left: what of it is still locked.
        gain_paid: what was paid as pots.
        initial_utility: of the model before round 0; not looked at in round 0.
        best_utility: of the models so far; not looked at in round 0.
        expected_gain: utility above the initial one that the whole budget is meant for.
    """

    payment: Payment
    round: int
    rounds: int
    attendance_bps: int
    pot_cap_bps: int
    budget: int
    left: int
    gain_paid: int
    initial_utility: int
    best_utility: int
    expected_gain: int

    @classmethod
    def opening(
        cls,
        *,
        payment: Payment,
        rounds: int,
        attendance_bps: int,
        pot_cap_bps: int,
        budget: int,
        expected_gain: int,
    ) -> Purse:
        """The money before the first round, of which nothing is paid."""
        return cls(
            payment=payment,
            round=0,
            rounds=rounds,
            attendance_bps=attendance_bps,
            pot_cap_bps=pot_cap_bps,
            budget=budget,
            left=budget,
            gain_paid=0,
            initial_utility=0,
            best_utility=0,
            expected_gain=expected_gain,
        )

    @property
    def for_gain(self) -> int:
        """What of the budget is paid by gain."""
        return self.budget - self.budget * self.attendance_bps // BASIS_POINTS

    @property
    def largest(self) -> int:
        """The most that the round can pay, attendance included."""
        if self.payment == Payment.PER_ROUND:
            return self._of_round
        initial, best = self._so_far(0)
        return self.attendance + min(self._cap, self.for_gain - self.owed(best, initial))

    def pot(self, before: int, after: int) -> Pot:
        """What the round pays that moved the model's utility from `before` to `after`."""
        initial, best = self._so_far(before)
        now = max(best, after)
        if self.payment == Payment.PER_ROUND:
            attendance = self._of_round * self.attendance_bps // BASIS_POINTS
            pot = self._of_round - attendance
            return Pot(attendance, pot, pot, 0, now, False)
        fresh = self.owed(now, initial) - self.owed(best, initial)
        return Pot(
            attendance=self.attendance,
            pot=min(fresh, self._cap),
            fresh=fresh,
            worth=self._units(now - initial) - self._units(best - initial),
            best=now,
            reached=now - initial >= self.expected_gain,
        )

    def owed(self, best: int, initial: int) -> int:
        """What the trainers have earned by gain in all, paid or not."""
        return self.for_gain * self._rise(best - initial) // self.expected_gain

    def outstanding(self, units: int) -> int:
        """What is owed and not paid for the best utility so far, where so much was held back.

        No more than what that is worth, whatever funds have made of earlier gains that were paid,
        and than what is left.

        Args:
            units: in WORTH_UNITS, of trainers' parts that were each rounded down.
        """
        if self.payment == Payment.PER_ROUND or not units:
            return 0
        unpaid = self.owed(self.best_utility, self.initial_utility) - self.gain_paid
        worth = self.for_gain * (units + self.round * MAX_SLOTS) // WORTH_UNITS
        return min(max(unpaid, 0), self.left, worth)

    def _so_far(self, before: int) -> tuple[int, int]:
        if self.round == 0:
            return before, before
        return self.initial_utility, self.best_utility

    def _rise(self, gain: int) -> int:
        return min(max(gain, 0), self.expected_gain)

    def _units(self, gain: int) -> int:
        return self._rise(gain) * WORTH_UNITS // self.expected_gain

    @property
    def _of_round(self) -> int:
        return self.left // (self.rounds - self.round)

    @property
    def attendance(self) -> int:
        """What a round pays evenly, where pay goes by gain."""
        return self.budget * self.attendance_bps // BASIS_POINTS // self.rounds

    @property
    def _cap(self) -> int:
        return self.budget * self.pot_cap_bps // BASIS_POINTS


def arrears(owed: int, earned: Sequence[int]) -> list[int]:
    """What is still owed at the end, by what was held back of each trainer's pay.

    Paid one after the other: each takes its part of what is left among those who are left, so the
    last takes the rest. Nobody has anything where nothing was earned.

    Args:
        owed: wei.
        earned: units of each trainer, in the order in which they withdraw.
    """
    left, units = owed, sum(earned)
    shares = []
    for own in earned:
        share = left * own // units if units else 0
        shares.append(share)
        left, units = left - share, units - own
    return shares
