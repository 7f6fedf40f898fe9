"""More participants than slots: what an audit and an explanation say of draws and surplus."""

from __future__ import annotations

from dataclasses import replace

import pytest

from market.auditor.explain import ChainData, explain_data
from market.auditor.explanation import Outcome
from market.auditor.words import paragraph
from market.chain.state import EVERYBODY, Phase
from market.specification.amounts import NATIVE, NOBODY
from tests.contracts.books import failed_claims, failed_conduct
from tests.contracts.chain import Chain
from tests.contracts.rounds import (
    Delta,
    Open,
    commit_all,
    open_round,
    reveal_all,
    settle,
    towards_target,
)


@pytest.fixture
def many(chain: Chain) -> Open:
    """Five trainers, of whom two at a time make a round."""
    return open_round(chain, trainers=5, slots=2, quorum=1, participants=5, max_retries=2)


def drawn(open_: Open) -> list[Delta | None]:
    """A delta for each trainer that is drawn, in an opening that draws somebody."""
    while True:
        open_.chain.tester.mine_block()
        state = open_.owner.project(open_.id)
        deltas = [
            delta if open_.owner.is_drawn(open_.id, trainer.address) else None
            for trainer, delta in zip(open_.trainers, towards_target(5, state.round), strict=True)
        ]
        if any(deltas):
            return deltas
        close_window(open_)


def close_window(open_: Open) -> None:
    open_.chain.pass_deadline(open_.owner, open_.id)
    open_.owner.advance(open_.terms)


def end_commits(open_: Open) -> None:
    """An opening that draws everybody ends by itself."""
    if open_.owner.project(open_.id).phase is Phase.COMMIT:
        close_window(open_)


def settle_standing(open_: Open, deltas: list[Delta | None]) -> None:
    """The aggregator settles what stands, in its order."""
    point_of = {delta.point: delta for delta in deltas if delta is not None}
    epoch = open_.owner.project(open_.id).epoch
    settle(open_, [point_of[point] for _, point in open_.owner.standing(open_.id, epoch)])


def test_whom_the_contract_drew_an_audit_draws_again(many: Open) -> None:
    missed = []
    for _ in range(2):
        deltas = drawn(many)
        commit_all(many, deltas)
        end_commits(many)
        reveal_all(many, deltas, commits=False)
        settle_standing(many, deltas)
        missed.append([delta is None for delta in deltas])
    assert failed_claims(many) == []
    data = ChainData.read(many.owner, many.id)
    for number, absent in enumerate(missed):
        for trainer, away in zip(many.trainers, absent, strict=True):
            outcome = explain_data(data, number, trainer.address).outcome
            assert (outcome is Outcome.NOT_DRAWN) == away
    number, slot = next((n, each.index(True)) for n, each in enumerate(missed) if any(each))
    left_out = many.trainers[slot]
    given = explain_data(data, number, left_out.address)
    assert "it was not drawn for this one" in paragraph(given, NATIVE, 1)

    history = data.history
    place = next(
        i
        for i, log in enumerate(history)
        if log.name == "Committed" and log.args["round"] == number
    )
    stranger = replace(history[place], args={**history[place].args, "trainer": left_out.address})
    opened = next(i for i, log in enumerate(history) if log.name == "RoundOpened")
    wider = replace(history[opened], args={**history[opened].args, "width": EVERYBODY})
    for at, log, text in (
        (place, stranger, "everybody who committed was drawn"),
        (opened, wider, "the arc of who is drawn is the next one"),
    ):
        assert text in failed_conduct(many, [*history[:at], log, *history[at + 1 :]])


def test_of_more_reveals_than_slots_the_surplus_costs_nothing(many: Open) -> None:
    for _ in range(2):  # nobody commits, until everybody may
        close_window(many)
    many.chain.tester.mine_block()
    assert many.owner.project(many.id).draw.width == EVERYBODY
    deltas: list[Delta | None] = [*towards_target(5)]
    reveal_all(many, deltas)
    settle_standing(many, deltas)
    [found] = many.owner.settled(many.id)
    assert len(found.trainers) == 2
    assert failed_claims(many) == []
    data = ChainData.read(many.owner, many.id)
    for trainer in many.trainers:
        given = explain_data(data, 0, trainer.address)
        assert (given.outcome is Outcome.SURPLUS) == (trainer.address not in found.trainers)
        assert given.slashed == 0
    stake = many.terms.trainer_stake
    assert all(many.owner.trainer(many.id, t.address).stake == stake for t in many.trainers)

    history = data.history
    place = next(
        i
        for i, log in enumerate(history)
        if log.name == "Revealed" and log.args["displaced"] != NOBODY
    )
    for displaced in (NOBODY, many.owner.address):
        log = replace(history[place], args={**history[place].args, "displaced": displaced})
        texts = failed_conduct(many, [*history[:place], log, *history[place + 1 :]])
        assert any("the highest rank gave way" in text for text in texts)
