"""Eigenpairs by factors and by products against torch's decomposition."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from market.measurement import spectrum as module
from market.measurement.krylov import leading
from market.measurement.spectrum import MEMORY, by_factors, canonical, spectrum
from market.objectives import Loss
from tests.measured import convolutional, gauss_newton

CPU = torch.device("cpu")


@settings(max_examples=25)
@given(st.integers(2, 150), st.integers(1, 20), st.integers(0, 1000))
def test_the_leading_eigenpairs_of_a_matrix(k: int, rank: int, seed: int) -> None:
    rank = min(rank, k)
    generator = torch.Generator().manual_seed(seed)
    axes = torch.linalg.qr(torch.randn(k, k, generator=generator, dtype=torch.float64))[0]
    expected = 1.0 / torch.arange(1, k + 1, dtype=torch.float64) ** 1.5
    matrix = (axes * expected) @ axes.T
    values, vectors = leading(lambda some: some @ matrix, k, rank, 8, CPU)
    torch.testing.assert_close(values, expected[:rank], rtol=1e-8, atol=0)
    torch.testing.assert_close(vectors @ vectors.T, torch.eye(rank, dtype=torch.float64))
    torch.testing.assert_close(vectors @ matrix, values[:, None] * vectors, rtol=1e-3, atol=1e-5)


def test_a_matrix_of_few_dimensions_has_zeros_after_them() -> None:
    torch.manual_seed(0)
    factor = torch.randn(3, 100, dtype=torch.float64)
    matrix = factor.T @ factor
    values, _ = leading(lambda some: some @ matrix, 100, 10, 8, CPU)
    torch.testing.assert_close(values[:3], torch.linalg.eigvalsh(factor @ factor.T).flip(0))
    assert values[3:].abs().max() < 1e-10


@pytest.mark.parametrize("loss", list(Loss))
def test_factors_and_products_find_the_same(loss: Loss, monkeypatch: pytest.MonkeyPatch) -> None:
    network, rows = convolutional(loss)
    theta = network.origin(torch.float64)
    first = spectrum(network, rows, theta, 8)
    expected = torch.linalg.eigvalsh(gauss_newton(network, rows, theta)).flip(0)[:8]
    torch.testing.assert_close(first.values, expected)
    monkeypatch.setattr(module, "by_factors", lambda *_: False)
    second = spectrum(network, rows, theta, 8)
    torch.testing.assert_close(second.values, expected)
    torch.testing.assert_close(second.root(8).T @ second.root(8), first.root(8).T @ first.root(8))


def test_factors_are_made_where_they_are_cheaper_and_fit() -> None:
    assert by_factors(outputs=10, k=1976, rank=48, memory=MEMORY)
    assert not by_factors(outputs=30_000, k=1976, rank=48, memory=MEMORY)
    assert not by_factors(outputs=10, k=8000, rank=48, memory=MEMORY)


def test_signs_are_canonical_and_roots_are_filled_with_zeros() -> None:
    vectors = torch.tensor([[0.6, -0.8], [-0.8, -0.6]], dtype=torch.float64)
    assert torch.equal(canonical(vectors), -vectors)
    assert torch.equal(canonical(-vectors), -vectors)
    found = module.Spectrum(torch.tensor([4.0, 1.0]).double(), -vectors).root(3)
    torch.testing.assert_close(
        found, torch.tensor([[-1.2, 1.6], [0.8, 0.6], [0.0, 0.0]], dtype=torch.float64)
    )
