"""The rules and the money of a round: what terms and the state of a project say to `judge`."""

from __future__ import annotations

from market.chain.state import ProjectState
from market.chain.terms import Terms
from market.contribution.grid import Step
from market.game import Payment, Purse, Rule, Scoring, Selection, Yardstick

PARTS = 1 << 22
"""Units of a pot in which a measured round's parts wait for its pay."""
SHARING = Purse(
    payment=Payment.PER_GAIN,
    round=0,
    rounds=1,
    attendance_bps=0,
    pot_cap_bps=10_000,
    budget=PARTS,
    left=PARTS,
    gain_paid=0,
    initial_utility=0,
    best_utility=0,
    expected_gain=1,
)
"""Of which any gain is worth all: what a measured round is judged with, as the contract does."""


def rule_of(terms: Terms, state: ProjectState) -> Rule:
    """What the round that is open is judged by.

    Args:
        state: before the settlement.
    """
    return rule_with(terms, SHARING if terms.is_measured else purse_of(terms, state))


def purse_of(terms: Terms, state: ProjectState) -> Purse:
    """The money of the round that is open."""
    return Purse(
        payment=Payment(terms.payment),
        round=state.round,
        rounds=terms.rounds,
        attendance_bps=terms.attendance_bps,
        pot_cap_bps=terms.pot_cap_bps,
        budget=state.budget,
        left=state.trainer_budget,
        gain_paid=state.gain_paid,
        initial_utility=state.initial_utility,
        best_utility=state.best_utility,
        expected_gain=terms.expected_gain,
    )


def rule_with(terms: Terms, purse: Purse) -> Rule:
    """The same with money that is known from elsewhere, as from the events."""
    # A curvature that was measured is a root times itself, and owes no negative square to rounding.
    entries = 0 if terms.is_measured else terms.entries
    return Rule(
        slots=terms.slots,
        scoring=Scoring(terms.scoring),
        selection=Selection(terms.selection),
        step=Step(terms.step),
        byzantine=terms.byzantine,
        yardstick=Yardstick(terms.rows, terms.outputs, entries, terms.energy),
        purse=purse,
    )
