"""The rules and the money of a round: what terms and the state of a project say to `judge`."""

from __future__ import annotations

from market.chain.state import ProjectState
from market.chain.terms import Terms
from market.contribution.grid import Step
from market.game import Payment, Purse, Rule, Scoring, Selection, Yardstick


def rule_of(terms: Terms, state: ProjectState) -> Rule:
    """What the round that is open is judged by.

    Args:
        state: before the settlement.
    """
    return rule_with(terms, purse_of(terms, state))


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
    return Rule(
        slots=terms.slots,
        scoring=Scoring(terms.scoring),
        selection=Selection(terms.selection),
        step=Step(terms.step),
        byzantine=terms.byzantine,
        yardstick=Yardstick(terms.rows, terms.outputs, terms.entries, terms.energy),
        purse=purse,
    )
