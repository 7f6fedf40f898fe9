from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from circuits.shape import DELTA_BOUND
from market.contribution.exact import as_integers
from market.contribution.grid import Grid
from market.errors import InputError


@given(st.integers(1, 40), st.data())
def test_the_mean_of_any_number_of_deltas_is_added_without_rounding(
    slots: int, data: st.DataObject
) -> None:
    grid = Grid(slots=slots)
    entries = st.lists(st.integers(1 - DELTA_BOUND, DELTA_BOUND - 1), min_size=1, max_size=slots)
    deltas = data.draw(entries)
    start = data.draw(st.integers(-(2**70), 2**70))
    moved = grid.step(as_integers([[start]]), [as_integers([[entry]]) for entry in deltas])
    gained = Fraction(int(moved[0, 0]) - start, grid.model_unit)
    assert gained == Fraction(sum(deltas), len(deltas) * 2**grid.scale_bits)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=20))
def test_quantising_rounds_to_the_grid_and_counts_what_it_clips(entries: list[float]) -> None:
    grid = Grid(slots=5)
    Q, clipped = grid.quantise(np.array([entries]))
    assert Q.dtype == np.int64
    assert (np.abs(Q) < DELTA_BOUND).all()
    inside = np.abs(Q[0]) < DELTA_BOUND - 1
    error = np.abs(Q[0] / 2**grid.scale_bits - np.array(entries))
    assert (error[inside] <= 2.0 ** -(grid.scale_bits + 1)).all()
    assert clipped <= np.count_nonzero(~inside)
    assert clipped >= sum(abs(entry) >= 2.0 for entry in entries)


@given(st.integers(1, 20), st.floats(-8, 8))
def test_a_model_survives_the_way_to_integers_and_back(slots: int, weight: float) -> None:
    grid = Grid(slots=slots)
    weights = np.array([[weight]])
    assert grid.weights(grid.model(weights)) == pytest.approx(weights, abs=1 / grid.model_unit)


def test_bad_values_are_refused() -> None:
    grid = Grid(slots=5)
    with pytest.raises(InputError, match="NaN"):
        grid.quantise(np.array([[np.inf]]))
    with pytest.raises(InputError, match="slots"):
        Grid(slots=0)
    with pytest.raises(InputError, match="0 deltas"):
        grid.step(np.zeros((1, 1), np.int64), [])
