from __future__ import annotations

import math

import pytest

from market.local_training.recipe import Recipe
from market.local_training.schedules import Constant, Cosine, Schedule, Stairs
from market.objectives import Loss


def factors(schedule: Schedule, places: int) -> list[float]:
    return [schedule.factor(place, places) for place in range(places)]


def test_a_cosine_falls_from_one_towards_its_floor() -> None:
    assert factors(Cosine(), 4) == pytest.approx([1, (1 + math.sqrt(0.5)) / 2, 0.5, 0.146447], 1e-5)
    assert factors(Cosine(floor=0.5), 2) == pytest.approx([1, 0.75])


def test_stairs_fall_by_their_ratio() -> None:
    assert factors(Stairs(every=2, ratio=0.1), 5) == pytest.approx([1, 1, 0.1, 0.1, 0.01])


def test_warm_up_rises_evenly_and_the_rest_begins_where_it_ends() -> None:
    assert factors(Constant(warm_up=4), 6) == [0.25, 0.5, 0.75, 1, 1, 1]
    assert factors(Cosine(warm_up=2), 4) == pytest.approx([0.5, 1, 1, 0.5])
    assert factors(Cosine(warm_up=9), 2) == pytest.approx([1 / 9, 2 / 9])


def test_rates_over_rounds_and_steps_multiply() -> None:
    recipe = Recipe(
        loss=Loss.SQUARED,
        learning_rate=2.0,
        over_rounds=Cosine(floor=0.1),
        over_steps=Stairs(every=3, ratio=0.5),
    )
    assert recipe.rate(0, 20, 0, 10) == 2.0
    assert recipe.rate(10, 20, 4, 10) == pytest.approx(2.0 * 0.55 * 0.5)
