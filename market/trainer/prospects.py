"""Terms that could hardly pay: what a trainer looks at before it stakes."""

from __future__ import annotations

from market.chain.terms import Terms
from market.datasets.table import Table
from market.errors import InputError
from market.game import Payment
from market.specification.document import Document
from market.training.expectation import expected_gain
from market.training.linear import Floats

MOST_TIMES = 2.0
"""An expected gain this many times of what a trainer's own rows let it expect is far above."""
FEWEST_ROWS = 40
"""On fewer validation rows chance hides nearly everything."""


def check_rows(terms: Terms) -> None:
    """Refuses a yardstick of so few rows that accounts of the owner's could hold its rounds still.

    Raises:
        InputError: the terms state fewer than `FEWEST_ROWS`.
    """
    if terms.rows < FEWEST_ROWS:
        raise InputError(
            f"the project measures on {terms.rows} rows: what so few say of a delta is mostly "
            "chance, and accounts of the owner's could keep its rounds from gaining anything",
            "join with --accept-terms if you trust the owner",
        )


def check_expected_gain(terms: Terms, document: Document, table: Table, initial: Floats) -> None:
    """Refuses terms that mean the budget for a gain that own rows say is out of reach.

    Pay is the share of the expected gain that is reached: an owner that expects twice too much
    pays half. Rows of few classes promise more than all trainers together can keep, so a trainer
    that has such rows refuses too little rather than too much.

    Args:
        table: the trainer's own rows.
        initial: (F, C) weights of the project's initial model, which gains count from.

    Raises:
        InputError: the terms expect `MOST_TIMES` what the rows do, or the rows are too few to say.
    """
    if terms.payment != Payment.PER_GAIN:
        return
    wanted = terms.expected_gain / document.grid.utility_unit
    own = expected_gain(document.scaling.design(table.X), table.y, document.classes, initial)
    if wanted > MOST_TIMES * own:
        raise InputError(
            f"the budget is meant for a gain of {wanted:.3f} of utility, your rows let expect "
            f"{own:.3f}: trainers would be paid about {100 * own / wanted:.0f} % of it",
            "join with --accept-terms if that is worth your while",
        )
