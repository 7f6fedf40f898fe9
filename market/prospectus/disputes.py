"""What asking the arbiters costs, and what follows from their answer."""

from __future__ import annotations

from market.chain.terms import Terms
from market.prospectus.spans import span
from market.specification.amounts import Currency


def consequences(terms: Terms, currency: Currency) -> tuple[str, ...]:
    """Sentences for who thinks of disputing the yardstick of a project that has arbiters."""
    show, count = currency.show, len(terms.arbiters)
    if terms.is_measured:
        return _of_a_measurement(terms, currency)
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


def _of_a_measurement(terms: Terms, currency: Currency) -> tuple[str, ...]:
    show = currency.show
    kept = f"{show(terms.dispute_bond)} for each model that is still to be measured"
    return (
        f"A dispute costs a bond of {show(terms.dispute_bond)}, until the arbiters have answered.",
        f"They measure the model again, within {span(terms.audit_seconds)}: what "
        f"{terms.arbiter_quorum} of {len(terms.arbiters)} say holds.",
        "If they say the same, the measurement stands: they get the bond, and it is lost to you.",
        f"If they say otherwise, you get it back and half of the owner's {show(terms.owner_bond)}, "
        f"but for {kept}. The round then pays what they say it gained, and an even share at least.",
        "If they keep silent, you get all of the owner's bond, and the project ends: all that is "
        "left of the trainers' budget is theirs.",
    )
