"""DP-SGD in coordinates. The accounting is Opacus's, and tested where that is installed."""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from market.coordinates import Coordinates, shapes_of
from market.errors import InputError
from market.local_training import parse_recipe, train
from market.local_training.batches import LabelledRows
from market.local_training.placed import Placed
from market.local_training.privacy import Mechanism, mechanism_for
from market.local_training.private_descent import PrivateDescent
from market.local_training.recipe import Privacy
from market.objectives import Loss

X = torch.randn(40, 6, generator=torch.Generator().manual_seed(1))
Y = X[:, :3].argmax(1)
RECIPE = parse_recipe(
    {
        "loss": "cross-entropy",
        "batch_size": 10,
        "clip_norm": 1e6,
        "optimiser": {"name": "sgd", "momentum": 0.0},
        "privacy": {"epsilon": 4, "delta": 1e-3},
    }
)


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 3))


def descent(mechanism: Mechanism) -> tuple[PrivateDescent, Coordinates, dict[str, Tensor]]:
    module = network()
    weights = {name: value.detach() for name, value in module.named_parameters()}
    coordinates = Coordinates.of(shapes_of(module), 20, bytes(32))
    placed = Placed(module, weights, torch.device("cpu"))
    data = LabelledRows(X, Y, Loss.CROSS_ENTROPY)
    order = torch.Generator()
    made = PrivateDescent(placed, coordinates, data, np.arange(40), RECIPE, order, mechanism)
    return made, coordinates, weights


def test_without_noise_a_step_is_the_sum_of_shortened_gradients() -> None:
    clip = 0.3
    made, coordinates, weights = descent(Mechanism(clip, 0.0, 0.25, 1e-3))
    gradients = []
    for row, label in zip(X, Y, strict=True):
        theta = torch.zeros(20, requires_grad=True)
        outputs = torch.func.functional_call(
            network(), coordinates.at(weights, theta), (row[None],)
        )
        nn.functional.cross_entropy(outputs, label[None]).backward()
        assert theta.grad is not None
        gradients.append(theta.grad / max(1.0, float(theta.grad.norm()) / clip))
    assert min(float(each.norm()) for each in gradients) < clip
    assert sum(math.isclose(float(each.norm()), clip, rel_tol=1e-5) for each in gradients) > 5
    loss = made.step(np.arange(40), 1.0)
    # Forty rows of a batch that has ten on average: Poisson's batches are not divided by their own.
    np.testing.assert_allclose(
        made.theta.detach().numpy(), -(torch.stack(gradients).sum(0) / 10).numpy(), atol=1e-6
    )
    assert 0 < float(loss) < 3


def test_few_at_a_time_are_as_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    thetas = []
    for held in (1 << 26, 300):
        monkeypatch.setattr("market.local_training.private_descent._HELD", held)
        made, _, _ = descent(Mechanism(1.0, 0.0, 0.25, 1e-3))
        made.step(np.arange(40), 1.0)
        thetas.append(made.theta.detach().numpy())
    np.testing.assert_allclose(thetas[0], thetas[1], atol=1e-6)


def test_noise_has_its_deviation_and_falls_on_empty_batches_too() -> None:
    made, _, _ = descent(Mechanism(clip=2.0, noise=3.0, sample_rate=0.25, delta=1e-3))
    steps = []
    for _ in range(200):
        before = made.theta.detach().clone()
        assert float(made.step(np.arange(0), 1.0)) == 0
        steps.append(made.theta.detach() - before)
    deviation = float(torch.stack(steps).std())
    assert deviation == pytest.approx(2.0 * 3.0 / 10, rel=0.06)  # 4,000 draws: 1.1 % a sigma


def test_batches_are_drawn_row_by_row_and_never_twice_the_same() -> None:
    made, _, _ = descent(Mechanism(1.0, 1.0, 0.25, 1e-3))
    sizes = [len(batch) for _ in range(100) for batch in made.batches()]
    assert len(sizes) == 400
    assert np.mean(sizes) == pytest.approx(10, rel=0.06)
    assert np.var(sizes) == pytest.approx(40 * 0.25 * 0.75, rel=0.35)
    other, _, _ = descent(Mechanism(1.0, 1.0, 0.25, 1e-3))
    pairs = zip(made.batches(), other.batches(), strict=True)
    assert not all(np.array_equal(a, b) for a, b in pairs)


def test_without_opacus_it_is_said_how_to_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opacus", None)
    with pytest.raises(InputError, match=r"pip install '.\[privacy\]'"):
        mechanism_for(Privacy(4), 40, 10, 4)


def test_a_delta_that_lets_a_row_be_told_is_refused() -> None:
    with pytest.raises(InputError, match=r"delta = 0.001 with 1000 rows .* below 0.001"):
        mechanism_for(Privacy(4, 1e-3), 1000, 10, 4)


class TestAccounting:
    @pytest.fixture(autouse=True)
    def _opacus(self) -> None:
        pytest.importorskip("opacus")

    def test_all_rounds_together_spend_no_more_than_the_terms_allow(self) -> None:
        for epsilon in (1.0, 4.0):
            mechanism = mechanism_for(Privacy(epsilon, 1e-4), 1000, 50, 400)
            assert 0.9 * epsilon < mechanism.spent(400) <= epsilon
            assert mechanism.spent(100) < mechanism.spent(200) < mechanism.spent(400)

    def test_one_step_on_all_rows_is_the_gaussian_mechanism(self) -> None:
        """Least over orders a of a / (2 noise^2) + log(1 - 1/a) - (log delta + log a) / (a - 1)."""
        spent = Mechanism(1.0, 5.0, 1.0, 1e-5).spent(1)
        orders = np.concatenate([np.arange(1.1, 10.9, 0.1), np.arange(12, 64)])
        bounds = (
            orders / 50
            + np.log((orders - 1) / orders)
            - (math.log(1e-5) + np.log(orders)) / (orders - 1)
        )
        assert spent == pytest.approx(float(bounds.min()), rel=1e-6)

    def test_too_small_an_epsilon_is_said(self) -> None:
        with pytest.raises(InputError, match="epsilon = 1e-09"):
            mechanism_for(Privacy(1e-9, 1e-5), 100, 100, 1000)

    def test_training_tells_what_it_spent(self) -> None:
        module = network()
        weights = {name: value.detach() for name, value in module.named_parameters()}
        coordinates = Coordinates.of(shapes_of(module), 20, bytes(32))
        more: dict[str, Any] = {"seed": 0, "rounds": 3}
        first, last = (
            train(module, weights, coordinates, X, Y, RECIPE, round=round_, **more).epsilon
            for round_ in (0, 2)
        )
        assert first is not None
        assert last is not None
        assert first < last <= 4.0
