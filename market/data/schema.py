"""What a project's document says of its rows: names, order, dtype, shape and classes.

`market.data.form` writes it as JSON and reads it.
"""

from __future__ import annotations

from dataclasses import dataclass

from market.data.inputs import Columns, Inputs
from market.data.mismatch import listed
from market.data.target import Target
from market.errors import InputError


@dataclass(frozen=True)
class Schema:
    """What a row is.

    Args:
        inputs: what goes into the model.
        target: what should come out.

    Raises:
        InputError: a column is both.
    """

    inputs: Inputs
    target: Target

    def __post_init__(self) -> None:
        names = self.inputs.names if isinstance(self.inputs, Columns) else ()
        both = set(names) & set(self.target.columns)
        if both:
            raise InputError(f"{listed(sorted(both))} cannot be given to the model and asked of it")

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one row of X."""
        return self.inputs.shape

    def describe(self) -> str:
        """In one line, for people."""
        return f"{self.inputs.describe()}; {self.target.describe()}"
