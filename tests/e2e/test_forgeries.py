"""What the market must reject, each sent as a real transaction against real proofs.

Thousands of forged claims and proofs are in `test_corpus`; these show what the market does then.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from web3 import Web3

from circuits.shape import DELTA_BOUND
from market.chain.logs import Settlement
from market.chain.market import Market
from market.chain.state import Phase
from market.contribution.claims import claim_count, game_of
from market.errors import ContractError, NotFoundError, ProofError
from market.game import judge
from market.judging import rule_of
from market.vectors import salted
from tests.e2e.stage import CID, ETHER, Delta, Proven, Stage
from zk.commit import commit
from zk.field import R
from zk.prove import verify

pytestmark = [pytest.mark.e2e, pytest.mark.proof]


@pytest.fixture(scope="module")
def proof(stage: Stage, deltas: list[Delta]) -> Proven:
    return stage.prove(stage.model, deltas)


@pytest.fixture(scope="module")
def revealed(stage: Stage, deltas: list[Delta]) -> None:
    """The project in its first settlement phase, where every test starts from."""
    stage.create()
    stage.to_settlement(stage.terms, 0, deltas)


@pytest.fixture
def ready(stage: Stage, revealed: None) -> Iterator[Stage]:  # noqa: ARG001
    mark = stage.devnet.snapshot()
    yield stage
    stage.devnet.revert(mark)


def refuse(stage: Stage, settlement: Settlement, message: str) -> None:
    """The client is told why, the real transaction reverts, and nothing has changed."""
    id = stage.owner.id_of(stage.terms)
    before = stage.owner.project(id)
    with pytest.raises(ContractError, match=message):
        stage.aggregator.settle(stage.terms, settlement)
    call = stage.aggregator._contract.functions.settle(stage.terms.to_abi(), *settlement.arguments)
    assert stage.send_anyway(stage.aggregator, call) == 0
    assert stage.owner.project(id) == before


def test_the_honest_settlement_pays_as_computed_off_chain(ready: Stage, proof: Proven) -> None:
    id = ready.owner.id_of(ready.terms)
    before = ready.owner.project(id)
    ready.aggregator.settle(ready.terms, ready.settlement(proof))
    found = ready.owner.settled(id)[0]
    verdict = judge(
        game_of(proof.claims, 3),
        [int(trainer.address, 16) for trainer in ready.trainers],
        rule_of(ready.terms, before),
    )
    assert found.selected == verdict.mask
    assert list(found.scores) == verdict.scores
    assert list(found.payouts) == verdict.payouts
    assert sum(found.scores) == found.denominator * (found.utility_after - found.utility_before)
    assert found.utility_after == verdict.utility_after


def test_a_proof_about_other_deltas(ready: Stage, deltas: list[Delta]) -> None:
    forged = ready.prove(ready.model, [deltas[0], deltas[1], ready.delta(99)])
    refuse(ready, ready.settlement(forged), "verifier rejected")


def test_swapped_commitments(ready: Stage, deltas: list[Delta]) -> None:
    swapped = ready.prove(ready.model, [deltas[1], deltas[0], deltas[2]])
    assert verify(swapped.proof, ready.keys)
    refuse(ready, ready.settlement(swapped), "verifier rejected")


@pytest.mark.parametrize("index", [0, 10, claim_count(3) - 1], ids=["P", "q", "K"])
def test_a_changed_claim(ready: Stage, proof: Proven, index: int) -> None:
    settlement = ready.settlement(proof)
    changed = list(settlement.claims)
    changed[index] = (changed[index] + 1) % R
    refuse(ready, replace(settlement, claims=tuple(changed)), "verifier rejected")


def test_a_claim_at_or_above_the_modulus(ready: Stage, proof: Proven) -> None:
    settlement = ready.settlement(proof)
    for value in (R, settlement.claims[0] + R):
        wrapped = (value, *settlement.claims[1:])
        refuse(ready, replace(settlement, claims=wrapped), "not below the field's order")


def test_a_huge_claim(ready: Stage, proof: Proven) -> None:
    settlement = ready.settlement(proof)
    huge = (R // 2, *settlement.claims[1:])
    refuse(ready, replace(settlement, claims=huge), "verifier rejected")


def test_missing_and_additional_claims(ready: Stage, proof: Proven) -> None:
    settlement = ready.settlement(proof)
    for claims in (settlement.claims[:-1], (*settlement.claims, 0)):
        refuse(ready, replace(settlement, claims=claims), "claims were sent")


def test_damaged_proofs(ready: Stage, proof: Proven) -> None:
    settlement = ready.settlement(proof)
    folded = settlement.folded
    honest = folded.rest
    for position in (0, len(honest) // 2, len(honest) - 1):
        damaged = bytearray(honest)
        damaged[position] ^= 1
        other = replace(folded, rest=bytes(damaged))
        refuse(ready, replace(settlement, folded=other), "verifier rejected")
    for sized in (honest[:-32], honest[32:], b"", honest + bytes(32)):
        other = replace(folded, rest=sized)
        refuse(ready, replace(settlement, folded=other), "verifier rejected")
    for other in (
        replace(folded, entries=folded.curved),
        replace(folded, curved=folded.entries),
        replace(folded, entries=ready.terms.zero),
        replace(folded, curved=ready.terms.zero),
    ):
        refuse(ready, replace(settlement, folded=other), "verifier rejected")


def test_a_replayed_proof_of_the_round_before(ready: Stage, proof: Proven) -> None:
    ready.aggregator.settle(ready.terms, ready.settlement(proof))
    fresh = [ready.delta(seed) for seed in range(10, 13)]
    ready.to_settlement(ready.terms, 1, fresh)
    refuse(ready, ready.settlement(proof), "verifier rejected")


def test_a_proof_from_another_project(ready: Stage, proof: Proven) -> None:
    other = replace(
        ready.another_project(),
        model=commit(salted([1] * 8, ready.keys.shape.vector_length), ready.keys),
    )
    ready.create(other)
    ready.to_settlement(other, 0, [ready.delta(seed) for seed in range(20, 23)])
    with pytest.raises(ContractError, match="verifier rejected"):
        ready.aggregator.settle(other, ready.settlement(proof))


@pytest.mark.parametrize("code", [bytes(32), bytes([1] * 32), Web3.keccak(b"")])
def test_a_verifier_that_is_not_the_registered_one(
    ready: Stage, proof: Proven, code: bytes
) -> None:
    terms = replace(ready.another_project(), verifier_code_hash=bytes(code))
    with pytest.raises(ContractError, match="no verifier"):
        ready.owner.create(terms, CID, CID, ETHER)
    changed = replace(ready.terms, verifier_code_hash=bytes(code))
    with pytest.raises(ContractError, match="no project"):
        ready.aggregator.settle(changed, ready.settlement(proof))


def test_settling_by_a_stranger(ready: Stage, proof: Proven) -> None:
    with pytest.raises(ContractError, match="not the aggregator"):
        ready.trainers[0].settle(ready.terms, ready.settlement(proof))


def test_a_reveal_that_does_not_match(ready: Stage) -> None:
    stage = ready
    terms = stage.another_project()
    stage.create(terms)
    mine, other = stage.delta(30), stage.delta(31)
    for trainer, delta in zip(
        stage.trainers, (mine, stage.delta(32), stage.delta(33)), strict=True
    ):
        stage.commit(trainer, terms, 0, delta)
    cheater: Market = stage.trainers[0]
    for forged in (other, replace(mine, cid=other.cid), replace(mine, salt=other.salt)):
        with pytest.raises(ContractError, match="was committed"):
            stage.reveal(cheater, terms, 0, forged)


def test_a_copied_point(ready: Stage) -> None:
    stage = ready
    terms = stage.another_project()
    stage.create(terms)
    victim, own = stage.delta(40), stage.delta(41)
    # Told before the reveals by an accomplice: otherwise it could not even commit to the copy.
    copied = replace(victim, cid=own.cid)
    for trainer, delta in zip(stage.trainers, (victim, copied, own), strict=True):
        stage.commit(trainer, terms, 0, delta)
    stage.reveal(stage.trainers[0], terms, 0, victim)
    with pytest.raises(ContractError, match=f"revealed by {stage.trainers[0].address} first"):
        stage.reveal(stage.trainers[1], terms, 0, copied)


def test_the_unsalted_zero_delta(ready: Stage) -> None:
    stage = ready
    terms = stage.another_project()
    stage.create(terms)
    zero = replace(stage.delta(50), point=terms.zero)
    for trainer, delta in zip(
        stage.trainers, (zero, stage.delta(51), stage.delta(52)), strict=True
    ):
        stage.commit(trainer, terms, 0, delta)
    with pytest.raises(ContractError, match="not an acceptable commitment"):
        stage.reveal(stage.trainers[0], terms, 0, zero)


@pytest.mark.parametrize("entry", [2**15, -DELTA_BOUND - 1, R // 2])
def test_entries_out_of_range_cannot_be_proven(
    stage: Stage, deltas: list[Delta], entry: int
) -> None:
    vector = [entry, *deltas[0].vector[1:]]
    forged = replace(deltas[0], vector=vector, point=commit(vector, stage.keys))
    assert not proves(stage, [forged, *deltas[1:]])
    assert proves(stage, deltas)


def proves(stage: Stage, deltas: list[Delta]) -> bool:
    """Whether a proof comes about, and verifies: the engine makes some that do not."""
    try:
        return verify(stage.prove(stage.model, deltas).proof, stage.keys)
    except ProofError:
        return False


def test_every_wei_is_accounted_for_to_the_end(
    ready: Stage, proof: Proven, deltas: list[Delta]
) -> None:
    id, terms = ready.owner.id_of(ready.terms), ready.terms
    ready.aggregator.settle(terms, ready.settlement(proof))
    model = moved(ready.model, deltas)
    fresh = [ready.delta(seed) for seed in range(60, 63)]
    ready.to_settlement(terms, 1, fresh)
    ready.aggregator.settle(terms, ready.settlement(ready.prove(model, fresh)))

    assert ready.owner.project(id).phase is Phase.DONE
    assert commit(moved(model, fresh), ready.keys) == ready.owner.project(id).model
    actors = [ready.owner, ready.aggregator, *ready.trainers]
    due = {actor.address: actor.withdrawable(terms, actor.address) for actor in actors}
    stakes = 3 * terms.trainer_stake + terms.aggregator_stake
    assert sum(due.values()) == ETHER + stakes
    for actor in actors:
        if due[actor.address]:
            actor.withdraw(terms)
    assert ready.owner.locked(id) == 0
    assert sum(ready.owner.sums(id, "Withdrawn").values()) == ETHER + stakes
    with pytest.raises(ContractError, match="nothing to withdraw"):
        ready.aggregator.withdraw(terms)
    with pytest.raises(NotFoundError):
        ready.owner.project(bytes(32))


def moved(model: list[int], deltas: list[Delta]) -> list[int]:
    """The model after the mean of three deltas, on the lattice of lcm(1, 2, 3) = 6."""
    return [entry + 2 * sum(d.vector[i] for d in deltas) for i, entry in enumerate(model)]
