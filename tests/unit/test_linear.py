from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from market.errors import InputError
from market.training.evaluation import evaluate
from market.training.linear import pick_device, train, train_centralised
from market.training.plan import TrainingPlan

FULL_BATCH = TrainingPlan(learning_rate=0.1, epochs=1, batch_size=1_000)


def rows(seed: int, n: int = 40) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    X = np.hstack([generator.normal(size=(n, 3)), np.ones((n, 1))])
    return X, (X[:, 0] > 0).astype(np.int64) + (X[:, 1] > 1)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_one_full_batch_step_is_the_gradient_of_the_squared_loss(seed: int) -> None:
    X, y = rows(seed)
    weights = np.random.default_rng(seed).normal(size=(4, 3))
    gradient = X.T @ (X @ weights - np.eye(3)[y]) / len(X)
    delta = train(weights, X, y, FULL_BATCH, seed=0)
    assert delta == pytest.approx(-0.1 * gradient, abs=1e-5)


def test_momentum_and_weight_decay_follow_their_definitions() -> None:
    X, y = rows(1)
    weights = np.full((4, 3), 0.5)
    velocity, expected = np.zeros((4, 3)), weights.copy()
    for _ in range(3):
        gradient = X.T @ (X @ expected - np.eye(3)[y]) / len(X) + 0.01 * expected
        velocity = 0.9 * velocity + gradient
        expected = expected - 0.1 * velocity
    plan = TrainingPlan(0.1, epochs=3, batch_size=1_000, momentum=0.9, weight_decay=0.01)
    assert weights + train(weights, X, y, plan, seed=0) == pytest.approx(expected, abs=1e-5)


def test_long_training_reaches_least_squares() -> None:
    X, y = rows(2)
    plan = TrainingPlan(0.1, epochs=1_000, batch_size=1_000)
    optimum = np.linalg.lstsq(X, np.eye(3)[y], rcond=None)[0]
    assert train_centralised(X, y, 3, plan, rounds=2, seed=0) == pytest.approx(optimum, abs=1e-4)


def test_a_seed_repeats_training_bit_for_bit_and_another_changes_it() -> None:
    X, y = rows(3)
    plan = TrainingPlan(epochs=2, batch_size=8)
    first, again, other = (train(np.zeros((4, 3)), X, y, plan, seed) for seed in (7, 7, 8))
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()
    assert first.dtype == np.float64


def test_divergence_is_reported_with_a_way_out() -> None:
    X, y = rows(4)
    with pytest.raises(InputError, match="diverged at learning rate 100") as caught:
        train(np.zeros((4, 3)), X, y, TrainingPlan(100.0, epochs=200), seed=0)
    assert "lower the learning rate" in caught.value.hint


def test_accuracy_counts_rows_whose_largest_output_is_the_label() -> None:
    X = np.array([[1.0, 0.0], [0.0, 1.0], [2.0, 1.0], [0.0, 3.0]])
    assert evaluate(np.eye(2), X, np.array([0, 1, 1, 1])) == 0.75


def test_rows_that_do_not_fit_are_refused() -> None:
    X, y = rows(5)
    weights = np.zeros((4, 3))
    for bad_weights, bad_X, bad_y in (
        (weights[:3], X, y),
        (weights, X[:0], y[:0]),
        (weights, X, y[:-1]),
        (weights, X, y + 3),
        (weights, X, y - 3),
        (weights * np.nan, X, y),
        (weights, X + np.inf, y),
    ):
        with pytest.raises(InputError):
            train(bad_weights, bad_X, bad_y, FULL_BATCH, seed=0)


@pytest.mark.parametrize(
    "options",
    [
        {"learning_rate": 0.0},
        {"learning_rate": float("nan")},
        {"learning_rate": float("inf")},
        {"epochs": 0},
        {"batch_size": 0},
        {"momentum": 1.0},
        {"weight_decay": -1.0},
    ],
)
def test_plans_out_of_range_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(InputError, match=next(iter(options))):
        TrainingPlan(**options)  # type: ignore[arg-type]


def test_devices_are_picked_by_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert [pick_device(name).type for name in ("auto", "cpu", "cuda")] == ["cuda", "cpu", "cuda"]
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert pick_device("auto").type == "cpu"
    with pytest.raises(InputError, match="no CUDA"):
        pick_device("cuda")
    with pytest.raises(InputError, match="no device 'tpu'"):
        pick_device("tpu")
