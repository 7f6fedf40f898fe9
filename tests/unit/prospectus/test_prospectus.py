"""Terms as sentences and tables: pure functions of terms and state."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.chain.logs import Created
from market.chain.state import Phase
from market.chain.terms import NEVER, Terms
from market.contribution.grid import Grid
from market.contribution.lowrank import STATS_BITS
from market.datasets.preprocessing import Scaling
from market.game import Payment, Purse, Scoring, Selection, Step
from market.prospectus.copies import MEASURED, measured_up_to
from market.prospectus.money import alike, endings_of, rounds_of
from market.prospectus.prospectus import SECTIONS, page, page_json
from market.prospectus.rules import rule_sentences
from market.prospectus.sections import Offered
from market.prospectus.spans import span
from market.specification.amounts import NATIVE, NOBODY
from market.specification.document import Document
from tests.documents import document
from tests.states import state_of
from zk.field import Point, TwistPoint

ETHER = 10**18
OWNER, OFFICE, ARBITER = (f"0x{letter * 40}" for letter in "ABC")
TERMS = Terms(
    owner=OWNER,
    token=NOBODY,
    aggregators=(OFFICE,),
    circuit=bytes(32),
    verifier_code_hash=bytes(32),
    zero=Point(1, 2),
    statistics=Point(1, 2),
    model=Point(1, 2),
    tau=TwistPoint(0, 0, 0, 0),
    logrows=15,
    entries=670,
    rows=270,
    outputs=10,
    energy=1000,
    rows_root=bytes(32),
    evaluators=(),
    evaluator_quorum=0,
    arbiters=(ARBITER,),
    arbiter_quorum=1,
    audit_bps=500,
    invited=bytes(32),
    participants=40,
    slots=10,
    quorum=3,
    byzantine=0,
    rounds=4,
    max_retries=2,
    selection=Selection.PROVEN_VALUE,
    scoring=Scoring.IN_RUN,
    step=Step.EXACT,
    payment=Payment.PER_GAIN,
    attendance_bps=500,
    pot_cap_bps=5000,
    decay_bps=5000,
    join_seconds=86_400,
    commit_seconds=3600,
    reveal_seconds=1800,
    settle_seconds=1800,
    answer_seconds=600,
    audit_seconds=7200,
    measure_seconds=0,
    contest_seconds=0,
    exit_seconds=20_000,
    learning_rate=2 * 10**7,
    aggregator_fee=10**15,
    trainer_stake=10**16,
    aggregator_stake=ETHER,
    challenge_bond=10**15,
    owner_bond=10**17,
    dispute_bond=10**16,
    bounty=0,
    minimum_gain=0,
    target_utility=NEVER,
    expected_gain=640,
    specification=bytes(32),
    nonce=0,
)
DOCUMENT = document(
    Scaling((0.0,) * 64, (1.0,) * 64),
    columns=tuple(f"pixel_{i}" for i in range(64)),
    slots=10,
)


def offered(terms: Terms = TERMS, document: Document | None = DOCUMENT, **state: Any) -> Offered:
    now = replace(
        state_of(Phase.JOINING),
        **{"budget": 2 * ETHER, "trainer_budget": 2 * ETHER, "active": 2, **state},
    )
    created = Created(b"\x07" * 32, terms, 2 * ETHER, "", "", 1)
    return Offered(created, now, document, NATIVE, (ARBITER,), {OFFICE: ETHER})


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (3720, "1 hour 2 minutes"),
        (86_400, "1 day"),
        (90_061, "1 day 1 hour"),
        (7_776_000, "90 days"),
    ],
)
def test_spans(seconds: int, said: str) -> None:
    assert span(seconds) == said


def test_the_page_says_what_a_trainer_asks() -> None:
    text = page(offered())
    for said in (
        "digits: a linear model from 64 features to 10 classes",
        "270 rows of the owner",
        "Columns: pixel_0, pixel_1",
        "and 52 more.",
        "Judged by 1 arbiter, whom you trust.",
        f"{ARBITER}  trusted",
        "by chance in 5 % of projects",
        "The budget is meant for a gain of 64.0 % of the squared targets.",
        "Rounds 0 to 3: 0.025000 ether for certain, at most 1.025000 ether",
        "100 % of the expected gain: 2.000000 ether for trainers, 0.000000 ether back to the owner",
        "0 % of the expected gain: 0.100000 ether for trainers, 1.900000 ether back to the owner",
        "as one of 40 equal trainers, if all is gained: 0.050000 ether",
        "A round takes 10 of up to 40: everybody in turn.",
        "A trainer stakes 0.010000 ether.",
        "1 of 1 decide, within 2 hours.",
        "at most 8 hours without retries, by 2286-11-21 01:46 UTC",
        "5 hours 33 minutes after leaving",
        "Joining takes 1 day",
        f"Aggregator: {OFFICE}, stands by, with 1.000000 ether at stake",
        "Anybody may join.",
        "8 names: 48 % (37 % with unlike data), for 0.080000 ether at stake",
    ):
        assert said in text, said
    assert "24 names" not in text


def test_invited_projects_need_no_table_of_copies() -> None:
    text = page(offered(replace(TERMS, invited=b"\x05" * 32)))
    assert "Only invited accounts may join: list 0x0505" in text
    assert "names:" not in text


def test_nobody_judges_and_no_specification() -> None:
    bare = replace(TERMS, arbiters=(), arbiter_quorum=0, audit_bps=0, owner_bond=0, dispute_bond=0)
    text = page(offered(bare, None))
    assert "The owner's word." in text
    assert "Nobody can check that the rows are real" in text
    assert "The specification cannot be had" in text
    assert page_json(offered(bare, None))["name"] is None


def test_a_closed_project_has_no_rounds_left() -> None:
    found = offered(replace(TERMS, payment=Payment.PER_ROUND), phase=Phase.DONE, round=4)
    assert page_json(found)["rounds"] == []
    assert "for certain" not in page(found)


@pytest.mark.parametrize("selection", list(Selection))
@pytest.mark.parametrize("scoring", list(Scoring))
@pytest.mark.parametrize("step", list(Step))
@pytest.mark.parametrize("payment", list(Payment))
def test_every_choice_has_its_sentences(
    selection: Selection, scoring: Scoring, step: Step, payment: Payment
) -> None:
    chosen = {"selection": selection, "scoring": scoring, "step": step, "payment": payment}
    said = rule_sentences(replace(TERMS, target_utility=900, **chosen))
    assert all(sentence.endswith(".") for sentence in said)
    assert any("90.0 %" in sentence for sentence in said)
    sure = scoring == Scoring.IN_RUN or (scoring == Scoring.LEAVE_ONE_OUT and step != Step.MEAN)
    assert any("standard error" in sentence and "Paid" in sentence for sentence in said) == sure


def test_json_carries_the_same_amounts() -> None:
    told = page_json(offered())
    assert told["rules"]["selection"] == "proven-value"
    assert told["expected_gain"] == 0.64
    assert told["rounds"][0] == {
        "round": 0,
        "certain_wei": str(25 * 10**15),
        "most_wei": str(ETHER + 25 * 10**15),
    }
    assert told["trusted_arbiters"] == [ARBITER]
    assert [title for title, _ in SECTIONS] == [
        line for line in page(offered()).split("\n") if line and not line.startswith(" ")
    ]


PURSES = st.builds(
    Purse,
    payment=st.sampled_from(list(Payment)),
    round=st.integers(0, 4),
    rounds=st.integers(5, 60),
    attendance_bps=st.integers(0, 10_000),
    pot_cap_bps=st.integers(1, 10_000),
    budget=st.integers(1, 2**90),
    left=st.integers(0, 2**90),
    gain_paid=st.just(0),
    initial_utility=st.just(0),
    best_utility=st.just(0),
    expected_gain=st.integers(1, 2**100),
)


@given(PURSES)
def test_nothing_is_certain_that_is_more_than_the_most(purse: Purse) -> None:
    rounds = rounds_of(purse)
    assert [each.number for each in rounds] == list(range(purse.round, purse.rounds))
    assert all(0 <= each.certain <= each.most for each in rounds)
    assert sum(last.number - first.number + 1 for first, last in alike(rounds)) == len(rounds)


@given(PURSES)
def test_trainers_and_owner_have_the_budget_between_them(purse: Purse) -> None:
    endings = endings_of(purse)
    assert [each.percent for each in endings] == [0, 25, 50, 75, 100]
    assert all(each.trainers + each.returned == purse.budget for each in endings)
    assert [each.trainers for each in endings] == sorted(each.trainers for each in endings)
    assert endings[-1].returned == 0


def test_copies_are_shown_up_to_the_places_of_a_round() -> None:
    assert measured_up_to(32) == MEASURED
    assert [case.copies for case in measured_up_to(8)] == [2, 4]
    assert measured_up_to(2) == ()


def measured_terms(**more: Any) -> Terms:
    unit = Grid(10, stats_bits=STATS_BITS, moves=Step.BOUNDED).utility_unit
    told = {
        "evaluators": (OWNER,),
        "evaluator_quorum": 1,
        "measure_seconds": 600,
        "contest_seconds": 60,
        "step": Step.BOUNDED,
        "energy": unit // 2,
        "expected_gain": unit * 3 // 2,
    }
    return replace(TERMS, **{**told, **more})


def test_a_network_is_called_what_it_is_whether_its_specification_can_be_had() -> None:
    text = page(offered(measured_terms(), document=None))
    for said in (
        "the owner alone measures its loss on 270 rows of the owner",
        f"{OWNER}  evaluator",
        "The gain that pays you is attested",
        "a gain of 1.5 in the loss",
        "no further than the mean of those that surely gain",
        "10 minutes to measure, 1 minute to contest",
    ):
        assert said in text
    alone = measured_terms(arbiters=(), arbiter_quorum=0, audit_bps=0, owner_bond=0, dispute_bond=0)
    assert "it is the evaluators' word" in page(offered(alone, document=None))
    told = page_json(offered(measured_terms(), document=None))
    assert (told["evaluators"], told["expected_gain"]) == ([OWNER], 1.5)
