"""Training many clients at once is training each of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from market.errors import InputError
from market.optimisers.local import Controls, train_locally
from market.training.linear import train
from market.training.many import ManyClients
from market.training.plan import TrainingPlan

plans = st.builds(
    TrainingPlan,
    learning_rate=st.sampled_from([0.01, 0.1]),
    epochs=st.integers(1, 3),
    batch_size=st.integers(1, 12),
    momentum=st.sampled_from([0.0, 0.9]),
    weight_decay=st.sampled_from([0.0, 0.1]),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 20), min_size=1, max_size=6), plans, st.integers(0, 2**31))
def test_it_agrees_with_one_at_a_time(sizes: list[int], plan: TrainingPlan, seed: int) -> None:
    generator = np.random.default_rng(seed)
    rows = [(generator.normal(size=(n, 4)), generator.integers(0, 3, n)) for n in sizes]
    weights = generator.normal(size=(4, 3))
    seeds = generator.integers(0, 2**31, len(sizes)).tolist()
    found = ManyClients(rows, 3).train(weights, plan, seeds)
    for (X, y), own, delta in zip(rows, seeds, found, strict=True):
        np.testing.assert_allclose(delta, train(weights, X, y, plan, own), rtol=2e-3, atol=2e-5)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.integers(1, 20), min_size=1, max_size=6),
    plans,
    st.sampled_from([0.0, 0.7]),
    st.booleans(),
    st.integers(0, 2**31),
)
def test_proximal_term_and_correction_are_those_of_any_module(
    sizes: list[int], plan: TrainingPlan, mu: float, scaffold: bool, seed: int
) -> None:
    if scaffold:
        plan = replace(plan, momentum=0.0)
    generator = np.random.default_rng(seed)
    rows = [(generator.normal(size=(n, 4)), generator.integers(0, 3, n)) for n in sizes]
    weights = generator.normal(size=(4, 3))
    seeds = generator.integers(0, 2**31, len(sizes)).tolist()
    server, own = generator.normal(size=12), generator.normal(size=(len(sizes), 12))
    correction = (server - own).reshape(-1, 4, 3) if scaffold else None
    found = ManyClients(rows, 3).train(weights, plan, seeds, mu, correction)
    module = _Matrix(weights)
    for client, (X, y) in enumerate(rows):
        update = train_locally(
            module,
            torch.as_tensor(X, dtype=torch.float32),
            nn.functional.one_hot(torch.as_tensor(y), 3).float(),
            plan,
            seeds[client],
            lambda outputs, targets: (outputs - targets).square().sum() / (2 * len(targets)),
            mu,
            Controls(server, own[client]) if scaffold else None,
        )
        assert update.steps == plan.steps(len(y))
        np.testing.assert_allclose(found[client].reshape(-1), update.delta, rtol=2e-3, atol=2e-5)


class _Matrix(nn.Module):
    def __init__(self, weights: npt.NDArray[np.float64]) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.as_tensor(weights, dtype=torch.float32))

    def forward(self, X: Tensor) -> Tensor:
        return X @ self.weights


def test_what_does_not_fit_is_refused() -> None:
    rows = [(np.ones((2, 3)), np.array([0, 1]))]
    with pytest.raises(InputError, match="no clients"):
        ManyClients([], 2)
    with pytest.raises(InputError, match="label"):
        ManyClients(rows, 1)
    with pytest.raises(InputError, match="do not fit"):
        ManyClients([*rows, (np.ones((2, 4)), np.array([0, 1]))], 2)
    clients = ManyClients(rows, 2)
    with pytest.raises(InputError, match="2 seeds"):
        clients.train(np.zeros((3, 2)), TrainingPlan(), [1, 2])
    with pytest.raises(InputError, match="a correction of shape"):
        clients.train(np.zeros((3, 2)), TrainingPlan(), [1], correction=np.zeros((2, 3, 2)))
    with pytest.raises(InputError, match="diverged"):
        clients.train(np.zeros((3, 2)), TrainingPlan(learning_rate=100.0, epochs=200), [1])
