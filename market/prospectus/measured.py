"""What a prospectus says of a project that trains a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from market.chain.state import ProjectState
from market.chain.terms import Terms
from market.prospectus.spans import counted, span
from market.specification.amounts import Currency

if TYPE_CHECKING:  # it brings PyTorch
    from market.measured.document import MeasuredDocument

_LOSSES = {
    "cross-entropy": "cross-entropy",
    "squared": "half the squared distance",
    "bce": "binary cross-entropy, summed over labels",
}


def work(terms: Terms, state: ProjectState, document: MeasuredDocument | None) -> list[str]:
    """What is trained, on what.

    Args:
        document: None where it cannot be had.
    """
    measured = (
        f"Before each round and after the last, {_evaluators(terms)} its loss on "
        f"{counted(terms.rows, 'row')} of the owner."
    )
    if document is None:
        return ["The specification cannot be had: neither model nor data can be shown.", measured]
    recipe = document.recipe
    return [
        f"{document.name[:80]}: a network in a file of {document.model.bytes:,} bytes, under "
        f"{_LOSSES[recipe.loss.value]}.",
        f"A round moves {', '.join(document.scope[:4])} by {document.coordinates} numbers of a "
        "trainer, in coordinates that are drawn for it.",
        measured,
        f"In a round each trainer makes {counted(recipe.epochs, 'epoch')} over its own rows, in "
        f"batches of {recipe.batch_size}, by {recipe.optimiser.name}, at a learning rate of "
        f"{state.learning_rate / 10**9:g}.",
        f"A row: {document.schema.describe()}.",
    ]


def judges(terms: Terms, said: str, currency: Currency) -> list[str]:
    """What stands behind the measurements.

    Args:
        said: whom of the arbiters the reader trusts, in words.
    """
    show = currency.show
    lines = [f"  {account}  evaluator" for account in terms.evaluators]
    lines += [f"  {account}  arbiter" for account in terms.arbiters]
    lines.append(
        f"{terms.evaluator_quorum} of {len(terms.evaluators)} evaluators that say the same decide. "
        "The gain that pays you is attested, and who shares it how is proven from the yardstick "
        "that they attest: neither is proven to be that of the rows."
    )
    if not terms.arbiters:
        return [
            *lines,
            "There are no arbiters: it is the evaluators' word. If they fall silent, all that is "
            "left of the budget is the trainers', by what was proven.",
        ]
    return [
        f"{said[0].upper()}{said[1:]}.",
        *lines,
        f"A measurement can be disputed for {span(terms.contest_seconds)}, for a bond of "
        f"{show(terms.dispute_bond)}; a proven gain of which less than half is measured goes to "
        "the arbiters by itself. Refuted, the round pays an even share at least, and the owner "
        f"loses of its bond of {show(terms.owner_bond)}. If nobody measures, all that is left of "
        "the budget is the trainers'.",
    ]


def _evaluators(terms: Terms) -> str:
    if terms.evaluators == (terms.owner,):
        return "the owner alone measures"
    return f"{counted(len(terms.evaluators), 'evaluator')} measure"
