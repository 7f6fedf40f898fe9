"""A project's state for tests that look at a part of it."""

from __future__ import annotations

from market.chain.state import EVERYBODY, UNMEASURED, Audit, Draw, Phase, ProjectState
from market.specification.amounts import NOBODY
from zk.field import Point


def state_of(phase: Phase, aggregator: str = NOBODY, committed: int = 0) -> ProjectState:
    """Of three trainers, in the first opening of the first round, everybody drawn."""
    return ProjectState(
        phase=phase,
        round=0,
        retries=0,
        epoch=0,
        active=3,
        pending=3 - committed,
        committed=committed,
        revealed=0,
        claims=0,
        challenged=False,
        accused=0,
        deadline=10**10,
        earned=0,
        aggregator=aggregator,
        learning_rate=0,
        trainer_budget=100,
        fee_budget=0,
        stakes=0,
        bonded=0,
        budget=100,
        gain_paid=0,
        bonds=0,
        forfeited=0,
        owed=0,
        model=Point(0, 0),
        utility=0,
        initial_utility=0,
        best_utility=0,
        draw=Draw(bytes(32), 0, 0, EVERYBODY),
        audit=Audit(NOBODY, 0, False, 0, 0),
        measure=UNMEASURED,
    )
