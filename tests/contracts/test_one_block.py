"""An audit compares books with balances while others go on: both are of one block."""

from __future__ import annotations

from market.auditor.ledger import Ledger
from market.auditor.money import money_claims
from market.chain.market import Market
from tests.contracts.rounds import Open, reveal_all, settle, towards_target


def failures(books: Market, balances: Market, id: bytes) -> list[str]:
    ledger = Ledger.replay(books.created(id), books.history(id))
    return [claim.text for claim in money_claims(balances, ledger) if not claim.holds]


def test_who_withdraws_during_an_audit_raises_no_alarm(open_: Open) -> None:
    deltas = towards_target(4)
    reveal_all(open_, deltas)
    settle(open_, deltas)
    frozen = open_.owner.at_newest_block()
    trainer = open_.trainers[0]
    trainer.withdraw(open_.terms)
    open_.trainers[1].fund(open_.terms, 10**17)

    assert failures(frozen, frozen, open_.id) == []
    assert failures(open_.owner, open_.owner, open_.id) == []
    assert failures(frozen, open_.owner, open_.id), "the withdrawal changes nothing"
    assert frozen.funded(open_.id) == 0
    assert frozen.credit(open_.id, trainer.address) > 0
    assert open_.owner.credit(open_.id, trainer.address) == 0
