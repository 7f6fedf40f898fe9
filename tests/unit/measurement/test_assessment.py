"""Utility and spread in the contract's units."""

from __future__ import annotations

import math

import pytest
import torch

from market.contribution.grid import Grid, Step
from market.contribution.lowrank import STATS_BITS
from market.errors import InputError
from market.measurement import Assessment, assess, undone
from market.measurement.assessment import MOST_LOSS

GRID = Grid(8, stats_bits=STATS_BITS, moves=Step.EXACT)
UNIT = GRID.utility_unit
MOST_UTILITY = 2**240
"""The contract's."""


def floats(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def test_known_answers() -> None:
    """Losses 1, 2, 3 and before 2, 2, 5: differences -1, 0, -2 of deviation 1."""
    found = assess(floats(1, 2, 3), floats(2, 2, 5), GRID)
    assert found.utility == -2 * UNIT
    assert found.spread / UNIT == pytest.approx(1 / math.sqrt(3), rel=1e-12)
    assert assess(floats(1, 2, 3), None, GRID) == Assessment(-2 * UNIT, 0)
    assert assess(floats(4), floats(1.5), GRID) == Assessment(-4 * UNIT, 5 * UNIT // 2)


def test_what_all_rows_share_is_no_spread() -> None:
    losses = torch.rand(100, dtype=torch.float64).round(decimals=2) / 64
    assert assess(losses + 0.5, losses, GRID).spread < UNIT >> 40


def test_a_model_that_is_worse_beyond_chance_is_undone() -> None:
    before = floats(1, 1, 1, 1)
    utility = assess(before, None, GRID).utility
    assert undone(utility, assess(floats(2, 2, 2, 2.1), before, GRID))
    assert not undone(utility, assess(floats(0.5, 0.5, 0.5, 2.6), before, GRID))
    assert not undone(utility, assess(before, before, GRID))


def test_a_model_that_blew_up_can_be_attested() -> None:
    before = floats(1, 1, 1)
    found = assess(floats(math.nan, math.inf, 1e300), before, GRID)
    assert found.utility == -int(MOST_LOSS) * UNIT
    assert undone(-UNIT, found)
    assert abs(found.utility) <= MOST_UTILITY
    largest = Grid(32, scale_bits=32, stats_bits=32)
    assert abs(assess(floats(math.inf), None, largest).utility) <= MOST_UTILITY
    assert assess(floats(math.inf, 0, 0), before, largest).spread <= MOST_UTILITY


def test_other_rows_are_refused() -> None:
    with pytest.raises(InputError, match="2 rows"):
        assess(floats(1, 2), floats(1, 2, 3), GRID)
