"""Explanations of payouts that the compiled contract made, on an EVM inside the test process."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from market.auditor.arithmetic import utility_unit
from market.auditor.explain import ChainData, explain, explain_data
from market.auditor.explanation import Explanation, Outcome
from market.auditor.words import paragraph
from market.chain.market import Market
from market.chain.state import Phase
from market.cli.explain import render, to_json
from market.errors import NotFoundError
from market.game import Payment, Scoring, Selection, Step
from market.specification.amounts import NATIVE
from tests.contracts.books import failed_claims
from tests.contracts.chain import ETHER, Chain
from tests.contracts.rounds import (
    Delta,
    Open,
    commit_all,
    open_round,
    reveal_all,
    settle,
    towards_target,
)

BACKWARDS = (-80, -60, 50)


def why(open_: Open, index: int, round_number: int = 0) -> Explanation:
    return explain(open_.owner, open_.id, round_number, open_.trainers[index].address)


def of_everybody(open_: Open) -> list[Explanation]:
    """Of all trainers in round 0."""
    data = ChainData.read(open_.owner, open_.id)
    return [explain_data(data, 0, each.address) for each in open_.trainers]


def words(open_: Open, found: Explanation) -> str:
    return paragraph(found, NATIVE, utility_unit(open_.terms))


def test_every_payout_of_a_settled_round_is_recomputed(open_: Open) -> None:
    deltas = [*towards_target(2), Delta.of(3, 0, 0, 0), Delta.of(4, *BACKWARDS)]
    open_.trainers[1].fund(open_.terms, 10**17)
    reveal_all(open_, deltas)
    settle(open_, deltas)
    [found] = open_.owner.settled(open_.id)
    deposited = ETHER - 4 * open_.terms.aggregator_fee
    explained = of_everybody(open_)
    for index, (given, payout) in enumerate(zip(explained, found.payouts, strict=True)):
        assert given.agrees, given.differences
        assert (given.payout, given.transaction) == (payout, found.transaction)
        arithmetic = given.arithmetic
        assert arithmetic is not None
        assert arithmetic.rule.purse.largest == (deposited + 10**17) // 4
        assert arithmetic.pot_share + arithmetic.attendance_share == payout
        assert (
            sum(n * m for n, m in zip(deltas[index].vector[:3], deltas[0].vector, strict=False))
            == (arithmetic.game.K[index][0])
        )
    outcomes = [given.outcome for given in explained]
    assert outcomes == [Outcome.PAID, Outcome.PAID, Outcome.ZERO_DELTA, Outcome.DROPPED]
    fee = explain(open_.owner, open_.id, 0, open_.aggregators[0].address)
    assert (fee.outcome, fee.payout) == (Outcome.FEE, open_.terms.aggregator_fee)
    standby = explain(open_.owner, open_.id, 0, open_.aggregators[1].address)
    assert standby.outcome is Outcome.STANDBY
    assert failed_claims(open_) == []


def test_the_explanation_is_shown_to_people_and_to_programs(open_: Open) -> None:
    deltas = towards_target(4)
    reveal_all(open_, deltas)
    settle(open_, deltas)
    [found] = open_.owner.settled(open_.id)
    given, unit = why(open_, 0), utility_unit(open_.terms)
    text = "\n".join(render(given, NATIVE, unit))
    assert found.transaction in text
    assert f"{found.payouts[0]:,}" in text
    assert "recomputation from the chain agrees" in text
    assert "its in-run Shapley value" in text
    assert text.index("of the round's pot") < text.index("proven")
    value = json.loads(json.dumps(to_json(given, NATIVE, unit)))
    assert value["agrees"] is True
    assert value["words"] == words(open_, given)
    shares = value["shares"]
    paid = int(shares["pot_share_wei"]) + int(shares["attendance_share_wei"])
    assert paid == int(value["payout_wei"]) == found.payouts[0]


@pytest.mark.parametrize(
    ("scoring", "step", "selection", "payment"),
    [
        (Scoring.SHAPLEY, Step.MEAN, Selection.MULTI_KRUM, Payment.PER_GAIN),
        (Scoring.LEAVE_ONE_OUT, Step.MEAN, Selection.PROVEN_VALUE, Payment.PER_ROUND),
        (Scoring.LEAVE_ONE_OUT, Step.EXACT, Selection.PROVEN_VALUE, Payment.PER_GAIN),
        (Scoring.IN_RUN, Step.MEAN, Selection.MULTI_KRUM, Payment.PER_ROUND),
    ],
)
def test_every_rule_is_recomputed(
    chain: Chain, scoring: Scoring, step: Step, selection: Selection, payment: Payment
) -> None:
    """Five trainers, one of them far out."""
    open_ = open_round(
        chain,
        trainers=5,
        slots=5,
        byzantine=1,
        rows=1000,
        scoring=scoring,
        step=step,
        selection=selection,
        payment=payment,
        expected_gain=10**9,
        pot_cap_bps=5000,
        aggregator_stake=6 * 10**17,
    )
    deltas = [*towards_target(4), Delta.of(9, *(5 * entry for entry in BACKWARDS))]
    reveal_all(open_, deltas)
    settle(open_, deltas)
    [found] = open_.owner.settled(open_.id)
    assert sum(found.payouts) > 0
    assert found.selected == 0b01111
    explained = of_everybody(open_)
    for index, (given, payout) in enumerate(zip(explained, found.payouts, strict=True)):
        assert given.agrees, given.differences
        assert given.payout == payout
        assert scoring.title in "\n".join(render(given, NATIVE, 1)) or index == 4
    left_out = Outcome.OUTLIER if selection == Selection.MULTI_KRUM else Outcome.DROPPED
    assert explained[4].outcome is left_out
    assert "left out" in words(open_, explained[4])
    assert failed_claims(open_) == []


def test_a_report_that_the_proof_does_not_bear_out_is_shown(open_: Open) -> None:
    deltas = towards_target(4)
    reveal_all(open_, deltas)
    settle(open_, deltas)
    market, id = open_.owner, open_.id
    [found] = market.settled(id)
    data = ChainData.read(market, id)
    honest = data.settlement_of(found.transaction)
    claims = list(honest.claims)
    claims[16] += 10**6  # <c, D_1>, after the 15 of the triangle of Z H Z' and <c, w>
    for changed in (tuple(claims), honest.claims[:-1]):
        forged = replace(honest, claims=changed)
        given = explain_data(
            replace(data, settlement_of=lambda _, forged=forged: forged),
            0,
            open_.trainers[0].address,
        )
        assert not given.agrees
        assert given.payout == found.payouts[0]
        assert "DISAGREES" in "\n".join(render(given, NATIVE, 1))


def test_why_somebody_was_not_paid(open_: Open) -> None:
    """In turn: nothing committed, nothing revealed, silent before, expelled."""
    market, id, terms = open_.owner, open_.id, open_.terms
    deltas: list[Delta | None] = [*towards_target(3), None]
    commit_all(open_, deltas)
    open_.chain.pass_deadline(market, id)
    market.advance(terms)
    reveal_all(open_, deltas, commits=False)
    settle(open_, [each for each in deltas if each])
    assert why(open_, 3).outcome is Outcome.NOT_COMMITTED
    assert (why(open_, 3).payout, why(open_, 3).slashed) == (0, 0)

    second = [Delta.of(5), Delta.of(6), Delta.of(7), Delta.of(8)]
    commit_all(open_, second)
    reveal_all(open_, [*second[:3], None], commits=False)
    open_.chain.pass_deadline(market, id)
    market.advance(terms)
    settle(open_, second[:3])
    silent = why(open_, 3, 1)
    assert silent.outcome is Outcome.NOT_REVEALED
    assert silent.transaction != market.settled(id)[1].transaction
    assert silent.slashed == 0
    with pytest.raises(NotFoundError, match="not settled yet"):
        why(open_, 3, 2)
    assert failed_claims(open_) == []

    third = [Delta.of(9), Delta.of(10), Delta.of(11), None]
    commit_all(open_, third)
    open_.chain.pass_deadline(market, id)
    market.advance(terms)
    reveal_all(open_, third, commits=False)
    settle(open_, [each for each in third if each])
    assert why(open_, 3, 2).outcome is Outcome.SILENT
    open_.trainers[0].expel(terms, [open_.trainers[3].address])
    assert why(open_, 3, 1).slashed == terms.trainer_stake
    assert "It lost 0.001000 ether of its stake." in words(open_, why(open_, 3, 1))

    fourth = [Delta.of(12), Delta.of(13), Delta.of(14), None]
    reveal_all(open_, fourth)
    settle(open_, [each for each in fourth if each])
    assert why(open_, 3, 3).outcome is Outcome.EXPELLED
    assert market.project(id).phase is Phase.DONE
    assert failed_claims(open_) == []


def test_set_aside_and_succession(open_: Open) -> None:
    """What both lost is given to whom the settlement selects."""
    market, id, terms = open_.owner, open_.id, open_.terms
    deltas = towards_target(4)
    reveal_all(open_, deltas)
    open_.aggregators[0].challenge(terms, 0, 0b1000)
    for _ in range(2):  # nobody answers, and then nobody settles
        open_.chain.pass_deadline(market, id)
        open_.trainers[0].advance(terms)
    settle(open_, deltas[:3], office=1)
    aside = why(open_, 3)
    assert aside.outcome is Outcome.SET_ASIDE
    assert aside.slashed == terms.challenge_bond
    assert aside.transaction == market.set_aside(id)[0].transaction
    assert explain(market, id, 0, open_.aggregators[1].address).outcome is Outcome.FEE
    given = why(open_, 0)
    assert given.agrees, given.differences
    lost = terms.challenge_bond + terms.aggregator_stake - 2 * terms.bounty
    assert given.compensation == lost // 3
    assert "of what others forfeited" in words(open_, given)
    silent = explain(market, id, 0, open_.aggregators[0].address)
    assert silent.slashed == terms.aggregator_stake
    assert failed_claims(open_) == []


def give_up(open_: Open, deltas: list[Delta], advance_by: Market) -> None:
    """Neither aggregator settles, and the round is lost."""
    reveal_all(open_, deltas)
    for _ in range(2):
        open_.chain.pass_deadline(open_.owner, open_.id)
        advance_by.advance(open_.terms)
    assert open_.owner.project(open_.id).phase is Phase.CLAIM


def test_of_a_round_that_is_given_up_those_share_who_open_their_reveals(open_: Open) -> None:
    market, id, terms = open_.owner, open_.id, open_.terms
    deltas = towards_target(4)
    give_up(open_, deltas, open_.owner)
    assert why(open_, 0).outcome is Outcome.NOTHING_SHARED
    for slot in (0, 2):
        open_.trainers[3].claim(terms, 0, slot, deltas[slot].packed, deltas[slot].quotient)
    forfeited = 2 * (terms.aggregator_stake - terms.bounty)
    open_now = why(open_, 2)
    assert (open_now.outcome, open_now.payout) == (Outcome.SHARED, 0)
    assert "two until now. Its own is among them." in words(open_, open_now)
    open_.chain.pass_deadline(market, id)
    market.advance(terms)
    assert market.project(id).phase is Phase.ABORTED
    for _ in range(2):  # before and after they withdraw it
        for index, given in enumerate(of_everybody(open_)):
            assert given.agrees, given.differences
            assert given.payout == (forfeited // 2 if index in (0, 2) else 0)
            assert given.given_up is not None
            assert (given.given_up.forfeited, given.given_up.claimants) == (forfeited, 2)
            assert "The round was given up: no aggregator settled it in time." in words(
                open_, given
            )
        assert failed_claims(open_) == []
        market.withdraw_for(terms, [each.address for each in open_.trainers])
    nobody = explain(market, id, 0, open_.aggregators[0].address)
    assert nobody.outcome is Outcome.NOTHING_SHARED
    assert nobody.slashed == terms.aggregator_stake
    assert market.refund(id) == ETHER, "the owner pays nothing for it"


def test_where_nobody_opens_a_reveal_what_was_forfeited_is_the_owners(open_: Open) -> None:
    give_up(open_, towards_target(4), open_.owner)
    open_.chain.pass_deadline(open_.owner, open_.id)
    open_.owner.advance(open_.terms)
    given = why(open_, 0)
    assert (given.outcome, given.payout) == (Outcome.NOTHING_SHARED, 0)
    assert "went to the owner" in words(open_, given)
    assert open_.owner.refund(open_.id) > ETHER
    assert failed_claims(open_) == []


def test_who_and_what_is_unknown(open_: Open) -> None:
    with pytest.raises(NotFoundError, match="never took part"):
        explain(open_.owner, open_.id, 0, open_.owner.address)
    with pytest.raises(NotFoundError, match="was not opened"):
        why(open_, 0, 3)
