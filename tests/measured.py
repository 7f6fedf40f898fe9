"""Small networks and rows that several tests of measurement look at."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from market.coordinates import Coordinates, shapes_of
from market.measurement import Network, Rows
from market.objectives import Loss
from tests.sketches import SEED

LOSSES = list(Loss)


def network_of(module: nn.Module, loss: Loss, k: int | None = None) -> Network:
    """The module as it is, in fresh coordinates; every weight its own where no k is given."""
    module.eval()
    shapes = shapes_of(module)
    k = k or sum(shape.numel() for shape in shapes.values())
    weights = {name: value.detach().clone() for name, value in module.named_parameters()}
    return Network(module, weights, Coordinates.of(shapes, k, SEED), loss)


def targets(loss: Loss, rows: int, outputs: int) -> Tensor:
    if loss is Loss.CROSS_ENTROPY:
        return torch.randint(0, outputs, (rows,))
    drawn = torch.randn(rows, outputs)
    return (drawn > 0).float() if loss is Loss.BCE else drawn


def linear(loss: Loss, features: int = 4, outputs: int = 3, rows: int = 20) -> tuple[Network, Rows]:
    """Linear in its parameters, so that Gauss-Newton is the Hessian."""
    torch.manual_seed(0)
    network = network_of(nn.Linear(features, outputs), loss)
    return network, Rows(torch.randn(rows, features), targets(loss, rows, outputs))


def convolutional(loss: Loss, k: int = 60, rows: int = 12) -> tuple[Network, Rows]:
    """544 weights, smooth, moved by k numbers."""
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Tanh(), nn.Flatten(), nn.Linear(144, 3))
    return network_of(module, loss, k), Rows(torch.randn(rows, 1, 8, 8), targets(loss, rows, 3))


def mean_loss(network: Network, rows: Rows, theta: Tensor) -> Tensor:
    """By torch's own losses, differentiable."""
    outputs = network.outputs(theta, rows.X)
    y = rows.y.to(outputs.dtype) if rows.y.is_floating_point() else rows.y
    if network.loss is Loss.CROSS_ENTROPY:
        return nn.functional.cross_entropy(outputs, y)
    if network.loss is Loss.SQUARED:
        return nn.functional.mse_loss(outputs, y, reduction="sum") / (2 * len(rows))
    return nn.functional.binary_cross_entropy_with_logits(outputs, y, reduction="sum") / len(rows)


def gauss_newton(network: Network, rows: Rows, theta: Tensor) -> Tensor:
    """(k, k) by its definition: J'M J of every row, M by torch's Hessian in the outputs."""
    total = torch.zeros(network.k, network.k, dtype=theta.dtype)
    for x, y in zip(rows.X, rows.y, strict=True):
        one = Rows(x[None], y[None])
        J = torch.func.jacrev(lambda at, x=x: network.outputs(at, x[None])[0])(theta)
        f = network.outputs(theta, x[None])[0].detach()
        M = torch.func.hessian(lambda at, one=one: _of_outputs(network.loss, at, one))(f)
        total += J.T @ M @ J
    return total / len(rows)


def _of_outputs(loss: Loss, outputs: Tensor, one: Rows) -> Tensor:
    y = one.y.to(outputs.dtype) if one.y.is_floating_point() else one.y
    if loss is Loss.CROSS_ENTROPY:
        return nn.functional.cross_entropy(outputs[None], y)
    if loss is Loss.SQUARED:
        return ((outputs - y[0]) ** 2).sum() / 2
    return nn.functional.binary_cross_entropy_with_logits(outputs, y[0], reduction="sum")
