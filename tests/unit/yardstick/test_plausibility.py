"""Figures about rows: what real ones look like, and what made-up ones do."""

from __future__ import annotations

import tracemalloc

import numpy as np
import numpy.typing as npt
import pytest

from market.datasets.catalogue import load
from market.datasets.preprocessing import standardise
from market.yardstick.plausibility import SHUFFLES, look_at

Design = tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]


def digits(rows: int, seed: int = 0) -> Design:
    table = load("digits").table
    chosen = np.random.default_rng(seed).permutation(len(table))[:rows]
    X = table.X[chosen]
    return standardise(X).design(X), table.y[chosen]


@pytest.mark.parametrize("rows", [40, 100, 270])
@pytest.mark.parametrize("seed", range(3))
def test_real_rows_raise_no_doubt(rows: int, seed: int) -> None:
    found = look_at(*digits(rows, seed), 10)
    assert found.rows == rows
    assert found.accuracy > 2 * found.chance
    assert found.explained > 0
    assert found.as_well == 0
    assert [doubt for doubt in found.doubts if doubt != "a class has no rows"] == []


@pytest.mark.parametrize("seed", range(5))
def test_labels_drawn_by_lot_are_predicted_no_better_than_their_shufflings(seed: int) -> None:
    design, y = digits(200, seed)
    lots = np.random.default_rng(100 + seed).permutation(y)
    found = look_at(design, lots, 10)
    assert found.explained < 0.02
    assert found.as_well > 1
    assert any("drawn by lot" in doubt for doubt in found.doubts)


def test_repeated_and_contradicting_rows_are_counted() -> None:
    design, y = digits(100)
    again = np.vstack([design, design[:20]])
    found = look_at(again, np.concatenate([y, y[:20]]), 10)
    assert (found.repeated, found.contradicting) == (20, 0)
    found = look_at(again, np.concatenate([y, (y[:20] + 1) % 10]), 10)
    assert (found.repeated, found.contradicting) == (20, 40)
    assert any("another label" in doubt for doubt in found.doubts)


def test_one_row_that_outweighs_all_is_named() -> None:
    design, y = digits(100)
    assert look_at(design, y, 10).heaviest < 0.1
    design[0, :-1] = 1e3
    found = look_at(design, y, 10)
    assert found.heaviest > 0.9
    assert any("outweighs" in doubt for doubt in found.doubts)


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_few_rows_are_looked_at_all_the_same(rows: int) -> None:
    found = look_at(*digits(rows), 10)
    assert found.rows == rows
    assert 0 <= found.as_well <= SHUFFLES
    assert 0 < found.by_lot <= 1
    assert found.doubts


def test_two_apart_classes_are_explained_as_far_as_the_penalty_lets_them() -> None:
    """By hand, one row left out of four: it is said to be of the other class by a sixth."""
    design = np.array([[-1.0, 1.0], [-1.0, 1.0], [1.0, 1.0], [1.0, 1.0]])
    found = look_at(design, np.array([0, 0, 1, 1]), 2)
    assert found.accuracy == 1.0
    assert found.explained == pytest.approx(1 - (1 / 6) ** 2 / (2 / 3) ** 2)


def test_memory_grows_with_the_rows_and_not_with_their_square() -> None:
    rows = 8000
    X = np.random.default_rng(0).normal(size=(rows, 2))
    design = np.hstack([X, np.ones((rows, 1))])
    tracemalloc.start()
    look_at(design, (X[:, 0] > 0).astype(np.int64), 2)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < rows**2 / 2
