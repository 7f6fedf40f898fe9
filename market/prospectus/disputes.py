"""What asking the arbiters costs, and what follows from their answer."""

from __future__ import annotations

from market.chain.terms import Terms
from market.prospectus.spans import span
from market.specification.amounts import Currency


def consequences(terms: Terms, currency: Currency) -> tuple[str, ...]:
    """Sentences for who thinks of disputing the yardstick of a project that has arbiters."""
    show, count = currency.show, len(terms.arbiters)
    decide = f"{terms.arbiter_quorum} of {count} arbiters decide"
    return (
        f"A dispute costs a bond of {show(terms.dispute_bond)}, until the arbiters have answered.",
        f"Before the first settlement {decide} within {span(terms.audit_seconds)}.",
        "Confirmed, the rows stand: the arbiters who said so get the bond, and it is lost to you.",
        f"Refuted, you get the bond back and half of the owner's, {show(terms.owner_bond // 2)}; "
        "all of the owner's where no arbiter has voted so.",
        "The project then ends, and its whole trainers' budget goes equally to those who open the "
        "deltas that they revealed: nobody is paid by its yardstick.",
        "Arbiters who keep silent until the deadline count as having refuted.",
        "A project can be disputed once, until its first settlement; if it closes before the "
        "arbiters are asked, the bond comes back.",
    )
