"""The largest round a project can have: 32 trainers, selected and scored from one proof."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, replace

import numpy as np
import pytest
from web3 import Web3

from circuits.shape import DELTA_BOUND, FoldedShape
from market.chain.artifact import load_artifact
from market.chain.connection import Connection
from market.chain.deploy import deploy
from market.chain.refusal import Refusals
from market.contribution.claims import game_of
from market.game import Scoring, judge
from market.game.purse import MAX_SLOTS
from market.judging import rule_of
from market.specification.owner import MAX_ENTRIES
from market.vectors import salted
from tests.e2e.stage import ETHER, Delta, Proven, Stage
from zk.commit import commit

pytestmark = [pytest.mark.e2e, pytest.mark.proof]

SHAPE = FoldedShape(slots=MAX_SLOTS, features=4, classes=2)
BYZANTINE = (MAX_SLOTS - 3) // 2
LATTICE = 144_403_552_893_600  # lcm(1 ... 32)
TRANSACTION_GAS = 2**24  # EIP-7825


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    stage = Stage(tmp_path_factory.mktemp("stage"), SHAPE)
    yield stage
    stage.close()


@pytest.fixture(scope="module")
def deltas(stage: Stage) -> list[Delta]:
    """As many poisoned ones as multi-Krum tolerates lie far from the others, who agree."""
    generator = np.random.default_rng(5)
    common = generator.integers(500, 600, SHAPE.parameters)
    made = []
    for slot in range(MAX_SLOTS):
        noise = generator.integers(-40, 41, SHAPE.parameters)
        values = common + noise if slot >= BYZANTINE else -20 * common + 5 * noise
        vector = salted(values.tolist(), SHAPE.vector_length)
        made.append(replace(stage.delta(slot), vector=vector, point=commit(vector, stage.keys)))
    return made


@pytest.fixture(scope="module")
def proven(stage: Stage, deltas: list[Delta]) -> Proven:
    return stage.prove(stage.model, deltas)


@pytest.mark.parametrize("scoring", [Scoring.SHAPLEY, Scoring.LEAVE_ONE_OUT])
def test_a_full_round_settles_as_computed_off_chain_and_pays_no_poisoner(
    stage: Stage, deltas: list[Delta], proven: Proven, scoring: Scoring
) -> None:
    terms = replace(stage.another_project(), byzantine=BYZANTINE, scoring=int(scoring))
    id = stage.create(terms)
    stage.to_settlement(terms, 0, deltas)
    before = stage.owner.project(id)
    receipt = stage.aggregator.settle(terms, stage.settlement(proven))
    assert receipt["gasUsed"] < TRANSACTION_GAS

    (found,) = stage.owner.settled(id)
    verdict = judge(
        game_of(proven.claims, MAX_SLOTS),
        [int(trainer.address, 16) for trainer in stage.trainers],
        rule_of(terms, before),
    )
    assert verdict.selected == list(range(BYZANTINE, MAX_SLOTS))
    assert found.selected == verdict.mask
    assert list(found.scores) == verdict.scores
    assert list(found.payouts) == verdict.payouts
    assert not any(found.payouts[:BYZANTINE])
    assert found.utility_after == verdict.utility_after
    moved = [
        entry
        + LATTICE // len(verdict.selected) * sum(deltas[i].vector[place] for i in verdict.selected)
        for place, entry in enumerate(stage.model)
    ]
    assert stage.owner.project(id).model == commit(moved, stage.keys)
    credited = sum(
        actor.withdrawable(terms, actor.address)
        for actor in (stage.owner, stage.aggregator, *stage.trainers)
    )
    assert credited + stage.owner.locked(id) == (
        ETHER + MAX_SLOTS * terms.trainer_stake + terms.aggregator_stake
    )


def test_the_longest_delta_can_be_published_in_one_transaction(stage: Stage) -> None:
    artifact = load_artifact("Referee")
    connection = Connection(stage.devnet.url, stage.devnet.account(0), Refusals(artifact))
    contract = connection.web3.eth.contract(
        Web3.to_checksum_address(deploy(connection, artifact)), abi=artifact.abi
    )
    zero, tau = stage.terms.zero, stage.terms.tau
    scheme = ((zero.x, zero.y), astuple(tau), 16, MAX_ENTRIES)
    values = (DELTA_BOUND - 1).to_bytes(2, "big") * MAX_ENTRIES
    call = contract.functions.opens(scheme, (zero.x, zero.y), values, (zero.x, zero.y))
    used = call.estimate_gas({"gas": 2 * TRANSACTION_GAS})
    bookkeeping = 250_000  # of `answer` besides, by contracts/snapshots
    assert used + bookkeeping < TRANSACTION_GAS
