"""What terms and state say to a verdict: every number in its place."""

from __future__ import annotations

import dataclasses

from market.chain.state import Audit, Draw, Phase, ProjectState
from market.game import Payment, Scoring, Selection, Step
from market.judging import PARTS, purse_of, rule_of
from market.specification.amounts import NOBODY
from tests.unit.test_terms import sample
from zk.field import Point


def state() -> ProjectState:
    """In which every number has a value of its own."""
    values: dict[str, object] = {
        field.name: 1000 + number for number, field in enumerate(dataclasses.fields(ProjectState))
    }
    values |= {"phase": Phase.SETTLE, "round": 2, "aggregator": NOBODY, "model": Point(1, 2)}
    values |= {"draw": Draw(bytes(32), 0, 0, 0), "audit": Audit(NOBODY, 0, False, 0, 0)}
    return ProjectState(**values)  # type: ignore[arg-type]


def test_a_rule_is_made_of_the_terms_and_the_money_so_far() -> None:
    terms = dataclasses.replace(
        sample(), evaluators=(), selection=1, scoring=2, step=1, payment=1, rows=100, outputs=10
    )
    now = state()
    rule = rule_of(terms, now)
    assert (rule.selection, rule.scoring) == (Selection.PROVEN_VALUE, Scoring.IN_RUN)
    assert (rule.step, rule.purse.payment) == (Step.EXACT, Payment.PER_GAIN)
    assert (rule.slots, rule.byzantine) == (terms.slots, terms.byzantine)
    yardstick = rule.yardstick
    assert (yardstick.rows, yardstick.outputs) == (100, 10)
    assert (yardstick.entries, yardstick.energy) == (terms.entries, terms.energy)
    purse = rule.purse
    assert purse == purse_of(terms, now)
    assert (purse.round, purse.rounds) == (2, terms.rounds)
    assert (purse.attendance_bps, purse.pot_cap_bps) == (terms.attendance_bps, terms.pot_cap_bps)
    assert (purse.budget, purse.left, purse.gain_paid) == (
        now.budget,
        now.trainer_budget,
        now.gain_paid,
    )
    assert (purse.initial_utility, purse.best_utility) == (now.initial_utility, now.best_utility)
    assert purse.expected_gain == terms.expected_gain


def test_a_measured_round_shares_a_pot_that_is_not_known_yet() -> None:
    terms = dataclasses.replace(
        sample(), evaluators=(NOBODY,), selection=1, scoring=2, step=2, payment=1, outputs=1
    )
    rule = rule_of(terms, state())
    assert rule.yardstick.entries == 0  # a root times itself owes nothing to rounding
    assert (rule.purse.budget, rule.purse.left) == (PARTS, PARTS)
    assert rule.purse.pot(-5, -4).pot == PARTS
    assert rule.purse.pot(-5, -5).pot == 0
