"""All of a project's terms on one page."""

from __future__ import annotations

from typing import Any

from market.chain.terms import NEVER
from market.contribution.grid import Step
from market.game import Payment, Scoring, Selection
from market.prospectus import sections
from market.prospectus.money import endings_of, rounds_of
from market.prospectus.rules import unit_of
from market.prospectus.sections import Offered
from market.prospectus.trust import trust, trusted_arbiters
from market.specification.document import Document

SECTIONS = (
    ("What is trained", sections.work),
    ("What stands behind the validation rows", sections.judges),
    ("How it is paid", sections.pay),
    ("What you could earn, and lose", sections.stakes),
    ("How long it takes", sections.time),
    ("Who takes part", sections.people),
)


def page(offered: Offered) -> str:
    """For people."""
    parts = []
    for title, lines in SECTIONS:
        parts.append("\n".join([title, *("  " + line for line in lines(offered))]))
    return "\n\n".join(parts)


def page_json(offered: Offered) -> dict[str, Any]:
    """The same for programs; money as texts, utilities as parts of the targets' mean square, or
    those of a measured loss as they are."""
    terms, state, document = offered.terms, offered.state, offered.document
    purse = offered.purse
    closed = state.phase.closed
    return {
        "project": "0x" + offered.created.id.hex(),
        "phase": state.phase.name.lower(),
        "deadline": state.deadline,
        "name": None if document is None else document.name,
        "features": document.features if isinstance(document, Document) else None,
        "columns": list(document.columns) if isinstance(document, Document) else [],
        "coordinates": None
        if document is None or isinstance(document, Document)
        else document.coordinates,
        "evaluators": list(terms.evaluators),
        "evaluator_quorum": terms.evaluator_quorum,
        "outputs": terms.outputs,
        "rows": terms.rows,
        "owner": terms.owner,
        "token": None if terms.is_native else terms.token,
        "aggregators": {account: str(wei) for account, wei in offered.stakes.items()},
        "arbiters": list(terms.arbiters),
        "arbiter_quorum": terms.arbiter_quorum,
        "trusted_arbiters": list(trusted_arbiters(terms, offered.judges)),
        "judged": trust(terms, offered.judges),
        "invited": "0x" + terms.invited.hex() if any(terms.invited) else None,
        "participants": terms.participants,
        "active": state.active,
        "slots": terms.slots,
        "quorum": terms.quorum,
        "rules": {
            "selection": Selection(terms.selection).method,
            "scoring": Scoring(terms.scoring).method,
            "step": Step(terms.step).method,
            "payment": Payment(terms.payment).method,
        },
        "expected_gain": _part(terms.expected_gain, unit_of(terms)),
        "target": None
        if terms.target_utility == NEVER
        else _part(terms.target_utility, unit_of(terms)),
        "budget_wei": str(purse.budget),
        "fee_wei": str(terms.aggregator_fee),
        "trainer_stake_wei": str(terms.trainer_stake),
        "aggregator_stake_wei": str(terms.aggregator_stake),
        "challenge_bond_wei": str(terms.challenge_bond),
        "owner_bond_wei": str(terms.owner_bond),
        "dispute_bond_wei": str(terms.dispute_bond),
        "audit_percent": terms.audit_bps / 100,
        "rounds": [] if closed else [each.as_json() for each in rounds_of(purse)],
        "endings": [each.as_json() for each in endings_of(purse)],
        "seconds": {
            "join": terms.join_seconds,
            "commit": terms.commit_seconds,
            "reveal": terms.reveal_seconds,
            "settle": terms.settle_seconds,
            "answer": terms.answer_seconds,
            "audit": terms.audit_seconds,
            "measure": terms.measure_seconds,
            "contest": terms.contest_seconds,
            "exit": terms.exit_seconds,
        },
    }


def _part(utility: int, energy: int) -> float | None:
    return utility / energy if energy else None
