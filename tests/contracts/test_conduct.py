"""What an audit says of office, challenges, stakes and exits, on an EVM inside the test process."""

from __future__ import annotations

from dataclasses import replace

from market.chain.state import Log, Phase
from tests.contracts.books import conduct_of, failed_claims, failed_conduct
from tests.contracts.rounds import Open, commit_all, reveal_all, settle, towards_target


class Altered:
    """A history in which one thing is different."""

    def __init__(self, history: list[Log]) -> None:
        self.history = history

    def changed(self, name: str, which: int = -1, **args: object) -> list[Log]:
        place = [index for index, log in enumerate(self.history) if log.name == name][which]
        log = self.history[place]
        altered = replace(log, args={**log.args, **args})
        return [*self.history[:place], altered, *self.history[place + 1 :]]

    def without(self, name: str) -> list[Log]:
        return [log for log in self.history if log.name != name]

    def with_after(self, after: str, name: str, **args: object) -> list[Log]:
        place = [log.name for log in self.history].index(after)
        added = replace(self.history[place], name=name, args=args)
        return [*self.history[: place + 1], added, *self.history[place + 1 :]]


def eventful(open_: Open) -> list[Log]:
    """One leaves, of two challenged one answers, the office changes hands, a round is settled."""
    market, terms = open_.owner, open_.terms
    deltas = towards_target(4)
    reveal_all(open_, deltas)
    open_.trainers[1].exit(terms)
    open_.aggregators[0].challenge(terms, 0, 0b1001)
    open_.trainers[0].answer(terms, 0, 0, deltas[0].packed, deltas[0].quotient)
    for _ in range(2):
        open_.chain.pass_deadline(market, open_.id)
        market.advance(terms)
    settle(open_, deltas[:3], office=1)
    return market.history(open_.id)


def test_an_honest_course_holds(open_: Open) -> None:
    history = eventful(open_)
    assert len(conduct_of(open_, history)) >= 10
    assert failed_conduct(open_, history) == []
    assert failed_claims(open_) == []


def test_each_deviation_is_found(open_: Open) -> None:
    history = eventful(open_)
    altered = Altered(history)
    first, second = (each.address for each in open_.aggregators)
    leaver, other = (each.address for each in open_.trainers[1:3])
    values = history[[log.name for log in history].index("Answered")].args["values"]
    for different, text in (
        (altered.changed("TookOffice", aggregator=first), "first with a stake succeeds"),
        (altered.changed("TookOffice", aggregator=other), "was named"),
        (altered.changed("Settled", aggregator=first), "settled by who was in office"),
        (altered.changed("Challenged", aggregator=second), "challenged by who was in office"),
        (altered.changed("Answered", values=values[:-1] + b"\x00"), "is the committed one"),
        (altered.changed("SetAside", trainer=other), "had been challenged"),
        (altered.without("SetAside"), "every challenge was answered or set aside"),
        (altered.with_after("Leaving", "Committed", trainer=leaver), "no sooner"),
        (altered.with_after("Leaving", "Withdrawn", account=leaver, amount=1), "no sooner"),
        (
            altered.with_after("Leaving", "Withdrawn", account=other, amount=1),
            "nobody who had not left",
        ),
        (altered.with_after("Joined", "Funded", amount=10**19), "that it could cost them"),
    ):
        assert any(text in found for found in failed_conduct(open_, different)), text


def silent_one(open_: Open) -> list[Log]:
    """One commits and keeps silent, which costs it its stake in the round after."""
    market, terms = open_.owner, open_.terms
    deltas = towards_target(4)
    commit_all(open_, deltas)
    reveal_all(open_, [*deltas[:3], None], commits=False)
    open_.chain.pass_deadline(market, open_.id)
    market.advance(terms)
    settle(open_, deltas[:3])
    open_.trainers[0].expel(terms, [open_.trainers[3].address])
    return market.history(open_.id)


def test_who_keeps_silent_is_expelled_whenever_somebody_calls(open_: Open) -> None:
    history = silent_one(open_)
    assert failed_conduct(open_, history) == []
    assert failed_claims(open_) == []
    altered = Altered(history)
    silent, other = open_.trainers[3].address, open_.trainers[0].address
    for different, text in (
        (altered.changed("Silenced", trainer=other), f"{other} committed in epoch 0, and did not"),
        (altered.changed("Silenced", epoch=1), f"{silent} committed in epoch 1, and did not"),
        (altered.changed("Slashed", amount=1), "lost its whole stake"),
        (
            [*history, replace(history[-1], name="Committed", args={"trainer": silent})],
            f"{silent} committed no more after epoch 0",
        ),
        (
            altered.with_after("Settled", "Withdrawn", account=silent, amount=10**15),
            f"{silent} committed no more after epoch 0",
        ),
    ):
        assert any(text in found for found in failed_conduct(open_, different)), text


def test_of_a_project_that_is_over_a_silent_one_is_expelled_too(open_: Open) -> None:
    """What it loses is the owner's then."""
    market, terms = open_.owner, open_.terms
    deltas = towards_target(4)
    commit_all(open_, deltas)
    reveal_all(open_, [*deltas[:1], None, None, None], commits=False)
    # One has revealed, neither aggregator settles, and nobody claims.
    for phase in (Phase.SETTLE, Phase.SETTLE, Phase.CLAIM, Phase.ABORTED):
        open_.chain.pass_deadline(market, open_.id)
        market.advance(terms)
        assert market.project(open_.id).phase is phase
    before = market.credit(open_.id, market.address)
    silent = [each.address for each in open_.trainers[1:]]
    open_.trainers[0].expel(terms, silent)
    gained = market.credit(open_.id, market.address) - before
    assert gained == 3 * (terms.trainer_stake - terms.bounty)
    assert failed_claims(open_) == []
    market.withdraw_for(terms, [each.address for each in (*open_.trainers, *open_.aggregators)])
    assert failed_claims(open_) == []
