"""Sums of multiples of points, against py_ecc."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from py_ecc.fields import optimized_bn128_FQ as FQ
from py_ecc.optimized_bn128.optimized_curve import G1, add, is_inf, multiply, normalize

from market.errors import ProofError
from zk.curve import INFINITY, linear_combination
from zk.field import P, Point, R

GENERATOR = Point(1, 2)


def multiple(scalar: int) -> Point:
    return affine(multiply(G1, scalar % R))


def affine(point: tuple[FQ, FQ, FQ]) -> Point:
    if is_inf(point):
        return INFINITY
    x, y = normalize(point)
    return Point(int(x), int(y))


@settings(max_examples=20)
@given(st.lists(st.tuples(st.integers(0, R), st.integers(-R, 2 * R)), max_size=4))
def test_a_sum_is_the_one_of_the_reference(terms: list[tuple[int, int]]) -> None:
    points = [multiple(factor) for factor, _ in terms]
    expected = multiply(G1, 0)
    for factor, scalar in terms:
        expected = add(expected, multiply(G1, factor * scalar % R))
    assert linear_combination(points, [scalar for _, scalar in terms]) == affine(expected)


@given(st.integers(0, 40), st.integers(0, 40))
def test_equal_opposite_and_missing_terms(a: int, b: int) -> None:
    """The cases that the formula for different points leaves out."""
    opposite = Point(1, P - 2)
    assert linear_combination([GENERATOR, GENERATOR], [a, b]) == multiple(a + b)
    assert linear_combination([GENERATOR, opposite], [a, b]) == multiple(a - b)
    assert linear_combination([GENERATOR, INFINITY], [a, b]) == multiple(a)
    assert linear_combination([], []) == INFINITY


@pytest.mark.parametrize(
    "point", [Point(1, 3), Point(1 + P, 2), Point(1, 2 + P), Point(0, P), Point(1, 0)], ids=str
)
def test_what_is_no_point_is_refused(point: Point) -> None:
    with pytest.raises(ProofError, match="not a point"):
        linear_combination([GENERATOR, point], [1, 1])
