"""The quadratic game against the loss: exact where the loss is a quadratic, tangent elsewhere."""

from __future__ import annotations

import pytest
import torch

from market.errors import InputError
from market.measurement import energy, expand, expansion_point, losses_at
from market.objectives import Loss
from tests.measured import LOSSES, convolutional, gauss_newton, linear, mean_loss


@pytest.mark.parametrize("length", [0.0, 0.3])
def test_of_a_quadratic_loss_it_is_the_loss_wherever_it_is_expanded(length: float) -> None:
    """A linear model with squared loss: expanding elsewhere changes nothing."""
    network, rows = linear(Loss.SQUARED)
    torch.manual_seed(1)
    point = length * torch.randn(network.k)
    found = expand(network, rows, point, rank=network.k)
    steps = torch.randn(6, network.k, dtype=torch.float64)
    gained = [
        losses_at(network, rows).mean() - losses_at(network, rows, step).mean() for step in steps
    ]
    torch.testing.assert_close(found.value(steps), torch.stack(gained), rtol=1e-6, atol=1e-6)
    assert float(found.value(torch.zeros(network.k))) == 0.0


@pytest.mark.parametrize("loss", LOSSES)
def test_it_touches_the_loss_at_its_point(loss: Loss) -> None:
    """Value up to a constant, first derivative, and Gauss-Newton as the second."""
    network, rows = convolutional(loss)
    point = 0.1 * torch.randn(network.k, dtype=torch.float64)
    found = expand(network, rows, point, rank=network.k)
    slope = torch.func.grad(found.value)(point)
    expected = torch.func.grad(lambda at: mean_loss(network, rows, at))(point)
    torch.testing.assert_close(slope, -expected, rtol=1e-4, atol=1e-6)
    H = gauss_newton(network, rows, point)
    torch.testing.assert_close(2 * found.root.T @ found.root, H, rtol=1e-4, atol=1e-6)


def test_the_linear_part_is_that_of_the_whole_curvature() -> None:
    network, rows = convolutional(Loss.CROSS_ENTROPY)
    point = 0.1 * torch.randn(network.k, dtype=torch.float64)
    few, all_ = (expand(network, rows, point, rank=rank) for rank in (2, network.k))
    assert torch.equal(few.linear, all_.linear)
    assert few.root.shape == (2, network.k)
    torch.testing.assert_close(few.root, all_.root[:2], rtol=1e-4, atol=1e-6)


def test_the_middle_of_a_step_predicts_its_gain_better_than_its_start() -> None:
    network, rows = convolutional(Loss.CROSS_ENTROPY, rows=60)
    step = -0.5 * torch.func.grad(lambda at: mean_loss(network, rows, at))(
        network.origin(torch.float64)
    )
    gained = float(losses_at(network, rows).mean() - losses_at(network, rows, step).mean())
    wrong = [
        abs(float(expand(network, rows, at, rank=network.k).value(step)) - gained)
        for at in (step * 0, step / 2)
    ]
    assert wrong[1] < wrong[0] / 2


def test_the_point_is_half_a_step_of_the_last_rounds_length() -> None:
    step = torch.tensor([3.0, 4.0])
    first = expansion_point(lambda: step, None)
    torch.testing.assert_close(first, 0.3 * step.double())
    later = expansion_point(lambda: step, torch.tensor([0.0, 2.0]))
    torch.testing.assert_close(later, 0.2 * step.double())
    assert torch.equal(expansion_point(lambda: step, torch.zeros(2)), first)
    assert not expansion_point(lambda: 0 * step, None).any()
    with pytest.raises(InputError, match="diverged"):
        expansion_point(lambda: step / 0, None)


def test_what_has_no_derivatives_is_refused() -> None:
    network, rows = linear(Loss.SQUARED)
    with pytest.raises(InputError, match="shape"):
        expand(network, rows, torch.zeros(network.k + 1))
    with pytest.raises(InputError, match="no finite derivatives"):
        expand(network, rows, torch.full((network.k,), torch.inf))


def test_energy_is_half_a_unit_or_the_loss_an_output() -> None:
    assert energy(Loss.CROSS_ENTROPY, 2.3, 10) == energy(Loss.BCE, 0.7, 4) == 0.5
    assert energy(Loss.SQUARED, 3.0, 4) == 0.75
