"""The numbers behind what a trainer was paid for a settled round, computed again."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from market.auditor.entries import Booked
from market.chain.terms import Terms
from market.contribution.grid import Grid, Step
from market.contribution.statistics import RoundGame
from market.game import Payment, Rule, Selection, Verdict
from market.game.clipping import ONE, clip, sure_of
from market.game.deviation import deviations
from market.game.outliers import Ranking, multi_krum
from market.game.payouts import weigh
from market.game.proven_value import departures
from market.game.purse import WORTH_UNITS
from market.game.stride import stride


@dataclass(frozen=True)
class Departure:
    """A trainer that was left out for its value.

    Args:
        slot: its.
        value: in units of b, among those who were in until then.
        error: one standard error of it.
    """

    slot: int
    value: int
    error: int

    @property
    def errors_below(self) -> float:
        """Standard errors that the value lies below zero."""
        return -self.value / self.error if self.error else float("inf")


@dataclass(frozen=True)
class Arithmetic:
    """A round's numbers, and the place of one trainer in it.

    Args:
        rule: of the project, the money before the round included.
        booked: the settlement, as the contract reported it.
        game: the proven numbers.
        verdict: what they decide.
        slot: of the trainer.
    """

    rule: Rule
    booked: Booked
    game: RoundGame
    verdict: Verdict
    slot: int

    @property
    def trainers(self) -> tuple[str, ...]:
        """Whose reveals stood, in the order of the slots."""
        return self.booked.found.trainers

    @property
    def is_selected(self) -> bool:
        return self.slot in self.verdict.selected

    @property
    def linear(self) -> int:
        """2 <c - H w, D>."""
        return 2 * self.game.b[self.slot]

    @cached_property
    def sigma(self) -> list[int]:
        """One standard error of every b."""
        diagonal = [row[i] for i, row in enumerate(self.game.G)]
        return deviations(diagonal, self.game.U, self.rule.yardstick)

    @cached_property
    def clipped(self) -> list[int]:
        """A_i: what of each delta entered, of ONE."""
        if self.rule.step == Step.MEAN:
            return [ONE] * len(self._squares)
        return clip(self._squares, self._linear, self.sigma)

    @cached_property
    def step(self) -> int:
        """T: delta i moves the model by A_i T >> 32 of its integers."""
        slots, A = self.verdict.selected, self.clipped
        upward = sum(2 * A[i] * self.game.b[i] for i in slots)
        curved = sum(A[i] * A[j] * self.game.G[i][j] for i in slots for j in slots)
        return self._stride(len(slots), upward, curved)

    @property
    def weight(self) -> int:
        """q: by how many steps of the lattice the delta moved the model."""
        return self.verdict.weights[self.slot]

    @cached_property
    def departures(self) -> list[Departure]:
        """Who was left out for its value, in order."""
        if self.rule.selection != Selection.PROVEN_VALUE:
            return []
        found = departures(
            self.game.G, self._linear, self.sigma, self.clipped, self.rule.fewest, self._stride
        )
        return [Departure(slot, value, 2 * self.sigma[slot]) for slot, value in found]

    @cached_property
    def krum(self) -> Ranking | None:
        """Multi-Krum's ranking, where it selects."""
        if self.rule.selection != Selection.MULTI_KRUM:
            return None
        accounts = [int(account, 16) for account in self.trainers]
        return multi_krum(self.game.K, self.rule.byzantine, accounts)

    @cached_property
    def sure_ones(self) -> list[int]:
        """Slots whose value alone is above one standard error."""
        return sure_of(self._squares, self._linear, self.sigma)

    @property
    def _squares(self) -> list[int]:
        return [row[i] for i, row in enumerate(self.game.K)]

    @property
    def _linear(self) -> list[int]:
        return [2 * b for b in self.game.b]

    def _stride(self, count: int, upward: int, curved: int) -> int:
        rule = self.rule
        return stride(rule.step, count, len(self.sure_ones), rule.lattice, upward, curved)

    # --- of the score ---

    @property
    def score(self) -> Fraction:
        """In units of the integer utility."""
        return Fraction(self.verdict.scores[self.slot], self.verdict.denominator)

    @property
    def error(self) -> Fraction:
        """One standard error of the score."""
        return Fraction(self.verdict.deviations[self.slot], self.verdict.denominator)

    @property
    def gain(self) -> int:
        """Of the round, in units of the integer utility."""
        return self.verdict.utility_after - self.verdict.utility_before

    @cached_property
    def sure(self) -> list[int]:
        """Numerators of every score less its standard error, at least 0."""
        pairs = zip(self.verdict.scores, self.verdict.deviations, strict=True)
        return [max(score - error, 0) for score, error in pairs]

    @cached_property
    def _weighed(self) -> tuple[list[int], bool]:
        return weigh(self.verdict.scores, self.verdict.deviations)

    @property
    def likely(self) -> list[int]:
        """What money is divided by: the same, or where too little is sure the positive scores."""
        return self._weighed[0]

    # --- of the money ---

    @property
    def is_per_gain(self) -> bool:
        return self.rule.purse.payment == Payment.PER_GAIN

    @property
    def waits(self) -> bool:
        """Whether what the round gained is owed to the end, as too little of it is sure."""
        return self.is_per_gain and any(self.likely) and not self._weighed[1]

    @property
    def pot_paid(self) -> int:
        """Wei of the pot that are divided now."""
        return 0 if self.waits else self.booked.pot.pot

    @property
    def capped_by(self) -> int:
        """How many equal shares of the pot the cap counts: of the certain, or of all."""
        positive = [i for i, part in enumerate(self.likely) if part > 0]
        certain = [i for i in positive if self.likely[i] > self.verdict.deviations[i]]
        return len(certain) or len(positive)

    @property
    def held_back(self) -> int:
        """About how many wei of its part of the gain are owed until the end."""
        return self.rule.purse.for_gain * self.verdict.earned[self.slot] // WORTH_UNITS

    @property
    def pot_share(self) -> int:
        """Wei of the payout by score."""
        return self.booked.by_score[self.slot]

    @property
    def attendance_share(self) -> int:
        """Wei of the payout for attendance."""
        return self.booked.found.payouts[self.slot] - self.pot_share

    @property
    def attending(self) -> int:
        """How many share the attendance."""
        if not self.moved:
            return len(self.verdict.selected)
        return sum(part > 0 for part in self.likely)

    @property
    def moved(self) -> bool:
        """Whether a step along the deltas gains anything."""
        return self.step > 0

    @property
    def rank(self) -> tuple[int, int]:
        """Place by share of the pot among those who have one, and how many have."""
        shares = [share for share in self.booked.by_score if share]
        return sum(share > self.pot_share for share in shares) + 1, len(shares)


def utility_unit(terms: Terms) -> int:
    """What stands for 1.0 in a utility: by the terms alone, as the grid's bits are not on chain.

    The mean square of labels, which are unit vectors: participants refuse terms that say otherwise.
    Terms that name none are no owner's of this version; they are read on its usual grid.
    """
    return terms.energy or Grid(terms.slots, moves=Step(terms.step)).utility_unit
