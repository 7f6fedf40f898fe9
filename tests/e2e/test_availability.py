"""Deltas that an aggregator says it cannot have: real commitments, opened on a real chain."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from market.chain.state import Phase
from market.errors import ContractError
from tests.e2e.stage import ETHER, Delta, Stage
from zk.field import Point
from zk.opening import pack, quotient, unpack

pytestmark = [pytest.mark.e2e, pytest.mark.proof]


def test_a_published_delta_settles_that_the_aggregator_was_wrong(
    stage: Stage, deltas: list[Delta]
) -> None:
    terms = replace(stage.another_project(), rounds=1)
    id = stage.create(terms)
    stage.to_settlement(terms, 0, deltas)
    with pytest.raises(ContractError, match="not the aggregator"):
        stage.trainers[0].challenge(terms, 0, 0b010)
    stage.aggregator.challenge(terms, 0, 0b010)
    assert stage.owner.project(id).phase is Phase.ANSWER

    accused, victim = deltas[1], stage.trainers[1]
    opening = quotient(accused.vector, accused.point, stage.keys)
    values = pack(accused.vector)
    changed = pack([accused.vector[0] + 1, *accused.vector[1:]])
    other = quotient(deltas[0].vector, deltas[0].point, stage.keys)
    for wrong, proof in (
        (changed, opening),
        (values[:-2], opening),
        (values, other),
        (values, Point(0, 0)),
        (pack(deltas[0].vector), other),
        (b"\x7f\xff" + values[2:], opening),
    ):
        with pytest.raises(ContractError, match="is not the delta committed to"):
            victim.answer(terms, 0, 1, wrong, proof)
    with pytest.raises(ContractError, match="challenged"):
        victim.answer(terms, 0, 0, values, opening)

    receipt = victim.answer(terms, 0, 1, values, opening)
    assert receipt["gasUsed"] < 500_000
    assert stage.owner.project(id).phase is Phase.SETTLE
    ((trainer, published),) = stage.owner.answered(id, 0)
    assert (trainer, unpack(published)) == (victim.address, accused.vector)
    left = stage.owner.aggregator_stake(id, stage.aggregator.address)
    assert left == terms.aggregator_stake - terms.challenge_bond
    with pytest.raises(ContractError, match="has been used"):
        stage.aggregator.challenge(terms, 0, 0b001)

    stage.aggregator.settle(terms, stage.settlement(stage.prove(stage.model, deltas)))
    found = stage.owner.settled(id)[0]
    place = found.trainers.index(victim.address)
    due = victim.withdrawable(terms, victim.address)
    assert due == found.payouts[place] + terms.trainer_stake + terms.challenge_bond
    actors = [stage.owner, stage.aggregator, *stage.trainers]
    total = sum(actor.withdrawable(terms, actor.address) for actor in actors)
    assert total == ETHER + terms.aggregator_stake + 3 * terms.trainer_stake


def test_who_does_not_answer_leaves_the_round_and_pays(stage: Stage) -> None:
    terms = replace(stage.another_project(), answer_seconds=8, max_retries=0)
    id = stage.create(terms)
    sent = [stage.delta(seed) for seed in range(10, 13)]
    stage.to_settlement(terms, 0, sent)
    stage.aggregator.challenge(terms, 0, 0b100)
    deadline = stage.owner.project(id).deadline
    while stage.owner.connection.now() <= deadline:
        time.sleep(0.2)
    stage.owner.advance(terms)

    # Two are too few to settle with, and there is no retry: they share what the third has lost.
    assert stage.owner.project(id).phase is Phase.CLAIM
    *honest, withholder = stage.trainers
    for slot, trainer in enumerate(honest):
        stage.claim(trainer, terms, 0, slot, sent[slot])
    deadline = stage.owner.project(id).deadline
    while stage.owner.connection.now() <= deadline:
        time.sleep(0.2)
    stage.owner.advance(terms)
    assert stage.owner.project(id).phase is Phase.ABORTED
    assert withholder.withdrawable(terms, withholder.address) == (
        terms.trainer_stake - terms.challenge_bond
    )
    harmed = (terms.challenge_bond - terms.bounty) // 2
    for trainer in honest:
        due = trainer.withdrawable(terms, trainer.address)
        assert due == terms.trainer_stake + harmed
    office = stage.aggregator.withdrawable(terms, stage.aggregator.address)
    assert office == terms.aggregator_stake + terms.bounty
    actors = [stage.owner, stage.aggregator, *stage.trainers]
    total = sum(actor.withdrawable(terms, actor.address) for actor in actors)
    assert total == ETHER + terms.aggregator_stake + 3 * terms.trainer_stake
