"""Loss and gradient against torch's own, whatever the batch."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from market.errors import InputError
from market.measurement import Network, Rows, gradient_at, losses_at
from market.measurement import losses as module
from market.objectives import Loss
from tests.measured import LOSSES, convolutional, linear, mean_loss, network_of


@pytest.mark.parametrize("loss", LOSSES)
def test_loss_and_gradient_are_those_of_autograd(loss: Loss) -> None:
    network, rows = convolutional(loss)
    theta = 0.1 * torch.randn(network.k, dtype=torch.float64)
    found = losses_at(network, rows, theta)
    assert found.dtype == torch.float64
    assert found.shape == (len(rows),)
    leaf = theta.clone().requires_grad_()
    value = mean_loss(network, rows, leaf)
    value.backward()
    torch.testing.assert_close(found.mean(), value.detach())
    torch.testing.assert_close(gradient_at(network, rows, theta), leaf.grad)


def test_without_a_step_the_model_is_measured_as_it_is() -> None:
    network, rows = linear(Loss.SQUARED)
    at_zero = losses_at(network, rows, torch.zeros(network.k))
    assert torch.equal(losses_at(network, rows), at_zero)


@pytest.mark.parametrize("batch", [1, 5, 12, 100])
def test_batches_of_any_size_give_equal_results(
    batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, rows = convolutional(Loss.CROSS_ENTROPY)
    theta = torch.full((network.k,), 0.02, dtype=torch.float64)
    whole = losses_at(network, rows, theta), gradient_at(network, rows, theta)
    monkeypatch.setattr(module, "BATCH", batch)
    torch.testing.assert_close(losses_at(network, rows, theta), whole[0], rtol=1e-13, atol=1e-13)
    torch.testing.assert_close(gradient_at(network, rows, theta), whole[1], rtol=1e-12, atol=1e-13)


def test_what_cannot_be_measured_is_refused() -> None:
    network, rows = linear(Loss.CROSS_ENTROPY)
    with pytest.raises(InputError, match="NaN"):
        Rows(torch.full((2, 4), torch.nan), rows.y[:2])
    with pytest.raises(InputError, match="3 validation rows with 2"):
        Rows(rows.X[:3], rows.y[:2])
    dropping = nn.Sequential(nn.Linear(4, 3), nn.Dropout())
    weights = {name: value.detach() for name, value in dropping.named_parameters()}
    dropping.eval()[1].train()
    with pytest.raises(InputError, match="1 is in training mode"):
        Network(dropping, weights, network.coordinates, Loss.CROSS_ENTROPY)
    with pytest.raises(InputError, match="weights of"):
        Network(nn.Linear(4, 3).eval(), weights, network.coordinates, Loss.CROSS_ENTROPY)
    flat = network_of(nn.Sequential(nn.Linear(4, 3), nn.Flatten(0)), Loss.SQUARED)
    with pytest.raises(InputError, match="outputs of shape"):
        losses_at(flat, rows)


def test_buffers_and_weights_out_of_scope_stay() -> None:
    torch.manual_seed(0)
    inner = nn.Sequential(nn.Linear(4, 5), nn.BatchNorm1d(5), nn.Linear(5, 2)).eval()
    inner[1].running_mean.fill_(0.5)
    from market.coordinates import Coordinates, shapes_of

    coordinates = Coordinates.of(shapes_of(inner), 3, bytes(32), ["2.*"])
    weights = {name: value.detach() for name, value in inner.named_parameters()}
    network = Network(inner, weights, coordinates, Loss.CROSS_ENTROPY)
    X = torch.randn(6, 4)
    for dtype in (torch.float32, torch.float64):
        expected = inner.to(torch.float32)(X).to(dtype)
        torch.testing.assert_close(network.outputs(network.origin(dtype), X), expected)
    assert float(inner[1].running_mean[0]) == 0.5
