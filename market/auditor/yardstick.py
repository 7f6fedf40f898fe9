"""The claims about the yardstick's audit: when it was due, who judged, what it cost whom."""

from __future__ import annotations

from collections.abc import Iterator

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from market.auditor.claim import Claim, claim
from market.auditor.evidence import Evidence
from market.auditor.ledger import Ledger
from market.auditor.ring import decisive
from market.chain.logs import Created, Log
from market.chain.terms import Terms
from market.game.purse import BASIS_POINTS

_SUBJECT = "yardstick"


def yardstick_claims(ledger: Ledger, history: list[Log], evidence: Evidence) -> Iterator[Claim]:
    """All of them; none where the terms name no arbiters and nobody acted as one."""
    terms = ledger.created.terms
    asked = [each for each in history if each.name in ("Disputed", "AuditOpened", "Voted")]
    if not terms.arbiters:
        if asked:
            yield claim(_SUBJECT, "nobody is to judge it", len(asked), 0)
        return
    yield from _due_claims(ledger.created, history, evidence)
    yield from _verdict_claims(terms, history, evidence)
    yield claim(
        _SUBJECT,
        "the bonds went to whom the judgement says",
        ledger.rewards,
        _rewards_due(terms, history),
    )


def _due_claims(created: Created, history: list[Log], evidence: Evidence) -> Iterator[Claim]:
    """Judged before the first settlement if somebody asked for it, or chance did."""
    first = next((log for log in history if log.name in ("SettlementOpened", "AuditOpened")), None)
    opened = next((log for log in history if log.name == "RoundOpened"), None)
    if first is None or opened is None:
        return
    due = any(log.name == "Disputed" and log.place < first.place for log in history)
    seed_block = opened.place[0] + 1
    # Chance decides with the first of these after that block, so that nobody chooses among hashes.
    deciding = ("Committed", "SettlementOpened", "AuditOpened")
    for log in history:
        now = log.place[0]
        if log.name in deciding and now > seed_block and log.place <= first.place:
            hash = evidence.hash_of(decisive(seed_block, now))
            drawn = keccak(encode(["bytes32", "bytes32"], [hash, created.id]))
            due |= int.from_bytes(drawn, "big") % BASIS_POINTS < created.terms.audit_bps
            break
    yield claim(
        _SUBJECT,
        "it was judged first where somebody disputed it, or chance drew it",
        first.name == "AuditOpened",
        due,
    )
    judging = False
    for log in history:
        if log.name in ("Disputed", "AuditOpened"):
            judging = True
        elif log.name == "Audited":
            judging = not log.args["holds"]
        elif log.name == "Settled":
            yield claim(
                f"round {log.args['round']}", "nobody was judging the yardstick", judging, False
            )


def _verdict_claims(terms: Terms, history: list[Log], evidence: Evidence) -> Iterator[Claim]:
    votes: dict[str, bool] = {}
    deadline = 0
    for log in history:
        if log.name == "AuditOpened":
            deadline = log.args["deadline"]
        elif log.name == "Voted":
            arbiter = log.args["arbiter"]
            yield claim(
                _SUBJECT,
                f"{arbiter}, who judged it, is named, and judged once",
                arbiter in terms.arbiters and arbiter not in votes,
            )
            votes[arbiter] = log.args["holds"]
        elif log.name == "Audited":
            holds = log.args["holds"]
            enough = sum(vote == holds for vote in votes.values()) >= terms.arbiter_quorum
            late = not holds and evidence.seconds_of(log.place[0]) > deadline
            yield claim(
                _SUBJECT,
                f"{'confirmed' if holds else 'refuted'} by a quorum, or refuted by silence",
                enough or late,
            )


def _rewards_due(terms: Terms, history: list[Log]) -> list[tuple[str, int]]:
    """(account, wei) out of the bonds, in the contract's order."""
    disputer: str | None = None
    votes: dict[str, bool] = {}
    due: list[tuple[str, int]] = []
    held = False
    for log in history:
        if log.name == "Disputed":
            disputer = log.args["disputer"]
        elif log.name == "Voted":
            votes[log.args["arbiter"]] = log.args["holds"]
        elif log.name == "Audited":
            held, holds = True, log.args["holds"]
            winners = [each for each in terms.arbiters if votes.get(each) is holds]
            bond = terms.dispute_bond if holds else terms.owner_bond
            if not holds and disputer is not None:
                harm = bond // 2 if winners else bond
                due.append((disputer, terms.dispute_bond + harm))
                bond -= harm
            due += [(winner, bond // len(winners)) for winner in winners]
        elif log.name == "Closed" and disputer is not None and not held:
            due.append((disputer, terms.dispute_bond))
    return due
