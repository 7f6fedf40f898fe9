"""Every path of training on a GPU; skipped where there is none."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from market.coordinates import Coordinates, shapes_of
from market.local_training import evaluate, parse_recipe, train
from market.local_training.batches import LabelledRows
from market.local_training.placed import Placed
from market.local_training.privacy import Mechanism
from market.local_training.private_descent import PrivateDescent
from market.objectives import Loss

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")

X = torch.randn(300, 1, 8, 8, generator=torch.Generator().manual_seed(1))
Y = X.flatten(1)[:, :4].argmax(1)


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.0),
        nn.Linear(128, 4),
    ).eval()


def trained(device: str, **entries: object) -> np.ndarray:
    module = network()
    weights = {name: value.detach() for name, value in module.named_parameters()}
    coordinates = Coordinates.of(shapes_of(module), 100, bytes(32), device=device)
    told = {"loss": "cross-entropy", "batch_size": 30, "learning_rate": 0.2, **entries}
    return train(
        module, weights, coordinates, X, Y, parse_recipe(told), seed=0, round=0, rounds=1
    ).theta


@pytest.mark.parametrize(
    "entries",
    [
        {},
        {"clip_norm": 0.1, "optimiser": "adamw", "learning_rate": 0.01},
        {"epochs": 6, "early_stopping": {"patience": 1}},
    ],
)
def test_a_gpu_trains_what_a_cpu_trains(entries: dict[str, object]) -> None:
    on_cpu, on_gpu = trained("cpu", **entries), trained("cuda", **entries)
    assert np.linalg.norm(on_gpu - on_cpu) < 0.02 * np.linalg.norm(on_cpu)
    assert np.abs(on_cpu).max() > 0.01


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_half_the_precision_goes_the_same_way(precision: str) -> None:
    whole, half = trained("cuda"), trained("cuda", precision=precision)
    assert not np.array_equal(whole, half)
    assert whole @ half > 0.97 * np.linalg.norm(whole) * np.linalg.norm(half)
    clipped = trained("cuda", precision=precision, clip_norm=0.01)
    assert np.linalg.norm(clipped) < np.linalg.norm(half)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_same_seed_gives_the_same_bytes(precision: str) -> None:
    before = torch.are_deterministic_algorithms_enabled()
    first, second = (trained("cuda", precision=precision) for _ in range(2))
    assert first.tobytes() == second.tobytes()
    assert torch.are_deterministic_algorithms_enabled() == before


@pytest.mark.parametrize(("precision", "allowed"), [("float32", 0.01), ("bfloat16", 0.1)])
def test_a_private_step_is_the_cpus(precision: str, allowed: float) -> None:
    told = {"loss": "cross-entropy", "batch_size": 30, "precision": precision}
    recipe = parse_recipe({**told, "privacy": {"epsilon": 1}})
    thetas = []
    for device in ("cpu", "cuda"):
        module = network()
        weights = {name: value.detach() for name, value in module.named_parameters()}
        coordinates = Coordinates.of(shapes_of(module), 100, bytes(32), device=device)
        placed = Placed(module, weights, torch.device(device))
        data = LabelledRows(X, Y, Loss.CROSS_ENTROPY)
        order, silent = torch.Generator(), Mechanism(1.0, 0.0, 0.1, 1e-5)
        step = PrivateDescent(placed, coordinates, data, np.arange(300), recipe, order, silent)
        step.step(np.arange(300), 1.0)
        thetas.append(step.theta.detach().cpu().numpy())
    assert np.linalg.norm(thetas[1] - thetas[0]) < allowed * np.linalg.norm(thetas[0])


def test_a_gpu_evaluates_as_a_cpu_does() -> None:
    module = network()
    weights = {name: value.detach() for name, value in module.named_parameters()}
    on_cpu, on_gpu = (
        evaluate(module, weights, X, Y, Loss.CROSS_ENTROPY, device) for device in ("cpu", "cuda")
    )
    assert on_gpu.loss == pytest.approx(on_cpu.loss, rel=1e-3)
    assert on_gpu.metrics.accuracy == pytest.approx(on_cpu.metrics.accuracy, abs=0.01)
