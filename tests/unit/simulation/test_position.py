"""A round's game is what the utility says of the models that coalitions make."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.datasets.catalogue import Dataset
from market.robust.rules import RULES
from market.simulation import Scenario
from market.simulation.contribution import METHODS, Budget, contribution, numerators
from market.simulation.learner import CnnLearner, LinearLearner
from market.simulation.population import populate
from market.simulation.position import Position, utility_of
from market.specification.methods import CONTRIBUTIONS, DEFENCES

CASES = [
    ("linear", "squared-loss"),
    ("linear", "cross-entropy"),
    ("linear", "accuracy"),
    ("cnn", "cross-entropy"),
    ("cnn", "accuracy"),
]


@pytest.mark.parametrize(("model", "utility"), CASES)
def test_coalitions_are_worth_what_their_mean_adds(
    images: Dataset, model: str, utility: str
) -> None:
    scenario = Scenario(clients=4, rounds=1, model=model, plan=images.plan)
    population = populate(images, scenario)
    learner = (CnnLearner if model == "cnn" else LinearLearner)(population)
    generator = np.random.default_rng(0)
    weights = learner.initial() + 0.01 * generator.normal(size=len(learner.initial()))
    deltas = learner.train(weights, images.plan, [1, 2, 3, 4])
    assert np.abs(deltas).sum(axis=1).min() > 0
    value = utility_of(learner, utility)
    rows = population.validation
    position = Position(learner, weights, deltas, rows, utility)
    coalitions = generator.random((12, 4)) < 0.5
    base = value(weights, rows)
    found = position.game.values(coalitions)
    if utility != "squared-loss":  # that game counts from the model before
        found = found - base
    for members, worth in zip(coalitions, found, strict=True):
        moved = weights + deltas[members].mean(axis=0) if members.any() else weights
        assert worth == pytest.approx(value(moved, rows) - base, abs=2e-5)
    if utility == "accuracy":
        return
    step = 1e-2 * deltas[0]
    rise = (value(weights + step, rows) - value(weights - step, rows)) / 2
    assert position.slope() @ step == pytest.approx(rise, rel=0.05, abs=2e-6)


def test_all_methods_are_there_and_give_everyone_a_score(columns: Dataset) -> None:
    assert tuple(METHODS) == CONTRIBUTIONS
    assert set(DEFENCES) == {*RULES, "fltrust", "proven-value"}
    scenario = Scenario(clients=5, rounds=1, plan=columns.plan)
    population = populate(columns, scenario)
    learner = LinearLearner(population)
    deltas = learner.train(learner.initial(), columns.plan, list(range(5)))
    worst = dataclasses.replace(scenario).clients - 1
    deltas[worst] = -deltas[worst]
    position = Position(learner, learner.initial(), deltas, population.validation, "squared-loss")
    for name in CONTRIBUTIONS:
        found = contribution(name, position, Budget(400, 0)).values
        assert found.shape == (5,)
        if name != "equal":
            assert np.argmin(found) == worst, name


floats = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(floats, min_size=1, max_size=8))
def test_numerators_keep_proportions_exactly(values: list[float]) -> None:
    found = numerators(np.array(values))
    scale = next((Fraction(n) / Fraction(v) for n, v in zip(found, values, strict=True) if v), None)
    for number, value in zip(found, values, strict=True):
        assert type(number) is int
        assert number == (0 if scale is None else scale * Fraction(value))
    assert scale is None or scale > 0
