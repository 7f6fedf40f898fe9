"""The claims about how participants kept the rules: office, stakes, draws, deltas, judgements."""

from __future__ import annotations

from collections.abc import Iterator

from market.auditor.claim import Claim, claim
from market.auditor.draws import draw_claims
from market.auditor.evidence import Evidence
from market.auditor.ledger import Ledger
from market.auditor.published import published_claims
from market.auditor.rounds import Course, follow
from market.auditor.stakes import stake_claims
from market.auditor.yardstick import yardstick_claims
from market.chain.logs import Log
from market.chain.state import Phase
from market.game.purse import BASIS_POINTS
from market.invitations import leaf_of
from market.merkle import holds_anywhere
from market.specification.amounts import NOBODY


def conduct_claims(ledger: Ledger, history: list[Log], evidence: Evidence) -> Iterator[Claim]:
    """All of them.

    Args:
        ledger: after all of the history.
        history: every event of the project.
        evidence: what else there is.
    """
    created = ledger.created
    course = follow(history, created.terms)
    yield from _office_claims(ledger, history)
    yield from _course_claims(ledger, history)
    yield from _invitation_claims(ledger, course, evidence)
    yield from draw_claims(created, course, history, evidence)
    yield from published_claims(history, course, evidence)
    yield from stake_claims(ledger, history, course, evidence)
    yield from yardstick_claims(ledger, history, evidence)


def _office_claims(ledger: Ledger, history: list[Log]) -> Iterator[Claim]:
    named = ledger.created.terms.aggregators
    for number, (holder, staked) in enumerate(ledger.offices):
        yield claim(
            "office",
            f"{holder} was named, and had staked, when it came to the office",
            holder in named and holder in staked,
        )
        if number:
            first = staked[0] if staked else NOBODY
            yield claim(
                "office", "the first with a stake succeeds a silent aggregator", holder, first
            )
    holder = ""
    for log in history:
        if log.name == "TookOffice":
            holder = log.args["aggregator"]
        elif log.name in ("Settled", "Challenged"):
            yield claim(
                f"round {log.args['round']}",
                f"{'settled' if log.name == 'Settled' else 'challenged'} by who was in office",
                log.args["aggregator"],
                holder,
            )
    for cover in ledger.covers:
        yield claim(
            f"round {cover.round}",
            f"aggregators had {cover.bonded} at stake, of {cover.at_risk} that it could cost them",
            cover.bonded >= cover.at_risk,
        )


def _course_claims(ledger: Ledger, history: list[Log]) -> Iterator[Claim]:
    """Steps shrink after a round that gained too little, and a project is done when it is."""
    terms = ledger.created.terms
    rate, newest = terms.learning_rate, None
    for log in history:
        if log.name == "RoundOpened":
            subject = f"round {log.args['round']}"
            yield claim(subject, "the learning rate is due", log.args["learningRate"], rate)
        elif log.name == "Settled":
            newest = next(each for each in ledger.rounds if each.found.place == log.place)
            found = newest.found
            if found.utility_after - found.utility_before < terms.minimum_gain:
                rate = rate * terms.decay_bps // BASIS_POINTS
        elif log.name == "Closed" and log.args["phase"] == Phase.DONE:
            over = newest is not None and (
                newest.pot.reached
                or newest.found.round + 1 == terms.rounds
                or newest.found.utility_after >= terms.target_utility
            )
            yield claim("closing", "all rounds are settled, or all is gained that was to be", over)


def _invitation_claims(ledger: Ledger, course: Course, evidence: Evidence) -> Iterator[Claim]:
    """Who joined through a contract of its own has shown its proof where it cannot be read."""
    root = ledger.created.terms.invited
    if not any(root):
        return
    for account, transaction in course.joined.items():
        proof = evidence.invitation_of(transaction)
        if proof is not None:
            yield claim(
                "joining",
                f"{account} was invited",
                holds_anywhere(root, leaf_of(account), proof),
            )
