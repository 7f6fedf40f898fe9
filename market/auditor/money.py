"""The claims about a project's money: the books of its events against what the contract holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple

from market.auditor.claim import Claim, claim
from market.auditor.ledger import Ledger
from market.chain.market import Market


def money_claims(market: Market, ledger: Ledger) -> Iterator[Claim]:
    """Conservation to the wei, for the project and for each account in it."""
    yield from _project_claims(market, ledger)
    yield from _round_claims(ledger)
    yield from _closing_claims(ledger)


def _project_claims(market: Market, ledger: Ledger) -> Iterator[Claim]:
    id, accounts = ledger.created.id, ledger.accounts
    state = market.project(id)
    credits = {account: market.credit(id, account) for account in accounts}
    trainers = {account: market.trainer(id, account) for account in accounts}
    offices = {account: market.aggregator_stake(id, account) for account in accounts}
    stakes = {account: trainers[account].stake + offices[account] for account in accounts}
    withdrawn = sum(account.withdrawn for account in accounts.values())
    yield claim(
        "money",
        "deposit + bonds + funds + stakes = locked + credited + withdrawn",
        market.locked(id) + sum(credits.values()) + withdrawn,
        ledger.came,
    )
    yield claim(
        "money",
        "budget, fees, bonds, what is forfeited and what is owed are what the events leave",
        (state.trainer_budget, state.fee_budget, state.bonds, state.forfeited, state.owed),
        astuple(ledger.pools),
    )
    yield claim("money", "the stakes add up", state.stakes, sum(stakes.values()))
    yield claim(
        "money", "those of the aggregators among them too", state.bonded, sum(offices.values())
    )
    yield claim(
        "money",
        "what was ever meant for trainers, and what of it was paid for the gain",
        (state.budget, state.gain_paid),
        (ledger.budget, ledger.gain_paid),
    )
    for account, booked in accounts.items():
        yield claim(
            "money",
            f"{account} has what its credits, stakes and penalties leave",
            credits[account] + stakes[account],
            booked.held,
        )
        yield claim(
            "money",
            f"{account} lost no more than it had staked",
            booked.slashed <= booked.staked,
        )
        yield claim(
            "money",
            f"{account} has earned of the gain what its payouts are worth",
            trainers[account].earned,
            ledger.earned.get(account, 0),
        )


def _round_claims(ledger: Ledger) -> Iterator[Claim]:
    for booked in ledger.rounds:
        subject = f"round {booked.found.round}"
        yield claim(
            subject,
            "its fee is the aggregator's who settled it, and the terms name it",
            booked.found.aggregator in ledger.created.terms.aggregators,
        )
        yield claim(
            subject,
            "what was forfeited went to the selected, in equal parts",
            booked.compensation,
            booked.compensation_due,
        )


def _closing_claims(ledger: Ledger) -> Iterator[Claim]:
    closing = ledger.closing
    if closing is None:
        return
    yield claim(
        "closing",
        "refund, what is still owed for the gain, and what is left to those who claimed",
        closing.reported,
        closing.due,
    )
    for share in ledger.shares:
        yield claim(
            "closing",
            f"{share.trainer} had its part of it",
            share.reported,
            share.gain + share.claim,
        )
