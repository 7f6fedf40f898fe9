"""What is measured of a model: its own loss, and the yardstick of the model that goes on."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, Never

import numpy as np
import pytest
import torch
from torch import nn

from market.chain.state import UNMEASURED, Phase, ProjectState
from market.contribution.grid import Grid, Step
from market.contribution.lowrank import STATS_BITS
from market.coordinates import Coordinates, Weights, shapes_of
from market.data.rows import Rows
from market.errors import InputError
from market.evaluator import bench
from market.evaluator.bench import Bench, Own
from market.local_training import parse_recipe
from tests.states import state_of

GRID = Grid(3, stats_bits=STATS_BITS, moves=Step.BOUNDED)
GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(60, 3)).astype(np.float32)
ROWS = Rows(X, (X[:, 0] > 0).astype(np.int64))
NETWORK = nn.Linear(3, 2)
COORDINATES = Coordinates.of(shapes_of(NETWORK), 6, bytes(32))
RECIPE = {"loss": "cross-entropy", "learning_rate": 0.5, "batch_size": 20}


def weights(towards: float) -> Weights:
    """A classifier by the first column, the surer the larger `towards` is."""
    slope = torch.zeros(2, 3)
    slope[1, 0] = towards
    return {"weight": slope, "bias": torch.zeros(2)}


class Models:
    """The project's models, one after each round."""

    def __init__(self, *models: Weights, undone: tuple[int, ...] = ()) -> None:
        self._models, self._undone = models, undone

    def coordinates(self, _seed: bytes) -> Coordinates:
        return COORDINATES

    def candidate(self, _state: ProjectState, rounds: int) -> Weights:
        return self._models[rounds]

    def after(self, _state: ProjectState, rounds: int) -> Weights:
        return self._models[rounds]

    def was_undone(self, number: int) -> bool:
        return number in self._undone

    def last_move(self, _state: ProjectState, _rounds: int) -> tuple[int, ...]:
        return (GRID.model_unit, 0, 0, 0, 0, 0)


def measure(models: Models, number: int, utility: int = 0, concluded: int = 0) -> Own:
    document = SimpleNamespace(grid=GRID, rank=2, recipe=parse_recipe(RECIPE))
    terms = SimpleNamespace(rounds=4)
    project: Any = SimpleNamespace(document=document, terms=terms, network=NETWORK)
    networks: Any = models
    measured = replace(UNMEASURED, number=concluded or number)
    state = replace(state_of(Phase.MEASURE), round=number, utility=utility, measure=measured)
    return Bench(project, networks, ROWS).measure(state, number, bytes(32))


def loss_of(model: Weights) -> float:
    outputs = torch.nn.functional.linear(torch.from_numpy(X.copy()), model["weight"], model["bias"])
    return float(nn.functional.cross_entropy(outputs.double(), torch.from_numpy(ROWS.y.copy())))


def test_the_utility_is_the_loss_and_everybody_measures_the_same() -> None:
    models = Models(weights(0.5))
    own = measure(models, 0)
    assert -own.attested.assessment.utility / GRID.utility_unit == pytest.approx(
        loss_of(weights(0.5))
    )
    assert own.attested.assessment.spread == 0
    again = measure(models, 0)
    assert again.attested.assessment == own.attested.assessment
    assert again.attested.yardstick.statistics.entries == own.attested.yardstick.statistics.entries


def test_the_yardstick_says_what_a_small_step_takes_away() -> None:
    own = measure(Models(weights(0.5)), 0)
    theta = torch.tensor([0.05, -0.05, 0.05, -0.05, 0.05, 0.05], dtype=torch.float64)
    moved = {
        name: each.float() for name, each in COORDINATES.at(weights(0.5), theta.float()).items()
    }
    gained = loss_of(weights(0.5)) - loss_of(moved)
    assert float(own.expansion.value(theta)) == pytest.approx(gained, abs=0.05 * abs(gained) + 1e-3)


def test_of_a_model_that_is_undone_the_one_before_is_measured_for_the_next_round() -> None:
    good, bad = weights(2.0), weights(-2.0)
    utility = measure(Models(good), 0).attested.assessment.utility
    own = measure(Models(good, bad), 1, utility)
    assert own.undone
    assert -own.attested.assessment.utility / GRID.utility_unit == pytest.approx(loss_of(bad))
    same = measure(Models(good, good), 1, utility)
    assert not same.undone
    assert own.attested.yardstick.statistics.entries == same.attested.yardstick.statistics.entries


def test_on_demand_the_same_is_measured_again() -> None:
    good, bad = weights(2.0), weights(-2.0)
    utility = measure(Models(good), 0).attested.assessment.utility
    before = measure(Models(good, bad), 1, utility)
    # The round is open: the contract has undone the model, and its utility is that of the other.
    after = measure(Models(good, bad, undone=(0,)), 1, utility, concluded=2)
    assert after.attested.assessment == before.attested.assessment
    assert (
        after.attested.yardstick.statistics.entries == before.attested.yardstick.statistics.entries
    )


def test_a_recipe_that_diverges_silences_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = measure(Models(weights(0.5)), 0)

    def diverges(*_: Any, **__: Any) -> Never:
        raise InputError("training diverged")

    monkeypatch.setattr(bench, "train", diverges)
    own = measure(Models(weights(0.5)), 0)
    assert own.attested.assessment == whole.attested.assessment
    assert own.expansion.point.tolist() == [0.0] * 6
