"""What a ledger holds: accounts, pools, settled rounds, and the end. Amounts in wei."""

from __future__ import annotations

from dataclasses import dataclass, field

from market.chain.logs import SettledRound
from market.chain.state import Phase
from market.game import Payment, Purse, Verdict
from market.game.purse import Pot


@dataclass
class Account:
    """What the events say of one account.

    Args:
        credited: by settlements, for harm, as bounty, as a share, or as the owner's refund.
        staked: paid in as stakes.
        slashed: taken from the stakes.
        withdrawn: paid out, free stakes included.
    """

    credited: int = 0
    staked: int = 0
    slashed: int = 0
    withdrawn: int = 0

    @property
    def held(self) -> int:
        """What the contract must still hold for it: its credit and its stakes."""
        return self.credited + self.staked - self.slashed - self.withdrawn


@dataclass
class Pools:
    """Money that is locked and nobody's stake.

    Args:
        budget: for trainers.
        fees: for aggregators.
        bonds: of the owner and a disputer.
        forfeited: slashed, and not given to those whom the round owes.
        owed: by a closed project to who has earned it.
    """

    budget: int = 0
    fees: int = 0
    bonds: int = 0
    forfeited: int = 0
    owed: int = 0


@dataclass(frozen=True)
class Cover:
    """What stood behind an opening.

    Args:
        round: from 0.
        epoch: which opening of all.
        bonded: what aggregators had at stake.
        at_risk: the round's largest pot, and a challenge of every slot.
    """

    round: int
    epoch: int
    bonded: int
    at_risk: int


@dataclass(frozen=True)
class Booked:
    """A settlement in the books.

    Args:
        found: as the contract reported it.
        purse: the trainers' money before it.
        pot: what it could pay.
        by_score: of each payout, what is not attendance.
        forfeited: that was there for whom it selected.
        verdict: what its proven numbers decide; None if they cannot be read, or are no game.
        compensation: (account, wei) that was given of it.
    """

    found: SettledRound
    purse: Purse
    pot: Pot
    by_score: tuple[int, ...]
    forfeited: int
    verdict: Verdict | None
    compensation: list[tuple[str, int]] = field(default_factory=list)

    @classmethod
    def of(
        cls, found: SettledRound, purse: Purse, forfeited: int, verdict: Verdict | None
    ) -> Booked:
        """With the payouts taken apart.

        Attendance is the same for everybody who has a part in it, and who has none is paid nothing.
        Where it is less than a unit each nobody is paid any.
        """
        pot = purse.pot(found.utility_before, found.utility_after)
        present = sum(payout > 0 for payout in found.payouts)
        part = pot.attendance // present if present else 0
        by_score = tuple(max(payout - part, 0) for payout in found.payouts)
        return cls(found, purse, pot, by_score, forfeited, verdict)

    @property
    def gain_paid(self) -> int:
        """Paid for the gain; 0 where pots do not follow it."""
        return sum(self.by_score) if self.purse.payment == Payment.PER_GAIN else 0

    @property
    def earned(self) -> tuple[int, ...]:
        """Of the project's gain, by slot: lower bounds decide, which no event shows."""
        return tuple(self.verdict.earned) if self.verdict else (0,) * len(self.by_score)

    @property
    def compensation_due(self) -> list[tuple[str, int]]:
        """What was forfeited, evenly to the selected."""
        selected = self.found.selected_trainers
        each = self.forfeited // len(selected) if selected else 0
        return [(account, each) for account in selected] if each else []

    def compensated(self, account: str) -> int:
        """What an account had of what others forfeited."""
        return sum(wei for who, wei in self.compensation if who == account)


@dataclass(frozen=True)
class Closing:
    """How a project ended.

    Args:
        phase: Done, Aborted or Cancelled.
        reported: refund, owed and shared, as the contract says.
        due: the same, as the books have it.
    """

    phase: Phase
    reported: tuple[int, int, int]
    due: tuple[int, int, int]


@dataclass(frozen=True)
class Share:
    """What a trainer was credited of what a closed project owed.

    Args:
        trainer: who.
        reported: as the contract says.
        gain: for what it had earned, as the books have it.
        claim: for the reveal that was opened.
    """

    trainer: str
    reported: int
    gain: int
    claim: int
