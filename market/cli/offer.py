"""What a new project offers, shown to its owner."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from market.owner.create import CreatedProject
from market.prospectus.money import endings_of, rounds_of
from market.prospectus.sections import copies
from market.specification.amounts import Currency


def show_offer(console: Console, created: CreatedProject, currency: Currency) -> None:
    """Prints what each round could pay, what is certain, and what returns."""
    show, offer = currency.show, created.offer
    rounds = Table("round", "certain", "at most", box=None, pad_edge=False)
    for each in rounds_of(offer.purse):
        rounds.add_row(str(each.number), show(each.certain), show(each.most))
    ends = Table("of the expected gain", "trainers", "back to you", box=None, pad_edge=False)
    for end in endings_of(offer.purse):
        ends.add_row(f"{end.percent} %", show(end.trainers), show(end.returned))
    measured = created.terms.is_measured
    unit = "in the loss" if measured else "of utility, of which 1 is a loss of zero"
    console.print(rounds)
    console.print(ends)
    console.print(
        f"expected gain {_gain(created):.4f} {unit}; "
        f"aggregators' fees {show(offer.fees)}; stake of each {show(offer.aggregator_stake)}"
    )
    if not any(created.terms.invited):
        for line in copies(created.terms, currency):
            console.print(line)


def offer_json(created: CreatedProject) -> dict[str, Any]:
    """The same as JSON; money as texts."""
    offer = created.offer
    return {
        "expected_gain": _gain(created),
        "fees_wei": str(offer.fees),
        "aggregator_stake_wei": str(offer.aggregator_stake),
        "rounds": [each.as_json() for each in rounds_of(offer.purse)],
        "ends": [end.as_json() for end in endings_of(offer.purse)],
    }


def _gain(created: CreatedProject) -> float:
    return created.offer.purse.expected_gain / created.document.grid.utility_unit
