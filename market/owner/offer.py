"""What a project offers: its money before it begins, and the stakes that must cover it."""

from __future__ import annotations

from dataclasses import dataclass

from market.errors import InputError
from market.game import Purse
from market.specification.conditions import Conditions


@dataclass(frozen=True)
class Offer:
    """The money of a project before it begins.

    Args:
        purse: of its first round.
        fees: for the aggregators, in all.
        aggregator_stake: of each aggregator.
    """

    purse: Purse
    fees: int
    aggregator_stake: int


def offer_of(specification: Conditions, deposit: int, expected_gain: int) -> Offer:
    """The offer that a specification and a deposit make.

    Args:
        deposit: for trainers and fees, in the smallest unit.
        expected_gain: in units of the integer utility.

    Raises:
        InputError: aggregators could never have enough at stake to cover a round's largest pot,
            which the contract would refuse.
    """
    fees = specification.aggregator_fee * specification.rounds
    budget = deposit - fees
    purse = Purse.opening(
        payment=specification.payment,
        rounds=specification.rounds,
        attendance_bps=specification.attendance_bps,
        pot_cap_bps=specification.pot_cap_bps,
        budget=budget,
        expected_gain=expected_gain,
    )
    at_risk = purse.largest + specification.slots * specification.challenge_bond
    stake = specification.aggregator_stake
    if stake is None:
        stake = at_risk
    elif len(specification.aggregators) * stake < at_risk:
        show = specification.currency.show
        raise InputError(
            f"a round could pay {show(purse.largest)}, and with challenges aggregators risk "
            f"{show(at_risk)}: {len(specification.aggregators)} stakes of {show(stake)} do not "
            "cover that",
            "raise reward.aggregator_stake or leave it out, or lower reward.pot_cap_bps",
        )
    return Offer(purse, fees, stake)
