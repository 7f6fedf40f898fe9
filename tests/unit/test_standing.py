"""What `market status` says of an opening, a judgement, and what was forfeited."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from market.chain.state import EVERYBODY, Audit, Draw, Phase, ProjectState
from market.cli.standing import exceptional, judgement
from market.specification.amounts import NATIVE, NOBODY
from tests.states import state_of

TERMS: Any = SimpleNamespace(quorum=3, arbiters=("a", "b", "c"), arbiter_quorum=2)
WHO = "0x" + 40 * "d"


def said(state: ProjectState) -> list[str]:
    return list(exceptional(state, TERMS, NATIVE))


def test_an_opening_says_who_may_commit_and_how_many_are_missing() -> None:
    state = state_of(Phase.COMMIT, committed=1)
    assert said(state) == ["round     0: 1 committed, 3 needed, all may"]
    turns = replace(state, active=4, retries=1, draw=Draw(bytes(32), 7, 0, EVERYBODY // 4))
    assert said(turns) == [
        "round     0, opening 2: 1 committed, 3 needed, about 25% of 4 trainers may"
    ]
    revealing = replace(state, phase=Phase.REVEAL, committed=3, revealed=2)
    assert said(revealing) == ["round     0: 2 of 3 committed have revealed"]


@pytest.mark.parametrize(
    ("audit", "phase", "outcome", "line"),
    [
        (Audit(NOBODY, 0, False, 0, 0), Phase.SETTLE, None, None),
        (Audit(WHO, 0, False, 0, 0), Phase.JOINING, None, "before the first settlement"),
        (Audit(WHO, 0, False, 1, 1), Phase.AUDIT, None, "1 of 3 arbiters confirm"),
        (Audit(NOBODY, 1, False, 0, 0), Phase.AUDIT, None, "audit     by chance"),
        (Audit(WHO, 0, True, 0b101, 0b010), Phase.SETTLE, "confirmed", "have confirmed the"),
        (Audit(NOBODY, 1, True, 0, 0b011), Phase.CLAIM, "refuted", "have refuted the"),
        (Audit(WHO, 0, True, 1, 1), Phase.ABORTED, "refuted", "have refuted the"),
        (Audit(WHO, 0, False, 0, 0), Phase.CANCELLED, None, "nobody was asked"),
    ],
)
def test_what_became_of_a_dispute(
    audit: Audit, phase: Phase, outcome: str | None, line: str | None
) -> None:
    state = replace(state_of(phase), audit=audit)
    assert judgement(state, TERMS) == outcome
    lines = [each for each in said(state) if each.startswith(("dispute", "audit"))]
    assert (line in lines[0]) if line is not None else not lines


def test_what_is_forfeited_says_whose_it_is() -> None:
    some = replace(state_of(Phase.CLAIM), forfeited=10**18, claims=2)
    assert said(some) == [
        "claim     1.000000 ether for those who open their deltas, 2 so far",
    ]
    assert "by those who opened" in said(replace(some, phase=Phase.ABORTED))[0]
    assert "who do the work" in said(replace(some, phase=Phase.SETTLE))[0]
