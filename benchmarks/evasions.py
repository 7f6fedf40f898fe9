"""What it costs an owner not to pay for a round by what it can do on chain, from its terms.

Every price is a sum that the contract moves (docs/contracts.md); `contracts/test` shows each. The
owner has some accounts of its own among the trainers, and its own aggregator opens all deltas that
are revealed.
"""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.tables import Row
from market.game import Purse
from market.owner.offer import offer_of
from market.specification.owner import OwnerSpecification

FIRST_ROUND = 0.88
"""Part of the expected gain that the first round of examples/digits.toml reaches."""
OWN = 3
"""Accounts of the owner's among the trainers."""


@dataclass(frozen=True)
class Prices:
    """Sums of one project, in wei.

    Args:
        purse: before the first round.
        slots: n, trainers of a round, all of which take part.
        trainer_stake: S.
        aggregator_stake: A, of the owner's aggregator, the only one.
        bond: b.
        bounty: g; the owner's own call enforces every rule.
        owner_bond: lost when the rows are refuted.
    """

    purse: Purse
    slots: int
    trainer_stake: int
    aggregator_stake: int
    bond: int
    bounty: int
    owner_bond: int

    def paying(self, reached: float, own: int = 0) -> int:
        """What honest trainers cost that are paid for a first round.

        Args:
            reached: part of the expected gain.
            own: of the owner's accounts, which have equal parts.
        """
        gained = int(reached * self.purse.expected_gain)
        pays = self.purse.attendance + self.purse.owed(gained, 0)
        return pays * (self.slots - own) // self.slots

    def never_settling(self, own: int = 0) -> int:
        """The aggregator's stake goes to whoever shows a delta, own accounts among them."""
        return (self.aggregator_stake - self.bounty) * (self.slots - own) // self.slots

    def silence(self, reached: float, own: int) -> int:
        """Own accounts commit, and do not reveal: the honest have the round, and their stakes."""
        return self.paying(reached) + own * (self.trainer_stake - self.bounty)

    def set_aside(self, reached: float, own: int) -> int:
        """They reveal, and do not answer the own aggregator: so do their bonds."""
        return self.paying(reached) + own * self.bond - self.bounty

    def refuted(self, own: int = 0) -> int:
        """Budget to whoever shows a delta, and half of the bond to an accomplice that asked."""
        lost = self.purse.budget * (self.slots - own) // self.slots
        return lost + self.owner_bond - (self.owner_bond // 2 if own else 0)


def prices_of(specification: OwnerSpecification, deposit: int) -> Prices:
    """The prices of a specification that names its expected gain.

    Args:
        deposit: wei.

    Raises:
        InputError: the aggregators could not cover a round.
    """
    grid_gain = int((specification.expected_gain or 1.0) * 2**60)
    offer = offer_of(specification, deposit, grid_gain)
    return Prices(
        purse=offer.purse,
        slots=specification.slots,
        trainer_stake=specification.trainer_stake,
        aggregator_stake=offer.aggregator_stake,
        bond=specification.challenge_bond,
        bounty=specification.bounty,
        owner_bond=specification.owner_bond,
    )


def evasions(specification: OwnerSpecification, deposit: int) -> list[Row]:
    """One row an evasion: what it costs, and what paying would have."""
    found = prices_of(specification, deposit)

    def row(name: str, own: int, cost: int) -> Row:
        return {
            "evasion": name,
            "own accounts": own,
            "costs, ether": cost / 1e18,
            "paying costs, ether": found.paying(FIRST_ROUND, own) / 1e18,
        }

    return [
        row("own aggregator never settles", 0, found.never_settling()),
        row("own aggregator never settles", OWN, found.never_settling(OWN)),
        row("accounts commit and are silent", OWN, found.silence(FIRST_ROUND, OWN)),
        row("accounts reveal and do not answer", OWN, found.set_aside(FIRST_ROUND, OWN)),
        row("rows are refuted", 0, found.refuted()),
        row("rows are refuted", OWN, found.refuted(OWN)),
    ]
