"""Honest machines agree whatever their eigenvectors; who bends anything does not."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from market.contribution.grid import Grid, Step
from market.contribution.lowrank import STATS_BITS
from market.measurement import (
    Assessment,
    Expansion,
    Measured,
    Tolerance,
    agrees,
    assess,
    distance,
    quantised,
)
from market.measurement.spectrum import Spectrum

GRID = Grid(8, stats_bits=STATS_BITS, moves=Step.EXACT)
K, RANK = 200, 8


def expansion(values: list[float], seed: int = 0) -> Expansion:
    generator = torch.Generator().manual_seed(seed)
    axes = torch.linalg.qr(torch.randn(K, len(values), generator=generator).double())[0].T
    linear = torch.randn(K, generator=generator).double() / 10
    eigenvalues = torch.tensor(values, dtype=torch.float64)
    return Expansion(linear, Spectrum(eigenvalues, axes), RANK, torch.zeros(K))


def of_axes(mine: Expansion, values: Tensor, vectors: Tensor) -> Expansion:
    return replace(mine, curvature=Spectrum(values, vectors))


def said(by: Expansion) -> Measured:
    losses = torch.linspace(0, 2, 50, dtype=torch.float64)
    return Measured(assess(losses, losses + losses.sin(), GRID), quantised(by, GRID))


MINE = expansion([1.0, 0.8, 0.7, 0.5, 0.3, 0.2, 0.1, 0.05, 0.04999, 0.03, 0.02])
OWN = said(MINE).assessment


def judged(theirs: Expansion) -> tuple[str, ...]:
    return agrees(MINE, OWN, said(theirs))


def test_the_same_agrees() -> None:
    assert judged(MINE) == ()
    found = distance(MINE, OWN, said(MINE))
    assert (found.utility, found.spread, found.curvature, found.missing) == (0, 0, 0, 0)


def test_signs_and_order_of_eigenvectors_are_free() -> None:
    values, vectors = MINE.curvature.values[:RANK], MINE.curvature.vectors[:RANK]
    assert judged(of_axes(MINE, values, -vectors)) == ()
    assert judged(of_axes(MINE, values.flip(0), vectors.flip(0))) == ()


def test_any_of_two_equal_eigenvectors_may_stand_last() -> None:
    """The eighth and ninth differ by 0.02 %: another machine's noise may swap or turn them."""
    values, vectors = MINE.curvature.values.clone(), MINE.curvature.vectors.clone()
    swapped = vectors.clone()
    swapped[[7, 8]] = vectors[[8, 7]]
    assert judged(of_axes(MINE, values, swapped)) == ()
    turned = vectors.clone()
    turned[7] = (vectors[7] + vectors[8]) / 2**0.5
    turned[8] = (vectors[7] - vectors[8]) / 2**0.5
    assert judged(of_axes(MINE, values, turned)) == ()


def test_small_noise_agrees_and_larger_does_not() -> None:
    generator = torch.Generator().manual_seed(5)
    noise = torch.randn(MINE.curvature.vectors.shape, generator=generator).double()
    for size, agreed in ((1e-6, True), (1e-2, False)):
        moved = MINE.curvature.vectors + size * noise / K**0.5
        assert (judged(of_axes(MINE, MINE.curvature.values, moved)) == ()) is agreed


@pytest.mark.parametrize("place", [0, 3, 7])
def test_a_curvature_that_is_bent_is_seen(place: int) -> None:
    """Too much along a direction, too little, one left out, or one of their own put in."""
    for factor in (0.9, 1.1, 0.0):
        values = MINE.curvature.values.clone()
        values[place] *= factor
        seen = judged(of_axes(MINE, values, MINE.curvature.vectors))
        assert any("curvature" in reason for reason in seen)
    vectors = MINE.curvature.vectors.clone()
    vectors[place] = expansion([1.0] * 11, seed=9).curvature.vectors[0]
    assert judged(of_axes(MINE, MINE.curvature.values, vectors)) != ()


def test_a_bent_linear_part_utility_or_spread_is_seen() -> None:
    assert judged(replace(MINE, linear=1.01 * MINE.linear)) == (
        "the linear part is apart by 0.01, more than 0.0001",
    )
    theirs = said(MINE)
    for other in (
        Assessment(OWN.utility + abs(OWN.utility) // 1000, OWN.spread),
        Assessment(OWN.utility, 2 * OWN.spread),
    ):
        reasons = agrees(MINE, OWN, replace(theirs, assessment=other))
        assert len(reasons) == 1


def test_another_shape_is_a_reason_and_no_error() -> None:
    fewer = replace(MINE, rank=RANK - 1)
    assert "not (8, 200)" in agrees(MINE, OWN, said(fewer))[0]


def test_a_yardstick_made_smaller_is_judged_by_what_it_stands_for() -> None:
    large = replace(
        MINE,
        linear=1e14 * MINE.linear,
        curvature=Spectrum(1e14 * MINE.curvature.values, MINE.curvature.vectors),
    )
    theirs = said(large)
    assert theirs.yardstick.halvings > 0
    assert agrees(large, OWN, theirs) == ()
    assert agrees(MINE, OWN, theirs) != ()


def test_a_flat_loss_agrees_with_itself_alone() -> None:
    flat = replace(
        MINE,
        linear=0 * MINE.linear,
        curvature=Spectrum(0 * MINE.curvature.values, MINE.curvature.vectors),
    )
    assert agrees(flat, OWN, said(flat)) == ()
    assert agrees(flat, OWN, said(MINE), Tolerance(curvature=1e-2)) != ()
