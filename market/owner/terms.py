"""The terms of a project: what its owner decides, and what follows from rows, model and circuit."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from market.chain.market import Market
from market.chain.terms import NEVER, Terms
from market.chain.verifier import verifier_artifact, verifier_code_hash
from market.contribution.grid import Grid, Step
from market.game import Scoring, Selection
from market.invitations import root_of
from market.owner.offer import Offer
from market.specification.conditions import Conditions
from zk.commit import zero_point
from zk.field import Point
from zk.keys import Keys
from zk.opening import tau


@dataclass(frozen=True)
class Particulars:
    """What of the terms depends on what is trained.

    Args:
        statistics: commitment of the yardstick that stands in the terms.
        model: commitment of the vector that the first round moves.
        rows: of the validation data.
        outputs: that a standard error averages over.
        energy: mean square of a row's targets, in units of the utility.
        rows_root: of the validation rows; zeros where nobody judges them.
        learning_rate: of the first round.
        specification: digest of the document.
        evaluators: accounts that measure models; none for a linear project.
        evaluator_quorum: of them that must say the same.
        measure_seconds, contest_seconds: windows of a measurement.
    """

    statistics: Point
    model: Point
    rows: int
    outputs: int
    energy: int
    rows_root: bytes
    learning_rate: float
    specification: bytes
    evaluators: tuple[str, ...] = ()
    evaluator_quorum: int = 0
    measure_seconds: int = 0
    contest_seconds: int = 0


def terms_of(
    market: Market,
    specification: Conditions,
    offer: Offer,
    keys: Keys,
    grid: Grid,
    particulars: Particulars,
) -> Terms:
    """Under a nonce of their own.

    Args:
        market: of the owner.
        offer: what specification and deposit make.
        keys: of the circuit.
        grid: whose units utilities are in.
    """
    return Terms(
        owner=market.address,
        token=specification.token,
        aggregators=specification.aggregators,
        circuit=keys.identity,
        verifier_code_hash=verifier_code_hash(verifier_artifact(keys)),
        zero=zero_point(keys),
        statistics=particulars.statistics,
        model=particulars.model,
        tau=tau(keys.srs),
        logrows=keys.logrows,
        entries=keys.shape.vector_length,
        rows=particulars.rows,
        outputs=particulars.outputs,
        energy=particulars.energy,
        rows_root=particulars.rows_root,
        evaluators=particulars.evaluators,
        evaluator_quorum=particulars.evaluator_quorum,
        arbiters=specification.arbiters,
        arbiter_quorum=specification.arbiter_quorum,
        audit_bps=specification.audit_bps,
        invited=root_of(specification.invited) if specification.invited else bytes(32),
        participants=specification.participants,
        slots=specification.slots,
        quorum=specification.quorum,
        byzantine=specification.byzantine,
        rounds=specification.rounds,
        max_retries=specification.max_retries,
        selection=Selection.of(specification.methods.defence),
        scoring=Scoring.of(specification.methods.contribution),
        step=Step.of(specification.methods.step),
        payment=specification.payment,
        attendance_bps=specification.attendance_bps,
        pot_cap_bps=specification.pot_cap_bps,
        decay_bps=specification.decay_bps,
        join_seconds=specification.join_seconds,
        commit_seconds=specification.commit_seconds,
        reveal_seconds=specification.reveal_seconds,
        settle_seconds=specification.settle_seconds,
        answer_seconds=specification.answer_seconds,
        audit_seconds=specification.audit_seconds,
        measure_seconds=particulars.measure_seconds,
        contest_seconds=particulars.contest_seconds,
        exit_seconds=specification.exit_seconds,
        learning_rate=round(particulars.learning_rate * 10**9),
        aggregator_fee=specification.aggregator_fee,
        trainer_stake=specification.trainer_stake,
        aggregator_stake=offer.aggregator_stake,
        challenge_bond=specification.challenge_bond,
        owner_bond=specification.owner_bond,
        dispute_bond=specification.dispute_bond,
        bounty=specification.bounty,
        minimum_gain=int(specification.minimum_gain * grid.utility_unit),
        target_utility=NEVER
        if specification.target_utility is None
        else int(specification.target_utility * grid.utility_unit),
        expected_gain=offer.purse.expected_gain,
        specification=particulars.specification,
        nonce=secrets.randbits(64),
    )
