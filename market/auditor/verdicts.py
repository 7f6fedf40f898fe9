"""The claims about what a settlement decided, against the verdict of its proven numbers."""

from __future__ import annotations

from collections.abc import Iterator

from market.auditor.claim import Claim, claim
from market.auditor.entries import Booked
from market.chain.terms import Terms
from market.game import Payment, Scoring, Selection, Verdict


def verdict_claims(terms: Terms, booked: Booked, verdict: Verdict) -> Iterator[Claim]:
    """All of them.

    Args:
        booked: the settlement, as the contract reported it.
        verdict: what the proven numbers decide.
    """
    found, subject = booked.found, f"round {booked.found.round}"
    compared: dict[str, tuple[object, object]] = {
        f"{Selection(terms.selection).method} leaves these in": (found.selected, verdict.mask),
        "each delta counts with its weight": (list(found.weights), verdict.weights),
        f"the contributions are {Scoring(terms.scoring).title}s": (
            (list(found.scores), found.denominator),
            (verdict.scores, verdict.denominator),
        ),
        "every payout follows from them": (list(found.payouts), verdict.payouts),
        "the utilities are the proven ones": (
            (found.utility_before, found.utility_after),
            (verdict.utility_before, verdict.utility_after),
        ),
    }
    if terms.payment == Payment.PER_GAIN:
        compared["what it earned of the gain is in the books"] = (
            (list(booked.earned), booked.purse.gain_paid + booked.gain_paid),
            (verdict.earned, verdict.gain_paid),
        )
    for text, (reported, computed) in compared.items():
        yield claim(subject, text, reported, computed)
