"""What an audit says of a project on the chain of these tests; of its proofs it can say nothing."""

from __future__ import annotations

from market.auditor.claim import Claim
from market.auditor.conduct import conduct_claims
from market.auditor.evidence import Evidence
from market.auditor.ledger import Ledger
from market.auditor.money import money_claims
from market.auditor.proven import verdicts
from market.auditor.verdicts import verdict_claims
from market.chain.logs import Log
from tests.contracts.rounds import Open, commit


def ledger_of(open_: Open, history: list[Log] | None = None) -> Ledger:
    market, terms = open_.owner, open_.terms
    read = verdicts(terms, lambda transaction: market.settlement(transaction, terms))
    return Ledger.replay(market.created(open_.id), history or market.history(open_.id), read)


def evidence_of(open_: Open) -> Evidence:
    market = open_.owner
    return Evidence(
        commit=commit,
        seconds_of=market.block_seconds,
        hash_of=market.block_hash,
        invitation_of=lambda transaction: market.invitation(transaction, open_.terms),
    )


def conduct_of(open_: Open, history: list[Log]) -> list[Claim]:
    return list(conduct_claims(ledger_of(open_, history), history, evidence_of(open_)))


def failed_conduct(open_: Open, history: list[Log]) -> list[str]:
    """The claims about conduct that a history does not bear out."""
    return [claim.text for claim in conduct_of(open_, history) if not claim.holds]


def failed_claims(open_: Open) -> list[Claim]:
    """Of money, conduct and verdicts, as things stand."""
    ledger, history = ledger_of(open_), open_.owner.history(open_.id)
    claims = [*money_claims(open_.owner, ledger), *conduct_of(open_, history)]
    for booked in ledger.rounds:
        assert booked.verdict is not None
        claims += verdict_claims(open_.terms, booked, booked.verdict)
    return [claim for claim in claims if not claim.holds]
