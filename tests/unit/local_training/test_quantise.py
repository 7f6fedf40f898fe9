from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.contribution.grid import Grid
from market.errors import InputError
from market.game.clipping import ONE, clip
from market.local_training import quantise


def test_entries_are_the_nearest_integers() -> None:
    found = quantise(np.array([1.0, -0.5, 0.6 / 8192, 0.4 / 8192]))
    assert found.integers == [8192, -4096, 1, 0]
    assert all(type(entry) is int for entry in found.integers)
    assert found.square == 8192**2 + 4096**2 + 1
    assert found.kept == 1.0


@given(st.lists(st.floats(-1.9, 1.9), min_size=1, max_size=20))
def test_within_its_range_it_is_the_markets_grid(theta: list[float]) -> None:
    vector = np.array(theta)
    assert quantise(vector).integers == Grid(8).quantise(vector)[0].tolist()


def test_the_range_ends_where_the_circuits_does() -> None:
    assert quantise(np.array([15_999 / 8192])).integers == [15_999]
    with pytest.raises(InputError, match=r"an entry of 1.95: the grid ends at 1.953"):
        quantise(np.array([-16_000 / 8192]))
    with pytest.raises(InputError, match=r"an entry of 1.56: the grid ends"):
        quantise(np.array([0.0, 1.5625]), scale_bits=14)


def test_a_limit_below_zero_is_refused() -> None:
    with pytest.raises(InputError, match="at most -1"):
        quantise(np.zeros(2), -1)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_refused(bad: float) -> None:
    with pytest.raises(InputError, match="NaN or infinity"):
        quantise(np.array([0.0, bad]))


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=20), st.integers(0, 2 * 15_999**2))
def test_a_shortened_theta_never_exceeds_the_limit(theta: list[float], limit: int) -> None:
    try:
        found = quantise(np.array(theta), limit)
    except InputError:
        assert limit > 15_999**2  # one entry can be too long within the limit
        return
    assert found.square == sum(entry * entry for entry in found.integers) <= limit
    assert 0 <= found.kept <= 1


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=20), st.none() | st.integers(0, 10**9))
def test_what_is_made_to_fit_fits(theta: list[float], limit: int | None) -> None:
    found = quantise(np.array(theta), limit, fit=True)
    assert max(abs(entry) for entry in found.integers) <= 15_999
    assert limit is None or found.square <= limit
    exact = np.array(theta) * 8192 * found.kept
    assert np.abs(exact - found.integers).max() < 1 + 1e-6


def test_shortening_keeps_the_direction_and_all_the_length_that_is_allowed() -> None:
    theta = np.random.default_rng(0).normal(size=984)
    found = quantise(theta, 8192**2)
    ours = np.array(found.integers)
    cosine = ours @ theta / np.linalg.norm(ours) / np.linalg.norm(theta)
    assert cosine > 0.999
    assert 0.99 < np.linalg.norm(ours) / 8192 <= 1
    assert found.kept == pytest.approx(1 / np.linalg.norm(theta), rel=1e-3)


def test_who_keeps_to_the_limit_is_not_clipped_by_the_contract() -> None:
    generator = np.random.default_rng(1)
    others = [quantise(0.02 * generator.normal(size=100)) for _ in range(7)]
    limit = sorted(each.square for each in others)[3]
    for theta_limit, whole in ((limit, True), (None, False)):
        own = quantise(0.1 * generator.normal(size=100), theta_limit)
        squares = [own.square, *(each.square for each in others)]
        weights = clip(squares, [100] * 8, [1] * 8)
        assert (weights[0] == ONE) is whole
