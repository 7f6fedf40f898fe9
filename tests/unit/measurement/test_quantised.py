"""An expansion on the proof's grid: what rounding does to values, and bounds that hold."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from market.contribution.claims import claims_about_origin, game_of_claims
from market.contribution.exact import as_integers
from market.contribution.grid import Grid, Step
from market.contribution.lowrank import STATS_BITS, LowRankStatistics
from market.errors import InputError
from market.game.in_run import in_run
from market.measurement import Expansion, expand, quantised
from market.measurement.quantised import fits
from market.measurement.spectrum import Spectrum
from market.objectives import Loss
from tests.measured import convolutional

GRID = Grid(8, stats_bits=STATS_BITS, moves=Step.EXACT)
CLAIMS, WITH_MODEL = 1 << 120, 1 << 170
"""Bounds of the contract: of products of deltas, of products with c."""


def drawn(k: int, rank: int, seed: int, scale: float) -> Expansion:
    generator = torch.Generator().manual_seed(seed)
    axes = torch.linalg.qr(torch.randn(k, rank, generator=generator, dtype=torch.float64))[0].T
    values = torch.rand(rank, generator=generator, dtype=torch.float64).sort(descending=True)[0]
    linear = torch.randn(k, generator=generator, dtype=torch.float64)
    spectrum = Spectrum(scale * values, axes)
    return Expansion(scale * linear, spectrum, rank, torch.zeros(k))


@settings(max_examples=40)
@given(st.integers(4, 40), st.integers(1, 4), st.integers(0, 1000), st.floats(-3, 3))
def test_rounding_moves_a_value_by_no_more_than_it_may(
    k: int, rank: int, seed: int, exponent: float
) -> None:
    """B moves by at most a half of 2^-13 an entry, and c by 2^-60: |B t| by sqrt(m k) |t| 2^-14."""
    expansion = drawn(k, rank, seed, 10.0**exponent)
    found = quantised(expansion, GRID)
    assert found.halvings == 0
    generator = np.random.default_rng(seed)
    step = generator.integers(-16_000, 16_000, k) << 20
    theta = torch.from_numpy(step / GRID.model_unit)
    exact, length = float(expansion.value(theta)), float(theta.norm())
    image = float((expansion.root @ theta).norm())
    moved = (rank * k) ** 0.5 * length * 2.0**-14
    allowed = 2 * image * moved + moved**2 + k * length * 2.0**-58 + 1e-9 * (1 + abs(exact))
    assert abs(found.value(step.tolist()) - exact) <= allowed
    np.testing.assert_allclose(found.root, expansion.root.numpy(), atol=2.0**-14, rtol=0)
    np.testing.assert_allclose(found.linear, expansion.linear.numpy(), atol=1e-12)


@settings(max_examples=30)
@given(st.integers(3, 40), st.integers(1, 3), st.integers(0, 1000), st.floats(0, 30))
def test_whatever_is_committed_can_be_proven_and_has_the_same_shares(
    k: int, rank: int, seed: int, exponent: float
) -> None:
    expansion = drawn(k, rank, seed, 10.0**exponent)
    found = quantised(expansion, GRID)
    generator = np.random.default_rng(seed)
    deltas = [as_integers(generator.integers(-15_999, 16_000, k)) for _ in range(3)]
    statistics = found.statistics
    claims = claims_about_origin(statistics.root, statistics.target, deltas)
    assert max(abs(claim) for claim in claims[:10]) < CLAIMS
    assert max(abs(claim) for claim in claims[10:14]) < WITH_MODEL
    # A round's scores over 4^halvings are the values of the floats.
    game = game_of_claims(claims, 3)
    weights = [1 << 18] * 3
    scores = in_run(game.G, [2 * b for b in game.b], weights).numerators
    steps = sum((delta * (1 << 18) for delta in deltas), np.zeros(k, dtype=np.int64))
    exact = float(expansion.value(torch.from_numpy(steps / GRID.model_unit)))
    total = float(Fraction(sum(scores), GRID.utility_unit)) * 4.0**found.halvings
    size = float((expansion.root.norm() * 2) ** 2 + expansion.linear.norm()) * k
    assert abs(total - exact) <= 1e-3 * size


def test_a_curvature_of_millions_is_made_smaller_by_the_least_that_fits() -> None:
    expansion = drawn(50, 4, 0, 1e13)
    found = quantised(expansion, GRID)
    assert found.halvings > 0
    root, linear = expansion.root.numpy(), expansion.linear.numpy()
    less = found.halvings - 1
    assert not fits(root * 2.0**-less, linear * 4.0**-less, GRID)
    with pytest.raises(InputError, match="would refuse true claims"):
        LowRankStatistics.measured(root, linear, GRID)
    np.testing.assert_allclose(found.root, root, rtol=0, atol=2.0 ** (found.halvings - 14))


def test_nothing_that_is_no_number_is_committed() -> None:
    for scale in (float("nan"), float("inf"), 1e300):
        with pytest.raises(InputError, match=r"NaN or infinity|so steep"):
            quantised(drawn(50, 4, 0, scale), GRID)


def test_a_networks_yardstick_loses_nothing_that_matters() -> None:
    network, rows = convolutional(Loss.CROSS_ENTROPY)
    expansion = expand(network, rows, network.origin(torch.float64))
    found = quantised(expansion, GRID)
    generator = np.random.default_rng(0)
    for _ in range(5):
        step = generator.integers(-800, 800, network.k) << 20
        exact = float(expansion.value(torch.from_numpy(step / GRID.model_unit)))
        assert found.value(step.tolist()) == pytest.approx(exact, rel=1e-3, abs=1e-6)
