"""The claims about deltas that were published on chain: demanded ones, and those of lost rounds."""

from __future__ import annotations

from collections.abc import Iterator

from market.auditor.claim import Claim, claim
from market.auditor.evidence import Evidence
from market.auditor.rounds import Course, Opening
from market.chain.logs import Log
from zk.field import Point

_AFTER_CHALLENGE = ("SettlementOpened", "AuditOpened", "RoundOpened", "ClaimOpened", "Closed")


def published_claims(history: list[Log], course: Course, evidence: Evidence) -> Iterator[Claim]:
    """All of them."""
    yield from _challenge_claims(history, evidence)
    yield from _claim_claims(history, course, evidence)


def _challenge_claims(history: list[Log], evidence: Evidence) -> Iterator[Claim]:
    """Every challenged delta was published, or left its round; who published it told the truth."""
    now = Opening(0, 0)
    open_: dict[str, Point] = {}
    subject = ""
    for log in history:
        args = log.args
        if log.name == "RoundOpened":
            now = Opening(args["round"], args["epoch"])
        elif log.name == "Revealed":
            now.points[args["trainer"]] = Point(args["point"]["x"], args["point"]["y"])
            now.give_slot(args["trainer"], args["displaced"])
        elif log.name == "Challenged":
            subject = f"round {args['round']}"
            accused = [t for slot, t in enumerate(now.standing) if args["accused"] >> slot & 1]
            open_ = {trainer: now.points[trainer] for trainer in accused}
        elif log.name == "Answered":
            yield claim(
                subject,
                f"the delta published for {args['trainer']} is the committed one",
                evidence.commitment(bytes(args["values"])),
                open_.pop(args["trainer"], Point(0, 0)),
            )
        elif log.name == "SetAside":
            was_accused = open_.pop(args["trainer"], None) is not None
            yield claim(subject, f"{args['trainer']}, set aside, had been challenged", was_accused)
            if args["trainer"] in now.standing:
                now.standing.remove(args["trainer"])
        if log.name in _AFTER_CHALLENGE and subject:
            yield claim(subject, "every challenge was answered or set aside", sorted(open_), [])
            open_, subject = {}, ""


def _claim_claims(history: list[Log], course: Course, evidence: Evidence) -> Iterator[Claim]:
    """Who shares what was forfeited has opened a reveal that stood in the round, once."""
    lost = next((log.args["round"] for log in history if log.name == "ClaimOpened"), None)
    seen: set[str] = set()
    for log in history:
        if log.name != "Claimed":
            continue
        trainer, epoch = log.args["trainer"], log.args["epoch"]
        subject = f"round {log.args['round']}"
        reveals = {o.epoch: o for o in course.openings if o.round == lost}
        opening = reveals.get(epoch)
        stood = opening is not None and trainer in opening.standing
        yield claim(
            subject,
            f"{trainer} opened a reveal that stood in it, and one",
            stood and trainer not in seen,
        )
        yield claim(
            subject,
            f"the delta opened for {trainer} is the committed one",
            evidence.commitment(bytes(log.args["values"])),
            opening.points.get(trainer) if opening else None,
        )
        seen.add(trainer)
