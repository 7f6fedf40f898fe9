"""The claims about stakes: none came back before its time, and who kept silent has none."""

from __future__ import annotations

from collections.abc import Iterator

from market.auditor.claim import Claim, claim
from market.auditor.evidence import Evidence
from market.auditor.ledger import Ledger
from market.auditor.rounds import Course
from market.chain.logs import Log


def stake_claims(
    ledger: Ledger, history: list[Log], course: Course, evidence: Evidence
) -> Iterator[Claim]:
    """All of them."""
    yield from _exit_claims(ledger, history, evidence)
    yield from _silence_claims(ledger, history, course)


def _exit_claims(ledger: Ledger, history: list[Log], evidence: Evidence) -> Iterator[Claim]:
    """A stake is free when the project is closed; of who has left, when its delay is over."""
    books = Ledger(ledger.created)
    left: dict[str, int] = {}
    early: set[str] = set()
    liable: set[str] = set()
    for log in history:
        books.book(log)
        if log.name == "Leaving":
            left[log.args["trainer"]] = log.args["freeAt"]
        elif log.name == "RoundOpened":
            liable.clear()
        elif log.name == "Committed":
            liable.add(log.args["trainer"])
            if log.args["trainer"] in left:
                early.add(log.args["trainer"])
        elif log.name == "Withdrawn":
            account = log.args["account"]
            booked, closed = books.accounts[account], books.closing is not None
            # In office, its stake is free when the project is closed, whatever the trainer's is.
            office = books.stake_in_office(account) if closed else 0
            if booked.withdrawn - booked.credited <= office:
                continue
            waited = evidence.seconds_of(log.place[0]) > left.get(account, 0)
            if not (closed or (account in left and account not in liable)) or not waited:
                early.add(account)
    for account in left:
        yield claim(
            "exit",
            f"{account} committed no more, and had its stake no sooner than the terms allow",
            account not in early,
        )
    yield claim(
        "exit", "nobody who had not left had a stake back early", sorted(early - {*left}), []
    )


def _silence_claims(ledger: Ledger, history: list[Log], course: Course) -> Iterator[Claim]:
    """Who committed and did not reveal commits no more, and its whole stake is lost or locked."""
    silent_in = {each.epoch: each.silent for each in course.openings}
    for number, log in enumerate(history):
        if log.name != "Silenced":
            continue
        account, epoch = log.args["trainer"], log.args["epoch"]
        yield claim(
            "silence",
            f"{account} committed in epoch {epoch}, and did not reveal",
            account in silent_in.get(epoch, {}),
        )
        after = history[number + 1 : number + 2]
        slashed = after[0].args["amount"] if after and after[0].name == "Slashed" else 0
        yield claim(
            "silence",
            f"{account} lost its whole stake for it",
            slashed,
            _stake_before(account, history[:number]),
        )
    for opening in course.openings:
        for account in opening.silent:
            later = [
                each.epoch
                for each in course.openings
                if each.epoch > opening.epoch and account in each.committed
            ]
            booked = ledger.accounts[account]
            office = ledger.stake_in_office(account)
            kept = booked.withdrawn <= booked.credited + office
            yield claim(
                "silence",
                f"{account} committed no more after epoch {opening.epoch}, and had no stake back",
                (later, kept),
                ([], True),
            )


def _stake_before(account: str, history: list[Log]) -> int:
    """A trainer's stake after these events, of which none paid it out."""
    stake, penal = 0, False
    for log in history:
        if log.name == "Joined" and log.args["trainer"] == account:
            stake += log.args["stake"]
        elif log.name == "Slashed" and log.args["account"] == account and penal:
            stake -= log.args["amount"]
        penal = log.is_penal
    return stake
