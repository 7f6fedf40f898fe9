"""What evaluators attest of a model besides its yardstick: its utility, and how sure a change is.

Utility is the mean loss, negative, in the grid's units: what `Measurement.utility` of the contract
is. The spread is one standard error of its difference to the model before, of the rows' differences
and not of each model's own: most of what makes rows differ is the same for both models. A model
that is worse by more than that is undone by the contract.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import torch
from torch import Tensor

from market.contribution.grid import Grid
from market.errors import InputError

MOST_LOSS = 1e9
"""A row's loss beyond it, or NaN, counts as this: a model that blew up can be attested and undone.
Utility stays below the contract's 2**240 on any grid."""


@dataclass(frozen=True)
class Assessment:
    """As the contract takes it.

    Args:
        utility: in units of 1 / `Grid.utility_unit`.
        spread: in the same.
    """

    utility: int
    spread: int


def assess(losses: Tensor, before: Tensor | None, grid: Grid) -> Assessment:
    """The model whose rows have these losses.

    Args:
        losses: (s,) float64, as from `losses_at`.
        before: (s,) of the same rows under the model before; None of the first model.

    Raises:
        InputError: losses of other rows.
    """
    own = _capped(losses)
    mean = math.fsum(own.tolist()) / len(own)
    utility = -round(Fraction(mean) * grid.utility_unit)
    if before is None:
        return Assessment(utility, 0)
    if before.shape != losses.shape:
        raise InputError(f"losses of {len(losses)} rows and, before, of {len(before)}")
    difference = own - _capped(before)
    # Of a single row nothing is known but the difference itself.
    error = (
        float(difference.std()) / math.sqrt(len(own)) if len(own) > 1 else abs(float(difference[0]))
    )
    return Assessment(utility, round(Fraction(error) * grid.utility_unit))


def undone(before: int, after: Assessment) -> bool:
    """Whether the contract goes on from the model before, of utility `before`."""
    return after.utility + after.spread < before


def _capped(losses: Tensor) -> Tensor:
    return torch.nan_to_num(losses.double().cpu(), nan=MOST_LOSS).clamp(-MOST_LOSS, MOST_LOSS)
