"""Training and coalition models on a GPU; skipped where there is none."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from market.contribution.grid import Grid
from market.training.evaluation import evaluate
from market.training.linear import pick_device, train
from market.training.plan import TrainingPlan
from market.utility import CoalitionModels, negative_cross_entropy
from market.valuation import exact_shapley, mean_game

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")


def rows(seed: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    X = np.hstack([generator.normal(size=(500, 64)), np.ones((500, 1))])
    return X, np.argmax(X @ generator.normal(size=(65, 10)), axis=1).astype(np.int64)


def test_the_gpu_is_picked_where_there_is_one() -> None:
    assert pick_device("auto").type == "cuda"
    assert pick_device("cuda").type == "cuda"
    assert pick_device("cpu").type == "cpu"


@pytest.mark.parametrize("seed", range(5))
def test_a_gpu_trains_what_a_cpu_trains_to_a_grid_unit(seed: int) -> None:
    X, y = rows(seed)
    plan = TrainingPlan(learning_rate=0.02, epochs=5, batch_size=24)
    start = np.zeros((65, 10))
    grid = Grid(5)
    on_cpu, _ = grid.quantise(train(start, X, y, plan, seed, torch.device("cpu")))
    on_gpu, _ = grid.quantise(train(start, X, y, plan, seed, torch.device("cuda")))
    assert np.abs(on_cpu - on_gpu).max() <= 1
    assert np.abs(on_gpu).max() > 10
    weights = grid.weights(on_gpu * grid.lattice)
    assert evaluate(weights, X, y) > 0.5


def test_a_gpu_values_coalitions_as_a_cpu_does() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64, 3)
    )
    deltas = 0.1 * torch.randn(6, sum(p.numel() for p in module.parameters()))
    X, y = torch.randn(40, 1, 8, 8), torch.randint(0, 3, (40,))
    values = [
        exact_shapley(
            mean_game(
                6, CoalitionModels(module, deltas, X, y, negative_cross_entropy, device=device)
            )
        ).values
        for device in ("cpu", "cuda")
    ]
    np.testing.assert_allclose(values[1], values[0], atol=1e-3)
    assert np.ptp(values[0]) > 1e-2
