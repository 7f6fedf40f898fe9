"""Known answers of training in coordinates."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call

from market.coordinates import Coordinates, shapes_of
from market.data.rows import Rows
from market.local_training import Recipe, evaluate, parse_recipe, train
from market.objectives import Loss

SEED = bytes(range(32))


def network(features: int = 6, outputs: int = 3) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(features, 8), nn.Tanh(), nn.Linear(8, outputs))


def weights_of(module: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in module.named_parameters()}


def rows(n: int, features: int = 6, classes: int = 3) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    X = torch.randn(n, features, generator=generator)
    return X, X[:, :classes].argmax(1)


def dense(coordinates: Coordinates) -> dict[str, Tensor]:
    """S as matrices (k, *shape), which only tests can afford."""
    return coordinates.expand(torch.eye(coordinates.k))


def recipe(**entries: object) -> Recipe:
    return parse_recipe({"loss": "cross-entropy", "batch_size": 1000, "clip_norm": 1e6, **entries})


def test_two_steps_of_sgd_with_momentum_by_hand() -> None:
    """One weight, one row: f = (w + s theta) x, so g = s x (f - y) and everything is a number."""
    module = nn.Linear(1, 1, bias=False)
    weights = {"weight": torch.tensor([[0.5]])}
    coordinates = Coordinates.of(shapes_of(module), 1, SEED)
    s = float(dense(coordinates)["weight"].item())
    assert abs(s) == 1
    x, y, rate, momentum = 2.0, 3.0, 0.05, 0.9
    first = s * x * (0.5 * x - y)
    theta = -rate * first
    velocity = momentum * first + s * x * ((0.5 + s * theta) * x - y)
    theta -= rate * velocity
    found = train(
        module,
        weights,
        coordinates,
        torch.tensor([[x]]),
        torch.tensor([[y]]),
        Recipe(loss=Loss.SQUARED, learning_rate=rate, epochs=2, clip_norm=1e6),
        seed=0,
        round=0,
        rounds=1,
    )
    assert found.theta.tolist() == pytest.approx([theta], rel=1e-6)
    assert found.history[0].loss == pytest.approx((0.5 * x - y) ** 2 / 2)


@pytest.mark.parametrize(
    ("entries", "make"),
    [
        (
            {"optimiser": {"name": "sgd", "momentum": 0.7, "weight_decay": 0.1}},
            lambda theta: torch.optim.SGD([theta], 0.3, momentum=0.7, weight_decay=0.1),
        ),
        (
            {"optimiser": {"name": "adam", "beta1": 0.8}},
            lambda theta: torch.optim.Adam([theta], 0.3, (0.8, 0.999)),
        ),
        (
            {"optimiser": {"name": "adamw", "weight_decay": 0.2}},
            lambda theta: torch.optim.AdamW([theta], 0.3, weight_decay=0.2),
        ),
    ],
)
def test_it_is_torchs_optimiser_on_the_whole_of_s(entries: dict[str, object], make: object) -> None:
    module, (X, y) = network(), rows(40)
    weights = weights_of(module)
    coordinates = Coordinates.of(shapes_of(module), 20, SEED)
    S = dense(coordinates)
    theta = torch.zeros(20, requires_grad=True)
    optimiser = make(theta)  # type: ignore[operator]
    for _ in range(5):
        optimiser.zero_grad()
        moved = {
            name: weights[name] + torch.tensordot(theta, columns, 1) for name, columns in S.items()
        }
        nn.functional.cross_entropy(functional_call(module, moved, (X,)), y).backward()
        optimiser.step()
    told = recipe(learning_rate=0.3, epochs=5, **entries)
    found = train(module, weights, coordinates, X, y, told, seed=0, round=0, rounds=1)
    np.testing.assert_allclose(found.theta, theta.detach().numpy(), rtol=2e-4, atol=1e-6)


def test_a_linear_model_reaches_least_squares_in_the_subspace() -> None:
    module = nn.Linear(10, 2)
    torch.manual_seed(3)
    weights = {"weight": torch.randn(2, 10), "bias": torch.randn(2)}
    X, Y = torch.randn(60, 10), torch.randn(60, 2)
    coordinates = Coordinates.of(shapes_of(module), 7, SEED)
    S = dense(coordinates)
    columns = torch.stack([X @ S["weight"][i].T + S["bias"][i] for i in range(7)])
    left = (Y - X @ weights["weight"].T - weights["bias"]).double().flatten().numpy()
    best = np.linalg.lstsq(columns.double().flatten(1).numpy().T, left, rcond=None)[0]
    told = recipe(loss="squared", learning_rate=0.1, epochs=300)
    found = train(module, weights, coordinates, X, Y, told, seed=0, round=0, rounds=1)
    np.testing.assert_allclose(found.theta, best, atol=1e-5)


def test_the_gradient_is_clipped_to_its_norm() -> None:
    module, (X, y) = network(), rows(40)
    coordinates = Coordinates.of(shapes_of(module), 20, SEED)
    told = recipe(learning_rate=2.0, clip_norm=1e-3)
    found = train(module, weights_of(module), coordinates, X, y, told, seed=0, round=0, rounds=1)
    assert np.linalg.norm(found.theta) == pytest.approx(2e-3, rel=1e-3)


def test_learning_rates_follow_round_and_step() -> None:
    """With gradients clipped to length 1, a step is as long as its rate."""
    module, (X, y) = network(), rows(30)
    coordinates = Coordinates.of(shapes_of(module), 20, SEED)

    def length(**entries: object) -> float:
        told = recipe(
            clip_norm=1e-3,
            optimiser={"name": "sgd", "momentum": 0.0},
            over_rounds="cosine",
            **entries,
        )
        found = train(
            module, weights_of(module), coordinates, X, y, told, seed=0, round=5, rounds=10
        )
        return float(np.linalg.norm(found.theta))

    assert length() == pytest.approx(0.5e-3, rel=1e-3)
    assert length(over_steps={"name": "constant", "warm_up": 4}) == pytest.approx(
        0.125e-3, rel=1e-3
    )
    # Three steps of 1, 1/4 and 1/16 of the rate, all but along one line.
    stairs = {"name": "step", "every": 1, "ratio": 0.25}
    assert length(over_steps=stairs, epochs=3) == pytest.approx(0.5e-3 * 21 / 16, rel=1e-2)


def test_more_labels_than_one_are_learnt() -> None:
    module, (X, _) = network(outputs=2), rows(200)
    labels = (X[:, :2] > 0).long().numpy()
    coordinates = Coordinates.of(shapes_of(module), 40, SEED)
    told = recipe(loss="bce", batch_size=20, epochs=10, learning_rate=0.2)
    found = train(
        module, weights_of(module), coordinates, X.numpy(), labels, told, seed=0, round=0, rounds=1
    )
    moved = coordinates.at(weights_of(module), torch.tensor(found.theta, dtype=torch.float32))
    assert evaluate(module, moved, X, labels, Loss.BCE).metrics.accuracy > 0.85
    losses = [each.loss for each in found.history]
    assert losses[-1] < losses[0] / 2


def test_the_same_seed_gives_the_same_bytes() -> None:
    module = nn.Sequential(nn.Linear(6, 8), nn.Dropout(0.3), nn.Linear(8, 3))
    X, y = rows(50)
    coordinates = Coordinates.of(shapes_of(module), 20, SEED)
    told = recipe(batch_size=8, epochs=2, learning_rate=0.1, early_stopping={})

    def found(seed: int) -> bytes:
        return train(
            module, weights_of(module), coordinates, X, y, told, seed=seed, round=0, rounds=1
        ).theta.tobytes()

    assert found(1) == found(1)
    assert len({found(seed) for seed in range(3)}) == 3


@pytest.mark.filterwarnings("error")
def test_a_file_of_rows_is_trained_on_as_an_array_is(tmp_path: object) -> None:
    module, (X, y) = network(), rows(50)
    path = f"{tmp_path}/X.npy"
    np.save(path, X.numpy())
    coordinates = Coordinates.of(shapes_of(module), 20, SEED)
    told = recipe(batch_size=8, learning_rate=0.1)
    mapped = np.load(path, mmap_mode="r")
    read = Rows(X.numpy(), y.numpy())
    thetas = [
        train(
            module, weights_of(module), coordinates, each, labels, told, seed=0, round=0, rounds=1
        ).theta
        for each, labels in ((X, y), (mapped, read.y), (read.X, read.y))
    ]
    assert len({theta.tobytes() for theta in thetas}) == 1
