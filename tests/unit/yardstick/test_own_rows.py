"""A trainer's own measure of rounds, and when it leaves."""

from __future__ import annotations

import numpy as np
import pytest

from market.contribution.statistics import utility, validation_statistics
from market.datasets.catalogue import load
from market.datasets.preprocessing import standardise
from market.errors import InputError
from market.yardstick.own_rows import LeaveRule, OwnMeasure
from tests.documents import document

TABLE = load("digits").table.rows(np.arange(300))
DOCUMENT = document(standardise(TABLE.X))
NOTHING = np.zeros((65, 10))


def fitted() -> np.ndarray:
    design = DOCUMENT.scaling.design(TABLE.X)
    moments = design.T @ design + 30 * np.eye(65)
    return np.linalg.solve(moments, design.T @ np.eye(10)[TABLE.y])


def test_the_own_gain_is_the_utility_that_the_contract_computes() -> None:
    grid, after = DOCUMENT.grid, fitted()
    design = DOCUMENT.scaling.design(TABLE.X)
    statistics = validation_statistics(design, TABLE.y, 10, grid)
    gain = utility(statistics, grid.model(after)) - utility(statistics, grid.model(NOTHING))
    found = OwnMeasure(DOCUMENT, TABLE.X, TABLE.y).look(NOTHING, after, gain)
    assert found.own == pytest.approx(found.proven, abs=1e-2)
    assert found.own > 0.3
    assert 0 < found.error < 0.05
    assert f"{found.own:+.4f} on your own" in found.sentence


def test_it_leaves_after_so_many_losses_in_a_row_and_never_by_default() -> None:
    measure = OwnMeasure(DOCUMENT, TABLE.X, TABLE.y, LeaveRule(rounds=2))
    silent = OwnMeasure(DOCUMENT, TABLE.X, TABLE.y)
    after = fitted()
    steps = [(after, NOTHING), (NOTHING, after), (after, NOTHING), (after, NOTHING)]
    found = [measure.look(*step, 1) for step in steps]
    assert [each.losing for each in found] == [1, 0, 1, 2]
    assert [each.leaves for each in found] == [False, False, False, True]
    assert not any(silent.look(*step, 1).leaves for step in steps)


def test_what_chance_explains_is_no_loss() -> None:
    few = OwnMeasure(DOCUMENT, TABLE.X[:1], TABLE.y[:1], LeaveRule(rounds=1))
    assert not few.look(fitted(), NOTHING, 0).leaves
    measure = OwnMeasure(DOCUMENT, TABLE.X, TABLE.y, LeaveRule(rounds=1))
    assert not measure.look(NOTHING, NOTHING, 0).leaves


def test_what_is_refused() -> None:
    with pytest.raises(InputError, match="no rows"):
        OwnMeasure(DOCUMENT, TABLE.X[:0], TABLE.y[:0])
    with pytest.raises(InputError, match="a model of shape"):
        OwnMeasure(DOCUMENT, TABLE.X, TABLE.y).look(NOTHING, NOTHING[:3], 0)
    with pytest.raises(InputError, match="leaving after"):
        LeaveRule(rounds=-1)
