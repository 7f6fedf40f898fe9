"""What numbers on chain are divided by for people."""

from __future__ import annotations

from dataclasses import replace

import pytest

from market.auditor.arithmetic import utility_unit
from market.contribution.grid import Grid
from market.game import Step
from tests.unit.prospectus.test_prospectus import TERMS


@pytest.mark.parametrize("bits", [(13, 13), (10, 16), (16, 12)])
def test_the_unit_is_that_of_the_projects_own_grid(bits: tuple[int, int]) -> None:
    unit = Grid(TERMS.slots, *bits, moves=Step.EXACT).utility_unit
    assert utility_unit(replace(TERMS, step=Step.EXACT, energy=unit)) == unit


def test_terms_without_one_are_read_on_the_usual_grid() -> None:
    usual = Grid(TERMS.slots, moves=Step.EXACT).utility_unit
    assert utility_unit(replace(TERMS, step=Step.EXACT, energy=0)) == usual
