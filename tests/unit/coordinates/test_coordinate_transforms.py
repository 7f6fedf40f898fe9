"""Gradients, Jacobians and per-row gradients in theta, against S as a dense matrix."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, hessian, jacfwd, jacrev, jvp, vmap

from market.coordinates import Coordinates, Weights, shapes_of
from tests.sketches import SEED, dense


def small() -> tuple[nn.Module, Coordinates, Weights, Tensor, Tensor]:
    """A network of 544 weights, 100 coordinates, and 12 rows, in float64."""
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Tanh(), nn.Flatten(), nn.Linear(144, 3))
    coordinates = Coordinates.of(shapes_of(module), 100, SEED)
    module.double()
    weights = {name: value.detach() for name, value in module.named_parameters()}
    return module, coordinates, weights, torch.randn(12, 1, 8, 8).double(), torch.arange(12) % 3


def test_a_gradient_in_theta_is_the_projected_gradient() -> None:
    module, coordinates, weights, X, y = small()

    def loss(weights: Weights) -> Tensor:
        return nn.functional.cross_entropy(functional_call(module, weights, X), y)

    theta = torch.zeros(100, dtype=torch.float64)
    found = grad(lambda theta: loss(coordinates.at(weights, theta)))(theta)
    torch.testing.assert_close(found, coordinates.project(grad(loss)(weights)))
    assert found.abs().max() > 1e-3

    leaf = theta.clone().requires_grad_()
    loss(coordinates.at(weights, leaf)).backward()
    torch.testing.assert_close(leaf.grad, found)


def test_transforms_agree_with_the_dense_map() -> None:
    """Per-row gradients, Jacobians both ways, JVPs and Hessians: what a yardstick takes."""
    module, coordinates, weights, X, y = small()
    theta = 0.1 * torch.randn(100, dtype=torch.float64)

    def outputs(theta: Tensor, X: Tensor) -> Tensor:
        moved = coordinates.at(weights, theta)
        return torch.as_tensor(functional_call(module, moved, X))

    def row_loss(theta: Tensor, x: Tensor, label: Tensor) -> Tensor:
        return nn.functional.cross_entropy(outputs(theta, x[None])[0], label)

    J = jacrev(outputs)(theta, X)
    assert J.shape == (12, 3, 100)
    flat = torch.cat([value.reshape(-1) for value in weights.values()])

    def by_vector(vector: Tensor) -> Tensor:
        sizes = [value.numel() for value in weights.values()]
        parts = zip(weights.items(), torch.split(vector, sizes), strict=True)
        named = {name: part.reshape(value.shape) for (name, value), part in parts}
        return torch.as_tensor(functional_call(module, named, X))

    S = dense(coordinates)
    torch.testing.assert_close(J, jacrev(by_vector)(flat + S @ theta) @ S)
    torch.testing.assert_close(J, jacfwd(outputs)(theta, X))
    torch.testing.assert_close(
        J, vmap(jacrev(lambda at, x: outputs(at, x[None])[0]), (None, 0))(theta, X)
    )
    tangent = torch.randn(100, dtype=torch.float64)
    torch.testing.assert_close(jvp(lambda at: outputs(at, X), (theta,), (tangent,))[1], J @ tangent)
    rows = vmap(grad(row_loss), (None, 0, 0))(theta, X, y)
    mean = grad(lambda at: nn.functional.cross_entropy(outputs(at, X), y))(theta)
    torch.testing.assert_close(rows.mean(0), mean)
    H = hessian(lambda at: nn.functional.cross_entropy(outputs(at, X), y))(theta)
    torch.testing.assert_close(H, H.T)
    assert H.abs().max() > 1e-3
    many = vmap(lambda at: outputs(at, X))(torch.stack([theta, 2 * theta]))
    torch.testing.assert_close(many[1], outputs(2 * theta, X))
