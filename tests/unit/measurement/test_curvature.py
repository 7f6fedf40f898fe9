"""Gauss-Newton in three ways against its definition and against torch's Hessian."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from market.errors import InputError
from market.measurement.factors import factor_bytes, factors, gram
from market.measurement.output_curvature import hessian_product, hessian_root
from market.measurement.products import gauss_newton_times
from market.objectives import Loss
from tests.measured import LOSSES, convolutional, gauss_newton, linear, mean_loss

LARGE = 1 << 30


def point(k: int) -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return 0.1 * torch.randn(k, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("loss", LOSSES)
def test_of_a_model_linear_in_its_parameters_it_is_the_hessian(loss: Loss) -> None:
    network, rows = linear(loss)
    theta = point(network.k)
    H = torch.func.hessian(lambda at: mean_loss(network, rows, at))(theta)
    torch.testing.assert_close(gram(network, rows, theta, LARGE), H)


@pytest.mark.parametrize("loss", LOSSES)
def test_of_a_network_it_is_its_definition_and_not_the_hessian(loss: Loss) -> None:
    network, rows = convolutional(loss)
    theta = point(network.k)
    found, expected = gram(network, rows, theta, LARGE), gauss_newton(network, rows, theta)
    torch.testing.assert_close(found, expected)
    H = torch.func.hessian(lambda at: mean_loss(network, rows, at))(theta)
    assert (H - expected).abs().max() > 1e-4


@pytest.mark.parametrize("loss", LOSSES)
def test_products_are_those_of_the_matrix(loss: Loss) -> None:
    network, rows = convolutional(loss)
    theta = point(network.k)
    vectors = torch.randn(5, network.k, dtype=torch.float64)
    for at_once in (1, 2, 16):
        found = gauss_newton_times(network, rows, theta, vectors, at_once)
        torch.testing.assert_close(found, vectors @ gauss_newton(network, rows, theta))


@pytest.mark.parametrize("factor_count", [1, 2, 7, 36])
def test_any_memory_gives_the_same_matrix(factor_count: int) -> None:
    network, rows = convolutional(Loss.CROSS_ENTROPY)
    theta = point(network.k)
    memory = factor_count * factor_bytes(network, theta.dtype)
    blocks = [len(block) for block in factors(network, rows, theta, memory)]
    assert max(blocks) <= factor_count
    assert sum(blocks) == 3 * len(rows)
    whole = gram(network, rows, theta, LARGE)
    torch.testing.assert_close(gram(network, rows, theta, memory), whole, rtol=1e-12, atol=1e-14)


def test_too_little_memory_is_refused() -> None:
    network, rows = convolutional(Loss.SQUARED)
    with pytest.raises(InputError, match="do not hold one factor of 475 weights"):
        gram(network, rows, point(network.k), factor_bytes(network, torch.float64) - 1)


@settings(max_examples=40)
@given(
    st.sampled_from(LOSSES),
    st.lists(st.floats(-30, 30), min_size=2, max_size=5),
    st.integers(0, 1000),
)
def test_the_root_of_the_hessian_in_the_outputs(loss: Loss, row: list[float], seed: int) -> None:
    outputs = torch.tensor([row], dtype=torch.float64)
    C = len(row)

    def of_outputs(at: Tensor) -> Tensor:
        if loss is Loss.CROSS_ENTROPY:
            return nn.functional.cross_entropy(at, torch.tensor(seed % C))
        if loss is Loss.SQUARED:
            return ((at - seed) ** 2).sum() / 2
        target = torch.full((C,), float(seed % 2), dtype=torch.float64)
        return nn.functional.binary_cross_entropy_with_logits(at, target, reduction="sum")

    M = torch.func.hessian(of_outputs)(outputs[0])
    Q = hessian_root(loss, outputs)[0]
    torch.testing.assert_close(Q.T @ Q, M, rtol=1e-9, atol=1e-12)
    vector = torch.randn(3, 1, C, generator=torch.Generator().manual_seed(seed)).double()
    found = hessian_product(loss, outputs, vector)
    torch.testing.assert_close(found[:, 0], vector[:, 0] @ M, rtol=1e-9, atol=1e-12)
