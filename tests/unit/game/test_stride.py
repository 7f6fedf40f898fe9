from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from market.contribution.grid import Step
from market.game.clipping import ONE
from market.game.stride import MAX_T, T_BITS, stride, weights_of


@given(st.integers(1, 2**80), st.integers(1, 2**80))
def test_the_exact_step_is_where_the_utility_is_highest(linear: int, quadratic: int) -> None:
    T = stride(Step.EXACT, 1, 0, 1, linear, quadratic)

    def gain(steps: int) -> int:
        """The utility along the direction, in units of 2**(-2 T_BITS)."""
        return (steps * linear << T_BITS) - steps**2 * quadratic

    if T < MAX_T:
        # Rounded down: less than one unit short of the highest.
        assert gain(T) >= gain(T - 1)
        assert gain(T + 1) >= gain(T + 2)


@given(st.integers(-(2**80), 0), st.integers(-(2**80), 2**80))
def test_nothing_moves_where_nothing_is_gained(down: int, any_: int) -> None:
    assert stride(Step.EXACT, 3, 0, 1, down, any_) == 0
    assert stride(Step.EXACT, 3, 0, 1, any_, down) == 0


@given(st.integers(1, 2**80), st.integers(1, 2**80), st.integers(1, 32), st.integers(0, 32))
def test_the_bounded_step_is_no_longer_than_the_mean_of_the_sure(
    linear: int, quadratic: int, count: int, sure: int
) -> None:
    lattice = 1 << 20
    exact = stride(Step.EXACT, count, sure, lattice, linear, quadratic)
    mean = stride(Step.MEAN, sure if 0 < sure < count else count, 0, lattice, 1, 1)
    assert stride(Step.BOUNDED, count, sure, lattice, linear, quadratic) == min(exact, mean)


@given(st.integers(1, 32))
def test_the_mean_shares_the_lattice(count: int) -> None:
    lattice = 144403552893600  # lcm(1, ..., 32)
    T = stride(Step.MEAN, count, 0, lattice, -1, -1)
    weights = weights_of([ONE] * 32, list(range(count)), T)
    assert weights == [lattice // count] * count + [0] * (32 - count)
