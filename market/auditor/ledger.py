"""A project's money, booked again from its events.

They tell all but what a round's trainers have earned of the gain: that follows from lower bounds,
so from the numbers that were proven. What was paid for the gain is read from the payouts, so that
a round whose numbers are no game leaves the purses of later ones right.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from market.auditor.entries import Account, Booked, Closing, Cover, Pools, Share
from market.chain.state import Created, Log, Phase, SettledRound
from market.game import Payment, Purse, Verdict

VerdictOf: TypeAlias = Callable[[SettledRound, Purse], Verdict | None]


def unread(_found: SettledRound, _purse: Purse) -> None:
    """The verdict of a settlement whose proven numbers are not looked at."""


@dataclass
class Ledger:
    """The books after some events.

    Args:
        created: the project.
        verdict_of: what a settlement's proven numbers decide; without it nobody earns of the gain.
        accounts: by address.
        pools: what is nobody's yet.
        rounds: the settlements, oldest first.
        covers: of every opening.
        offices: who held the office, in order, with the named that had a stake when it was taken.
        funded: wei added to the deposit.
        disputed: wei of the disputer's bond.
        rewards: (account, wei) that came out of the bonds, in order.
        gain_paid: wei of pots that followed the gain.
        earned: of the gain, by trainer, in `WORTH_UNITS`; less who has withdrawn its share.
        claimants: who opened a reveal of a round that was given up; less who has withdrawn.
        closing: how the project ended; None before.
        shares: what was credited of what a closed project owed.
    """

    created: Created
    verdict_of: VerdictOf = unread
    accounts: dict[str, Account] = field(default_factory=lambda: defaultdict(Account))
    pools: Pools = field(default_factory=Pools)
    rounds: list[Booked] = field(default_factory=list)
    covers: list[Cover] = field(default_factory=list)
    offices: list[tuple[str, list[str]]] = field(default_factory=list)
    funded: int = 0
    disputed: int = 0
    rewards: list[tuple[str, int]] = field(default_factory=list)
    gain_paid: int = 0
    earned: dict[str, int] = field(default_factory=dict)
    claimants: list[str] = field(default_factory=list)
    closing: Closing | None = None
    shares: list[Share] = field(default_factory=list)
    _initial: int = 0
    _best: int = 0
    _bonded: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _previous: Log | None = None
    _compensating: bool = False

    def __post_init__(self) -> None:
        terms = self.created.terms
        self.pools.fees = terms.aggregator_fee * terms.rounds
        self.pools.budget = self.created.deposit - self.pools.fees
        self.pools.bonds = terms.owner_bond

    @classmethod
    def replay(
        cls, created: Created, history: Iterable[Log], verdict_of: VerdictOf = unread
    ) -> Ledger:
        """Books all events in their order."""
        ledger = cls(created, verdict_of)
        for log in history:
            ledger.book(log)
        return ledger

    @property
    def budget(self) -> int:
        """Wei that was ever meant for trainers."""
        terms = self.created.terms
        return self.created.deposit - terms.aggregator_fee * terms.rounds + self.funded

    @property
    def bonded(self) -> int:
        """Wei that aggregators have at stake, while the project is open."""
        return sum(self._bonded.values())

    def stake_in_office(self, account: str) -> int:
        """Wei of it that an account has at stake."""
        return self._bonded.get(account, 0)

    @property
    def came(self) -> int:
        """Wei that came in."""
        staked = sum(account.staked for account in self.accounts.values())
        bonds = self.created.terms.owner_bond + self.disputed
        return self.created.deposit + bonds + self.funded + staked

    def purse(self, round_number: int) -> Purse:
        """The trainers' money before a round that would be settled now."""
        terms = self.created.terms
        return Purse(
            payment=Payment(terms.payment),
            round=round_number,
            rounds=terms.rounds,
            attendance_bps=terms.attendance_bps,
            pot_cap_bps=terms.pot_cap_bps,
            budget=self.budget,
            left=self.pools.budget,
            gain_paid=self.gain_paid,
            initial_utility=self._initial,
            best_utility=self._best,
            expected_gain=terms.expected_gain,
        )

    def book(self, log: Log) -> None:
        """Books the next event."""
        book = _BOOKS.get(log.name)
        if book is not None:
            book(self, log)
        self._compensating = log.name == "Settled" or (
            self._compensating and log.name == "Credited"
        )
        self._previous = log

    # --- money in ---

    def _fund(self, log: Log) -> None:
        self.funded += log.args["amount"]
        self.pools.budget += log.args["amount"]

    def _join(self, log: Log) -> None:
        self.accounts[log.args["trainer"]].staked += log.args["stake"]

    def _bond(self, log: Log) -> None:
        account, stake = log.args["aggregator"], log.args["stake"]
        self.accounts[account].staked += stake
        self._bonded[account] += stake

    def _dispute(self, log: Log) -> None:
        self.disputed += log.args["bond"]
        self.pools.bonds += log.args["bond"]

    # --- rounds ---

    def _take_office(self, log: Log) -> None:
        able = [each for each in self.created.terms.aggregators if self._bonded.get(each)]
        self.offices.append((log.args["aggregator"], able))

    def _open(self, log: Log) -> None:
        terms, round_number = self.created.terms, log.args["round"]
        at_risk = self.purse(round_number).largest + terms.slots * terms.challenge_bond
        self.covers.append(Cover(round_number, log.args["epoch"], self.bonded, at_risk))

    def _settle(self, log: Log) -> None:
        terms = self.created.terms
        found = SettledRound.from_event(log.args, log.transaction, log.place, 0)
        purse = self.purse(found.round)
        booked = Booked.of(found, purse, self.pools.forfeited, self.verdict_of(found, purse))
        self.rounds.append(booked)
        if found.round == 0:
            self._initial = self._best = found.utility_before
        self._best = max(self._best, found.utility_after)
        self.gain_paid += booked.gain_paid
        for account, wei, units in zip(found.trainers, found.payouts, booked.earned, strict=True):
            self.accounts[account].credited += wei
            if units:
                self.earned[account] = self.earned.get(account, 0) + units
        self.accounts[found.aggregator].credited += terms.aggregator_fee
        self.pools.budget -= sum(found.payouts)
        self.pools.fees -= terms.aggregator_fee

    # --- penalties, and what becomes of them ---

    def _slash(self, log: Log) -> None:
        account, wei = log.args["account"], log.args["amount"]
        self.accounts[account].slashed += wei
        self.pools.forfeited += wei
        # The same account may hold a trainer's stake as well.
        reason = self._previous
        as_trainer = reason is not None and reason.is_penal and reason.args["trainer"] == account
        if not as_trainer:
            self._bonded[account] -= wei

    def _credit(self, log: Log) -> None:
        """What is not credited out of a penalty or after a settlement comes out of the bonds."""
        account, wei = log.args["account"], log.args["amount"]
        self.accounts[account].credited += wei
        of_penalty = self._previous is not None and self._previous.name == "Slashed"
        if of_penalty or self._compensating or self.closing is not None:
            self.pools.forfeited -= wei
        else:
            self.pools.bonds -= wei
            self.rewards.append((account, wei))
        if self._compensating:
            self.rounds[-1].compensation.append((account, wei))

    def _audit(self, log: Log) -> None:
        """A refuted yardstick measures nobody's gain: all is for who shows a delta."""
        if not log.args["holds"]:
            self.pools.forfeited += self.pools.bonds + self.pools.budget
            self.pools.bonds = self.pools.budget = 0

    def _claim(self, log: Log) -> None:
        self.claimants.append(log.args["trainer"])

    # --- the end ---

    def _close(self, log: Log) -> None:
        pools = self.pools
        owed = self.purse(len(self.rounds)).arrears(sum(self.earned.values()))
        shared = pools.forfeited if self.claimants else 0
        refund = pools.budget + pools.fees + pools.forfeited + pools.bonds - owed - shared
        args = log.args
        self.closing = Closing(
            Phase(args["phase"]),
            (args["refund"], args["owed"], args["shared"]),
            (refund, owed, shared),
        )
        self.accounts[self.created.terms.owner].credited += args["refund"]
        self.pools = Pools(forfeited=args["shared"], owed=args["owed"])

    def _share(self, log: Log) -> None:
        account, wei = log.args["trainer"], log.args["amount"]
        gain = claim = 0
        if self.earned.get(account) and self.pools.owed:
            gain = self.pools.owed * self.earned[account] // sum(self.earned.values())
            del self.earned[account]
        if account in self.claimants:
            claim = self.pools.forfeited // len(self.claimants)
            self.claimants.remove(account)
        self.shares.append(Share(account, wei, gain, claim))
        self.pools.owed -= gain
        self.pools.forfeited -= wei - gain
        self.accounts[account].credited += wei

    def _withdraw(self, log: Log) -> None:
        account = log.args["account"]
        self.accounts[account].withdrawn += log.args["amount"]
        if self.closing is not None and self.pools.owed:
            self.earned.pop(account, None)  # a part below one unit is not reported


_BOOKS: Mapping[str, Callable[[Ledger, Log], None]] = {
    "Funded": Ledger._fund,
    "Joined": Ledger._join,
    "AggregatorBonded": Ledger._bond,
    "Disputed": Ledger._dispute,
    "TookOffice": Ledger._take_office,
    "RoundOpened": Ledger._open,
    "Settled": Ledger._settle,
    "Slashed": Ledger._slash,
    "Credited": Ledger._credit,
    "Audited": Ledger._audit,
    "Claimed": Ledger._claim,
    "Closed": Ledger._close,
    "Shared": Ledger._share,
    "Withdrawn": Ledger._withdraw,
}
