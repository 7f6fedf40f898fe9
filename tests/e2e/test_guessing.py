"""What a commitment tells somebody who can guess the vector: everything, unless it is salted."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from py_ecc.fields import optimized_bn128_FQ as FQ
from py_ecc.optimized_bn128.optimized_curve import Z1, add, multiply, neg, normalize

from circuits.shape import DELTA_BOUND, FoldedShape
from market.vectors import salted
from zk.commit import commit, zero_point
from zk.field import Point
from zk.keys import Keys, circuit_logrows, derive_keys
from zk.plan import Plan
from zk.srs import development_srs

pytestmark = [pytest.mark.e2e, pytest.mark.proof]

PLAN = Plan(freivalds=False)
SHAPE = FoldedShape(slots=4, features=4, classes=2)
CANDIDATES = 200
SALTS = SHAPE.vector_length - SHAPE.parameters
UNSALTED = [0] * SALTS
Curve = tuple[FQ, FQ, FQ]


@pytest.fixture(scope="module")
def keys() -> Keys:
    return derive_keys(SHAPE, development_srs(circuit_logrows(SHAPE, PLAN)), PLAN)


@pytest.fixture(scope="module")
def candidates() -> list[list[int]]:
    """All deltas that a trainer could have, to the guesser's mind: zero, and 199 others."""
    generator = random.Random(7)
    drawn = [
        [generator.randint(1 - DELTA_BOUND, DELTA_BOUND - 1) for _ in range(SHAPE.parameters)]
        for _ in range(CANDIDATES - 1)
    ]
    return [[0] * SHAPE.parameters, *drawn]


@pytest.fixture(scope="module")
def dictionary(keys: Keys, candidates: list[list[int]]) -> dict[Point, int]:
    """The commitment of every candidate as it is."""
    return {commit([*delta, *UNSALTED], keys): i for i, delta in enumerate(candidates)}


def test_without_salt_every_candidate_is_found(
    keys: Keys, candidates: list[list[int]], dictionary: dict[Point, int]
) -> None:
    assert len(dictionary) == CANDIDATES
    for index in (0, 1, 100, CANDIDATES - 1):
        assert dictionary[commit([*candidates[index], *UNSALTED], keys)] == index
    # Who sent nothing is seen at once.
    assert dictionary[zero_point(keys)] == 0


def test_with_salt_no_candidate_is_found(
    keys: Keys, candidates: list[list[int]], dictionary: dict[Point, int]
) -> None:
    for index in (0, 1, 100, CANDIDATES - 1):
        assert commit(salted(candidates[index], SHAPE.vector_length), keys) not in dictionary


def test_without_salt_a_delta_of_another_round_is_recognised_and_with_it_is_not(
    keys: Keys, candidates: list[list[int]]
) -> None:
    delta = candidates[5]
    assert commit([*delta, *UNSALTED], keys) == commit([*delta, *UNSALTED], keys)
    seen = {commit(salted(delta, SHAPE.vector_length), keys) for _ in range(10)}
    assert len(seen) == 10


def test_who_knows_the_vector_but_not_the_salt_cannot_confirm_it(
    keys: Keys, candidates: list[list[int]]
) -> None:
    vector = salted(candidates[3], SHAPE.vector_length)
    delta, salt = vector[:-SALTS], vector[-SALTS:]
    point = commit(vector, keys)
    guesses = [[*delta, *UNSALTED], *(salted(delta, SHAPE.vector_length) for _ in range(20))]
    # Not even who knows all numbers of the salt but not their places, or all but one number.
    guesses += [[*delta, *salt[turn:], *salt[:turn]] for turn in range(1, SALTS)]
    guesses += [[*delta, *salt[:-1], salt[-1] + error] for error in (-1, 1)]
    assert all(commit(guess, keys) != point for guess in guesses)
    assert commit([*delta, *salt], keys) == point


def test_statistics_of_few_possible_validation_sets_are_found_unless_salted(keys: Keys) -> None:
    generator = random.Random(11)
    length = SHAPE.triangle_length + SHAPE.parameters
    unsalted = [0] * (SHAPE.statistics_length - length)
    possible = [[generator.randint(-(2**20), 2**20) for _ in range(length)] for _ in range(20)]
    dictionary = {commit([*each, *unsalted], keys): i for i, each in enumerate(possible)}
    assert dictionary[commit([*possible[13], *unsalted], keys)] == 13
    hidden = salted(possible[13], SHAPE.statistics_length)
    assert len(hidden) == SHAPE.statistics_length
    assert commit(hidden, keys) not in dictionary


def test_meeting_in_the_middle_finds_two_numbers_of_a_salt_for_the_price_of_one(
    keys: Keys, candidates: list[list[int]]
) -> None:
    """k bits of salt cost a guesser 2**(k/2) additions on the curve, not 2**k."""
    bound = 300
    delta, salt = candidates[9], [*UNSALTED[2:], -217, 154]
    zero, base = _curve(zero_point(keys)), [*delta, *UNSALTED]
    first, second = (
        add(_curve(commit([0] * place + [1], keys)), neg(zero))
        for place in (len(base) - 2, len(base) - 1)
    )
    wanted = add(_curve(commit([*delta, *salt], keys)), neg(_curve(commit(base, keys))))
    table = {_affine(each): a for a, each in _multiples(Z1, first, bound)}
    found = [
        (table[left], -b)
        for b, each in _multiples(wanted, second, bound)
        if (left := _affine(each)) in table
    ]
    assert found == [(-217, 154)]


def _multiples(start: Curve, step: Curve, bound: int) -> Iterator[tuple[int, Curve]]:
    """(k, start + k step) for |k| <= bound, with an addition for each."""
    each = add(start, multiply(neg(step), bound))
    for k in range(-bound, bound + 1):
        yield k, each
        each = add(each, step)


def _curve(point: Point) -> Curve:
    return FQ(point.x), FQ(point.y), FQ(1)


def _affine(point: Curve) -> tuple[int, int]:
    x, y = normalize(point)
    return int(x), int(y)
