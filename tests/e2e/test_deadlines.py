"""Deadlines on a real node with a real clock, where nobody else sends transactions."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from market.chain.state import Phase
from market.errors import ContractError
from market.waiting import advance_if_due
from tests.e2e.stage import ETHER, Stage

pytestmark = [pytest.mark.e2e, pytest.mark.proof]


@pytest.fixture
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    stage = Stage(tmp_path_factory.mktemp("stage"))
    yield stage
    stage.close()


def test_a_quiet_chain_is_moved_on_by_anyone_and_every_wei_comes_back(stage: Stage) -> None:
    terms = replace(
        stage.terms, commit_seconds=2, reveal_seconds=2, answer_seconds=8, max_retries=0
    )
    id = stage.create(terms)
    silent, *honest = stage.trainers
    deltas = [stage.delta(seed) for seed in range(3)]
    for trainer, delta in zip(stage.trainers, deltas, strict=True):
        stage.commit(trainer, terms, 0, delta)
    for trainer, delta in zip(honest, deltas[1:], strict=True):
        stage.reveal(trainer, terms, 0, delta)
    state = stage.owner.project(id)
    assert state.phase is Phase.REVEAL

    def progress(event: str, **fields: object) -> None:
        events.append((event, fields))

    events: list[tuple[str, dict[str, object]]] = []
    assert not advance_if_due(stage.owner, terms, state, progress, patience=60)
    while stage.owner.connection.now() <= state.deadline:
        time.sleep(0.2)
    time.sleep(1.1)  # no block is mined meanwhile
    assert advance_if_due(honest[0], terms, state, progress)
    assert events == [("advanced", {"phase": "reveal", "round": 0})]

    # Too few revealed and there is no retry: who shows its delta shares the silent one's stake.
    assert stage.owner.project(id).phase is Phase.CLAIM
    honest[0].expel(terms, [silent.address])
    for slot, (trainer, delta) in enumerate(zip(honest, deltas[1:], strict=True)):
        stage.claim(trainer, terms, 0, slot, delta)
    with pytest.raises(ContractError, match="opened already"):
        stage.claim(honest[0], terms, 0, 0, deltas[1])
    wait_past(stage, stage.owner.project(id).deadline)
    honest[1].advance(terms)
    assert stage.owner.project(id).phase is Phase.ABORTED
    assert stage.owner.sums(id, "Slashed") == {silent.address: terms.trainer_stake}
    assert silent.withdrawable(terms, silent.address) == 0
    actors = [stage.owner, stage.aggregator, *honest]
    due = [actor.withdrawable(terms, actor.address) for actor in actors]
    shared = (terms.trainer_stake - terms.bounty) // 2
    assert due[2:] == [
        terms.trainer_stake + shared + terms.bounty,
        terms.trainer_stake + shared,
    ]
    assert due[0] == ETHER
    assert sum(due) == ETHER + 3 * terms.trainer_stake + terms.aggregator_stake
    for actor in actors:
        actor.withdraw(terms)
    assert stage.owner.locked(id) == 0
    with pytest.raises(ContractError, match="nothing to withdraw"):
        silent.withdraw(terms)


def wait_past(stage: Stage, deadline: int) -> None:
    while stage.owner.connection.now() <= deadline:
        time.sleep(0.2)


def test_a_silent_aggregator_pays_those_who_show_what_they_sent(stage: Stage) -> None:
    """More than the round could have, and not out of the owner's money."""
    terms = replace(stage.terms, settle_seconds=2, answer_seconds=10)
    id = stage.create(terms)
    deltas = [stage.delta(seed) for seed in range(3)]
    stage.to_settlement(terms, 0, deltas)
    deadline = stage.owner.project(id).deadline
    with pytest.raises(ContractError, match="has not passed"):
        stage.trainers[0].advance(terms)
    wait_past(stage, deadline)
    stage.owner.advance(terms)

    assert stage.owner.project(id).phase is Phase.CLAIM
    # Anybody may open what it knows; the third trainer does not come forward.
    for slot in range(2):
        stage.claim(stage.standby, terms, 0, slot, deltas[slot])
    wait_past(stage, stage.owner.project(id).deadline)
    stage.owner.advance(terms)
    each = (terms.aggregator_stake - terms.bounty) // 2
    assert 2 * each >= (ETHER - 2 * terms.aggregator_fee) // 2
    due = [trainer.withdrawable(terms, trainer.address) for trainer in stage.trainers]
    assert due == [
        each + terms.trainer_stake,
        each + terms.trainer_stake,
        terms.trainer_stake,
    ]
    assert stage.aggregator.withdrawable(terms, stage.aggregator.address) == 0
    assert stage.owner.withdrawable(terms, stage.owner.address) == ETHER + terms.bounty


def test_another_aggregator_succeeds_a_silent_one_and_has_the_fee(stage: Stage) -> None:
    deltas = [stage.delta(seed) for seed in range(3)]
    settlement = stage.settlement(stage.prove(stage.model, deltas))
    terms = replace(stage.terms, settle_seconds=10, rounds=1)
    id = stage.create(terms)
    stage.standby.bond(terms)
    stage.to_settlement(terms, 0, deltas)
    with pytest.raises(ContractError, match="not the aggregator"):
        stage.standby.settle(terms, settlement)
    wait_past(stage, stage.owner.project(id).deadline)
    stage.trainers[0].advance(terms)

    assert stage.owner.project(id).aggregator == stage.standby.address
    with pytest.raises(ContractError, match="not the aggregator"):
        stage.aggregator.settle(terms, settlement)
    stage.standby.settle(terms, settlement)
    assert stage.owner.project(id).phase is Phase.DONE
    due = stage.standby.withdrawable(terms, stage.standby.address)
    assert due == terms.aggregator_fee + terms.aggregator_stake
    assert stage.aggregator.withdrawable(terms, stage.aggregator.address) == 0
    actors = [stage.owner, stage.standby, *stage.trainers]
    total = sum(actor.withdrawable(terms, actor.address) for actor in actors)
    assert total == ETHER + 2 * terms.aggregator_stake + 3 * terms.trainer_stake
