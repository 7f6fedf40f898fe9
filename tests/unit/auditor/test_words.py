"""Paragraphs of known rounds, word for word."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from market.auditor.arithmetic import Arithmetic
from market.auditor.entries import Booked
from market.auditor.explanation import Explanation, GivenUp, Outcome
from market.auditor.words import loss, number, ordinal, paragraph, percent
from market.chain.logs import SettledRound
from market.contribution.statistics import RoundGame
from market.game import Payment, Purse, Rule, Scoring, Selection, Step, Verdict, Yardstick
from market.game.purse import WORTH_UNITS, Pot
from market.specification.amounts import NATIVE
from zk.field import Point

ETHER = 10**18
UNIT = 10**6
"""Of utility, so that a loss is half a millionth of a number below."""
TRAINERS = tuple(f"0x{i:040x}" for i in range(1, 6))

PURSE = Purse(
    payment=Payment.PER_ROUND,
    round=1,
    rounds=4,
    attendance_bps=500,
    pot_cap_bps=3000,
    budget=4 * ETHER,
    left=3 * ETHER,
    gain_paid=0,
    initial_utility=0,
    best_utility=0,
    expected_gain=10**6,
)
RULE = Rule(
    5, Scoring.IN_RUN, Selection.PROVEN_VALUE, Step.EXACT, 0, Yardstick(100, 1, 4, 0), PURSE
)


def rule(scoring: Scoring = Scoring.IN_RUN, **purse: Any) -> Rule:
    step = Step.MEAN if scoring == Scoring.SHAPLEY else Step.EXACT
    return replace(RULE, scoring=scoring, step=step, purse=replace(PURSE, **purse))


def game(squares: list[int], b: list[int] | None = None) -> RoundGame:
    """Deltas at right angles, with curvature 1."""
    n = len(squares)
    K = [[square if i == j else 0 for j in range(n)] for i, square in enumerate(squares)]
    return RoundGame(K, K, b or [1000] * n, 0)


def round_of(
    slot: int,
    scores: list[int],
    errors: list[int],
    shares: list[int],
    attendance: int = 0,
    chosen: Rule = RULE,
    worth: int = 0,
    **changes: Any,
) -> Arithmetic:
    """A round of five with this outcome; its pot is one ether."""
    gain = sum(scores)
    wei = changes.pop("pot", ETHER)
    pot = Pot(attendance, wei, wei, worth, gain, False)
    selected = changes.pop("selected", [0, 1, 2, 3, 4])
    payouts = tuple(share + attendance // 5 for share in shares)
    verdict = Verdict(
        selected=selected,
        weights=[1 if i in selected else 0 for i in range(5)],
        scores=scores,
        denominator=1,
        deviations=errors,
        payouts=list(payouts),
        gain_paid=0,
        earned=changes.pop("earned", [0] * 5),
        utility_before=0,
        utility_after=gain,
        best_utility=gain,
        exhausted=False,
    )
    found = SettledRound(
        1, "0xA", TRAINERS, verdict.mask, tuple(verdict.weights), tuple(scores), 1, payouts,
        0, gain, Point(1, 2), "cid", "0x", (1, 1), 0,
    )  # fmt: skip
    booked = Booked(found, chosen.purse, pot, tuple(shares), 0, verdict)
    return Arithmetic(chosen, booked, changes.pop("game", game([100] * 5)), verdict, slot)


def said(outcome: Outcome, arithmetic: Arithmetic | None = None, **fields: Any) -> str:
    payout = fields.pop("payout", 0)
    given = Explanation(1, TRAINERS[0], outcome, payout, "0x", arithmetic=arithmetic, **fields)
    return paragraph(given, NATIVE, UNIT)


SCORES = [26_400, 25_600, 24_600, 3_000, 2_400]
ERRORS = [2_200] * 5
SHARES = [330 * ETHER // 1000, 320 * ETHER // 1000, 310 * ETHER // 1000, 30 * ETHER // 1000,
          10 * ETHER // 1000]  # fmt: skip


def test_paid_by_score() -> None:
    squares = [100, 100, 196, 100, 100]
    arithmetic = round_of(2, SCORES, ERRORS, SHARES, game=game(squares))
    assert said(Outcome.PAID, arithmetic) == (
        "31 % of the round's pot: third of five. It lowered the validation loss by 0.0123 of the "
        "round's 0.0410; equal trainers would differ by about 0.0011 by chance. Its delta was 1.4 "
        "times the reference length and was shortened to it."
    )


def test_paid_by_gain_with_attendance_and_what_others_forfeited() -> None:
    chosen = rule(payment=Payment.PER_GAIN)
    earned = [WORTH_UNITS // 50] * 5
    arithmetic = round_of(
        0, SCORES, ERRORS, SHARES, attendance=ETHER // 20, chosen=chosen, earned=earned
    )
    assert said(Outcome.PAID, arithmetic, compensation=ETHER // 4) == (
        "33 % of the round's pot: first of five. It lowered the validation loss by 0.0132 of the "
        "round's 0.0410; equal trainers would differ by about 0.0011 by chance. Attendance added "
        "0.010000 ether, as to all five whose part is likely. About 0.076000 ether of its part of "
        "the gain, which one pot could not hold, are owed until the end. Beside that it had "
        "0.250000 ether of what others forfeited."
    )


def test_a_score_within_chance_is_not_paid() -> None:
    arithmetic = round_of(4, [*SCORES[:4], 800], ERRORS, [*SHARES[:4], 0])
    assert said(Outcome.NO_CONTRIBUTION, arithmetic) == (
        "Nothing of a pot of 1.000000 ether. It lowered the validation loss by 0.0004 of the "
        "round's 0.0402; equal trainers would differ by about 0.0011 by chance. Only what is "
        "above that is paid."
    )


def test_a_delta_that_made_the_model_worse() -> None:
    arithmetic = round_of(4, [*SCORES[:4], -800], ERRORS, [*SHARES[:4], 0])
    assert "It raised the validation loss by 0.0004 of the round's 0.0394" in said(
        Outcome.NO_CONTRIBUTION, arithmetic
    )


def test_zero_and_a_model_that_does_not_move() -> None:
    zero = round_of(4, [*SCORES[:4], 0], ERRORS, [*SHARES[:4], 0], game=game([100] * 4 + [0]))
    assert said(Outcome.ZERO_DELTA, zero) == (
        "Nothing of a pot of 1.000000 ether. Its delta was zero, which adds nothing."
    )
    uphill = game([100] * 5, [-1] * 5)
    still = round_of(0, [0] * 5, [0] * 5, [0] * 5, attendance=ETHER, game=uphill)
    assert said(Outcome.ATTENDANCE, still) == (
        "Nothing of a pot of 1.000000 ether. The model did not move: no step along the deltas "
        "improves it. Attendance added 0.200000 ether, as to all five in the round."
    )


def test_left_out_by_its_value() -> None:
    """A standard error of its value is 2 isqrt(250,000 * 100 // 100)."""
    yardstick = Yardstick(rows=100, outputs=1, entries=4, energy=250_000)
    chosen = replace(RULE, yardstick=yardstick)
    measured = game([100] * 5, [10**6] * 4 + [-4_000])
    arithmetic = round_of(
        4, [*SCORES[:4], 0], ERRORS, [*SHARES[:4], 0], chosen=chosen, selected=[0, 1, 2, 3],
        game=measured,
    )  # fmt: skip
    [departure] = arithmetic.departures
    assert departure.error == 2 * 500
    assert departure.value < -8_000
    below = f"{-departure.value / 1000:.1f}"
    assert said(Outcome.DROPPED, arithmetic) == (
        f"Nothing: its delta was left out. Its value lay {below} standard errors below zero, and "
        "beyond 3 it is not chance that it made the model worse."
    )


def test_an_outlier() -> None:
    chosen = replace(RULE, selection=Selection.MULTI_KRUM, byzantine=1)
    arithmetic = round_of(
        4, [*SCORES[:4], 0], ERRORS, [*SHARES[:4], 0], chosen=chosen, selected=[0, 1, 2, 3],
        game=game([100, 100, 100, 100, 400]),
    )  # fmt: skip
    # Two nearest peers: 200 each for the others, 500 each for it.
    assert said(Outcome.OUTLIER, arithmetic) == (
        "Nothing: its delta was left out. Its squared distance from its peers is 2.5 times the "
        "median, and beyond 1.5 the furthest are left out."
    )


def test_what_waits_for_the_end() -> None:
    chosen = rule(payment=Payment.PER_GAIN)
    arithmetic = round_of(
        0, [2_000] * 5, ERRORS, [0] * 5, chosen=chosen, earned=[WORTH_UNITS // 10] * 5
    )
    assert said(Outcome.WAITING, arithmetic) == (
        "Nothing yet of a pot of 1.000000 ether: too little is sure of whose the gain is. "
        "It lowered the validation loss by 0.0010 of the round's 0.0050; equal trainers would "
        "differ by about 0.0011 by chance. About 0.380000 ether of its part of the gain are owed "
        "until the end."
    )


@pytest.mark.parametrize(
    ("scoring", "sentence"),
    [
        (Scoring.SHAPLEY, "It lowered the validation loss by 0.0132 of the round's 0.0410."),
        (
            Scoring.LEAVE_ONE_OUT,
            "Without it the round's gain would have been smaller by 0.0132, of 0.0410 by which "
            "the validation loss fell.",
        ),
    ],
)
def test_scores_without_an_error(scoring: Scoring, sentence: str) -> None:
    arithmetic = round_of(0, SCORES, [0] * 5, SHARES, chosen=rule(scoring))
    assert said(Outcome.PAID, arithmetic) == (f"33 % of the round's pot: first of five. {sentence}")


def test_who_has_no_reveal_in_the_round() -> None:
    absent = [
        Outcome.SET_ASIDE, Outcome.SURPLUS, Outcome.NOT_REVEALED, Outcome.NOT_COMMITTED,
        Outcome.NOT_DRAWN, Outcome.SILENT, Outcome.EXPELLED, Outcome.LEFT, Outcome.STANDBY,
    ]  # fmt: skip
    for outcome in absent:
        assert said(outcome).startswith("Nothing: ")
    assert said(Outcome.NOT_REVEALED, slashed=ETHER // 10) == (
        "Nothing: it committed to a delta and did not reveal it. Anybody may have it expelled for "
        "that. It lost 0.100000 ether of its stake."
    )
    assert said(Outcome.FEE, payout=ETHER // 50) == (
        "It settled the round, for a fee of 0.020000 ether."
    )


def test_a_round_that_was_given_up() -> None:
    lost = GivenUp("no aggregator settled it in time", ETHER, 4, closed=True)
    assert said(Outcome.SHARED, given_up=lost, payout=lost.part) == (
        "The round was given up: no aggregator settled it in time. 1.000000 ether were forfeited, "
        "in equal parts to the four whose reveals were opened. Its part is 0.250000 ether."
    )
    assert said(Outcome.NOTHING_SHARED, given_up=lost).endswith("Its own is not among them.")
    nobody = replace(lost, claimants=0, forfeited=0)
    assert said(Outcome.NOTHING_SHARED, given_up=nobody).endswith(
        "Nobody opened a reveal, and what was forfeited went to the owner."
    )
    still = replace(lost, claimants=0, closed=False)
    assert said(Outcome.NOTHING_SHARED, given_up=still).endswith(
        "1.000000 ether are forfeited so far, for those whose reveals are opened in time: nobody "
        "until now. Its own is not among them."
    )


def test_numbers_for_people() -> None:
    assert [ordinal(place) for place in (1, 3, 10, 11, 12, 21, 22, 32)] == [
        "first", "third", "tenth", "11th", "12th", "21st", "22nd", "32nd",
    ]  # fmt: skip
    assert [number(count) for count in (0, 1, 12, 13)] == ["nobody", "one", "twelve", "13"]
    assert [percent(Fraction(x, 1000)) for x in (310, 1000, 4, 10)] == [
        "31 %",
        "100 %",
        "0.4 %",
        "1 %",
    ]
    assert [loss(Fraction(x, 10**6)) for x in (12_300, 500, 12)] == ["0.0123", "0.0005", "1.2e-05"]
