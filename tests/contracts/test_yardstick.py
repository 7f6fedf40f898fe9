"""The audit of the yardstick: disputes, chance, votes, silence, and where the bonds go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from market.auditor.explain import explain
from market.auditor.explanation import Outcome
from market.auditor.words import paragraph
from market.chain.market import Market
from market.chain.state import Phase
from market.specification.amounts import NATIVE
from tests.contracts.books import failed_claims, failed_conduct
from tests.contracts.chain import Chain
from tests.contracts.rounds import Delta, Open, open_round, reveal_all, settle, towards_target

OWNER_BOND, DISPUTE_BOND = 10**17 + 1, 10**16 + 1


@dataclass(frozen=True)
class Judged:
    """A project whose yardstick three arbiters can judge, all trainers joined."""

    open: Open
    arbiters: Sequence[Market]
    deltas: list[Delta]

    @classmethod
    def of(cls, chain: Chain, **changes: Any) -> Judged:
        arbiters = [chain.market() for _ in range(3)]
        open_ = open_round(
            chain,
            trainers=3,
            arbiters=tuple(each.address for each in arbiters),
            arbiter_quorum=2,
            owner_bond=OWNER_BOND,
            dispute_bond=DISPUTE_BOND,
            **changes,
        )
        return cls(open_, arbiters, towards_target(3))

    def credit(self, market: Market) -> int:
        return market.credit(self.open.id, market.address)

    @property
    def phase(self) -> Phase:
        return self.open.owner.project(self.open.id).phase


def test_refuted_the_whole_budget_goes_to_those_who_open_their_reveals(chain: Chain) -> None:
    judged = Judged.of(chain)
    open_, disputer = judged.open, chain.market()
    disputer.dispute(open_.terms)
    reveal_all(open_, judged.deltas)
    assert judged.phase is Phase.AUDIT
    judged.arbiters[0].vote(open_.terms, True)
    for arbiter in judged.arbiters[1:]:
        arbiter.vote(open_.terms, False)
    assert judged.phase is Phase.CLAIM
    budget = open_.owner.project(open_.id).budget
    assert judged.credit(disputer) == DISPUTE_BOND + OWNER_BOND // 2
    assert [judged.credit(each) for each in judged.arbiters] == [
        0,
        OWNER_BOND // 4,
        OWNER_BOND // 4,
    ]
    assert failed_claims(open_) == []
    delta = judged.deltas[1]
    open_.trainers[1].claim(open_.terms, 0, 1, delta.packed, delta.quotient)
    open_.chain.pass_deadline(open_.owner, open_.id)
    open_.owner.advance(open_.terms)
    given = explain(open_.owner, open_.id, 0, open_.trainers[1].address)
    assert given.outcome is Outcome.SHARED
    assert budget <= given.payout <= budget + 2, "and what did not divide"
    assert "its yardstick was refuted" in paragraph(given, NATIVE, 1)
    assert failed_claims(open_) == []
    open_.trainers[1].withdraw(open_.terms)
    assert failed_claims(open_) == []
    _deviations(judged)


def _deviations(judged: Judged) -> None:
    """What of such a history is told otherwise is found."""
    history = judged.open.owner.history(judged.open.id)
    names = [log.name for log in history]

    def changed(name: str, **args: object) -> list[str]:
        place = names.index(name)
        log = replace(history[place], args={**history[place].args, **args})
        altered = [*history[:place], log, *history[place + 1 :]]
        return failed_conduct(judged.open, altered)

    without = [log for log in history if log.name != "Disputed"]
    undue = failed_conduct(judged.open, without)
    stranger, first = judged.open.owner.address, judged.arbiters[0].address
    for failed, text in (
        (undue, "judged first where somebody disputed it"),
        (changed("Voted", arbiter=stranger), "is named, and judged once"),
        (changed("Voted", arbiter=judged.arbiters[1].address), "is named, and judged once"),
        (changed("Audited", holds=True), "by a quorum, or refuted by silence"),
        (changed("Credited", account=first), "the bonds went to whom"),
        (changed("Claimed", epoch=7), "opened a reveal that stood in it"),
        (changed("Claimed", values=judged.deltas[0].packed), "is the committed one"),
    ):
        assert any(text in each for each in failed), text


def test_confirmed_who_asked_for_it_pays_the_arbiters(chain: Chain) -> None:
    """Drawn by chance, the owner does."""
    judged = Judged.of(chain, audit_bps=10_000)
    open_ = judged.open
    reveal_all(open_, judged.deltas)
    assert judged.phase is Phase.AUDIT
    for arbiter in judged.arbiters[:2]:
        arbiter.vote(open_.terms, True)
    assert [judged.credit(each) for each in judged.arbiters] == [DISPUTE_BOND // 2] * 2 + [0]
    assert failed_claims(open_) == []
    settle(open_, judged.deltas)
    assert open_.owner.project(open_.id).bonds == OWNER_BOND - 2 * (DISPUTE_BOND // 2)
    assert failed_claims(open_) == []


@pytest.mark.parametrize("disputed", [True, False])
def test_silence_of_the_arbiters_refutes(chain: Chain, disputed: bool) -> None:
    judged = Judged.of(chain, audit_bps=10_000)
    open_, disputer = judged.open, chain.market()
    if disputed:
        disputer.dispute(open_.terms)
    reveal_all(open_, judged.deltas)
    open_.chain.pass_deadline(open_.owner, open_.id)
    open_.owner.advance(open_.terms)
    assert judged.phase is Phase.CLAIM
    assert judged.credit(disputer) == (DISPUTE_BOND + OWNER_BOND if disputed else 0)
    assert failed_claims(open_) == []


def test_a_dispute_that_is_never_judged_returns_its_bond(chain: Chain) -> None:
    judged = Judged.of(chain, max_retries=0)
    open_, disputer = judged.open, chain.market()
    disputer.dispute(open_.terms)
    open_.chain.pass_deadline(open_.owner, open_.id)
    open_.owner.advance(open_.terms)
    assert judged.phase is Phase.ABORTED
    assert judged.credit(disputer) == DISPUTE_BOND
    assert failed_claims(open_) == []
