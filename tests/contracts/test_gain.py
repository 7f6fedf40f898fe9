"""Pay that follows the gain: its books to the end, and what is owed then."""

from __future__ import annotations

import pytest

from market.auditor.explain import ChainData, explain_data
from market.auditor.explanation import Outcome
from market.auditor.words import paragraph
from market.chain.state import Phase
from market.game import Payment
from market.judging import purse_of
from market.specification.amounts import NATIVE
from tests.contracts.books import failed_claims, ledger_of
from tests.contracts.chain import ETHER, Chain
from tests.contracts.rounds import (
    ENTRIES,
    Delta,
    Open,
    moved,
    open_round,
    reveal_all,
    settle,
    towards_target,
)

GAIN = {
    "payment": Payment.PER_GAIN,
    "expected_gain": 10**9,
    "pot_cap_bps": 3000,
    "rounds": 3,
}


def play(open_: Open, model: list[int], deltas: list[Delta]) -> list[int]:
    """A settled round, and the model after it. The purse in the books is the contract's."""
    booked = ledger_of(open_).purse(open_.owner.project(open_.id).round)
    assert booked == purse_of(open_.terms, open_.owner.project(open_.id))
    reveal_all(open_, deltas)
    settle(open_, deltas, model)
    return moved(open_, model, deltas)


def test_what_the_pots_left_is_owed_and_shared_by_what_each_has_earned(chain: Chain) -> None:
    open_ = open_round(chain, trainers=3, **GAIN)
    market, id = open_.owner, open_.id
    model = play(open_, [0] * ENTRIES, towards_target(3))
    assert failed_claims(open_) == []
    first = market.settled(id)[0]
    cap = market.project(id).budget * 3000 // 10_000
    assert cap - 3 <= market.project(id).gain_paid <= cap

    # Away from it: nothing is gained, and nobody has a pot.
    model = play(
        open_, model, [Delta.of(9, -1, -1, 1), Delta.of(8, -1, 0, 1), Delta.of(7, 0, 0, 1)]
    )
    data = ChainData.read(market, id)
    nothing = explain_data(data, 1, open_.trainers[0].address)
    assert nothing.agrees, nothing.differences
    assert nothing.arithmetic is not None
    assert nothing.arithmetic.booked.pot.pot == 0
    assert "The round had no pot: the model is no better" in paragraph(nothing, NATIVE, 1)

    play(open_, model, towards_target(3, 2))
    assert market.project(id).phase is Phase.DONE
    assert market.project(id).owed > 0
    books = ledger_of(open_)
    assert books.closing is not None
    assert books.closing.due[1] == market.project(id).owed
    assert all(books.earned[trainer] > 0 for trainer in first.trainers)
    assert failed_claims(open_) == []

    data = ChainData.read(market, id)
    for trainer in open_.trainers:
        given = explain_data(data, 0, trainer.address)
        assert given.agrees, given.differences
        assert "which one pot could not hold, are owed until the end" in paragraph(given, NATIVE, 1)
    market.withdraw_for(open_.terms, [open_.trainers[1].address])
    assert failed_claims(open_) == []
    market.withdraw_for(open_.terms, [each.address for each in open_.trainers])
    assert market.project(id).owed == 0
    assert failed_claims(open_) == []


@pytest.mark.parametrize("payment", Payment)
def test_where_nothing_is_sure_of_anybody_what_is_likely_is_owed(
    chain: Chain, payment: Payment
) -> None:
    """One row says next to nothing. By gain it waits for the end."""
    changes = {"rows": 1, "payment": payment, "rounds": 1, "aggregator_stake": 2 * ETHER}
    open_ = open_round(chain, trainers=3, **{**GAIN, **changes})
    market, id = open_.owner, open_.id
    play(open_, [0] * ENTRIES, towards_target(3))
    assert market.project(id).phase is Phase.DONE
    [found] = market.settled(id)
    given = explain_data(ChainData.read(market, id), 0, open_.trainers[0].address)
    assert given.agrees, given.differences
    waits = payment is Payment.PER_GAIN
    assert given.outcome is (Outcome.WAITING if waits else Outcome.PAID)
    assert (market.project(id).owed > 0) == waits
    text = paragraph(given, NATIVE, 1)
    assert ("are owed until the end" in text) == waits
    assert min(found.payouts) > 0, "they attended"
    market.withdraw_for(open_.terms, [each.address for each in open_.trainers])
    assert failed_claims(open_) == []
