"""Modules of other kinds: attention, recurrence, normalisation with pooling, tied weights."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from market.measurement import Rows, gradient_at
from market.measurement.products import gauss_newton_times
from market.measurement.spectrum import row_by_row, spectrum
from market.objectives import Loss
from tests.measured import mean_loss, network_of


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(50, 16)
        self.layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
        self.head = nn.Linear(16, 3)

    def forward(self, x: Tensor) -> Tensor:
        return torch.as_tensor(self.head(self.layer(self.words(x)).mean(1)))


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.GRU(8, 12, batch_first=True)
        self.head = nn.Linear(12, 3)

    def forward(self, x: Tensor) -> Tensor:
        return torch.as_tensor(self.head(self.layer(x)[0][:, -1]))


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(20, 8)
        self.head = nn.Linear(8, 20, bias=False)
        self.head.weight = self.words.weight

    def forward(self, x: Tensor) -> Tensor:
        return torch.as_tensor(self.head(self.words(x).mean(1)))


def pooled() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 3)
    )


CASES = [
    pytest.param(Attention, torch.randint(0, 50, (9, 7)), True, id="attention"),
    pytest.param(Recurrent, torch.randn(9, 5, 8), False, id="recurrent"),
    pytest.param(Tied, torch.randint(0, 20, (9, 4)), True, id="tied"),
    pytest.param(pooled, torch.randn(9, 1, 8, 8), True, id="pooled"),
]


@pytest.mark.parametrize(("make", "X", "apart"), CASES)
def test_derivatives_are_those_of_rows_taken_one_by_one(
    make: type[nn.Module], X: Tensor, apart: bool
) -> None:
    torch.manual_seed(0)
    network, rows = network_of(make(), Loss.CROSS_ENTROPY, k=40), Rows(X, torch.arange(9) % 3)
    theta = network.origin(torch.float64)
    H = torch.zeros(40, 40, dtype=torch.float64)
    for x in X:
        outputs = network.outputs(theta, x[None])[0]
        J = torch.autograd.functional.jacobian(
            lambda at, x=x: network.outputs(at, x[None])[0], theta
        )
        p = outputs.softmax(0)
        H += J.T @ (torch.diag(p) - torch.outer(p, p)) @ J / len(X)
    assert row_by_row(network, rows, theta) is apart
    products = gauss_newton_times(network, rows, theta, torch.eye(40, dtype=torch.float64))
    torch.testing.assert_close(products, H)
    found = spectrum(network, rows, theta, 6)
    torch.testing.assert_close(found.values, torch.linalg.eigvalsh(H).flip(0)[:6])

    leaf = theta.clone().requires_grad_()
    mean_loss(network, rows, leaf).backward()
    torch.testing.assert_close(gradient_at(network, rows, theta), leaf.grad)
