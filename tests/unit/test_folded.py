"""The folded statement against the products, over the integers and in the field."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from circuits.bounds import identity
from circuits.challenges import Probe, powers, squarings
from circuits.folded import FoldedRound
from circuits.shape import DELTA_BOUND, FoldedShape
from market.contribution.claims import claim_count, claims_of, game_of_claims
from market.contribution.exact import as_integers
from market.contribution.grid import Grid
from market.contribution.statistics import ValidationStatistics, round_game
from market.errors import InputError, ProofError
from market.vectors import curvature_and_target, triangle
from zk.binding import Binding, Folded
from zk.field import P, Point, R
from zk.folding import expected_instances, statement, weights


@st.composite
def rounds(draw: st.DrawFn) -> tuple[FoldedShape, list[int], list[list[int]]]:
    """A shape, statistics with a symmetric H, and the vectors of the model and of every slot."""
    shape = FoldedShape(draw(st.integers(3, 5)), draw(st.integers(2, 4)), draw(st.integers(1, 3)))
    generator = random.Random(draw(st.integers(0, 2**32 - 1)))
    F = shape.features
    H = np.array([[generator.randint(-3, 3) for _ in range(F)] for _ in range(F)])
    rest = shape.statistics_length - shape.triangle_length
    tail = [generator.randint(-3, 3) for _ in range(rest)]
    vectors = [
        [generator.randint(-3, 3) for _ in range(shape.vector_length)]
        for _ in range(shape.slots + 1)
    ]
    for unused in range(draw(st.integers(0, shape.slots - 3))):
        vectors[-1 - unused] = [0] * shape.vector_length
    return shape, [*triangle(H + H.T), *tail], vectors


def claims(shape: FoldedShape, statistics: list[int], vectors: list[list[int]]) -> list[int]:
    F, d = shape.features, shape.parameters
    size = (F, shape.classes)
    matrices = [as_integers(vector[:d]).reshape(size) for vector in vectors]
    return claims_of(
        *curvature_and_target(statistics, shape),
        matrices[0],
        matrices[1:],
    )


@settings(max_examples=30)
@given(rounds(), st.integers(-1, 1), st.integers(-1, 1))
def test_the_circuit_outputs_what_the_contract_expects_of_true_claims(
    case: tuple[FoldedShape, list[int], list[list[int]]], gamma: int, delta: int
) -> None:
    shape, statistics, vectors = case
    F, C, d = shape.features, shape.classes, shape.parameters
    u = [gamma ** (2**i) for i in range(shape.slots + 1)]
    folded = [sum(a * b for a, b in zip(u, col, strict=True)) for col in zip(*vectors, strict=True)]
    H, _ = curvature_and_target(statistics, shape)
    curved = (H @ np.array(folded[:d]).reshape(F, C)).reshape(-1).tolist()
    entries = vectors[0] + [entry + DELTA_BOUND for vector in vectors[1:] for entry in vector]
    inputs = [statistics, folded, entries, curved, [gamma, delta]]
    assert [len(each) for each in inputs] == shape.input_lengths
    with torch.no_grad():
        outputs = FoldedRound(shape)(
            *(torch.tensor([each], dtype=torch.float64) for each in inputs)
        )
    assert [len(output) for output in outputs] == shape.output_lengths
    found = [round(value) % R for output in outputs for value in output.tolist()]
    expected = expected_instances(
        claims(shape, statistics, vectors), shape.slots, gamma % R, delta % R
    )
    assert found == expected


@given(rounds(), st.integers(1, R - 1), st.integers(1, R - 1), st.data())
def test_any_wrong_claim_changes_what_is_expected(
    case: tuple[FoldedShape, list[int], list[list[int]]],
    gamma: int,
    error: int,
    data: st.DataObject,
) -> None:
    shape, statistics, vectors = case
    true = claims(shape, statistics, vectors)
    wrong = list(true)
    index = data.draw(st.integers(0, len(true) - 1))
    wrong[index] += error
    n = shape.slots
    assert expected_instances(wrong, n, gamma, 5) != expected_instances(true, n, gamma, 5)


@pytest.fixture
def stated() -> tuple[Binding, Folded, list[int]]:
    """Claims about two deltas."""
    point = Point(1, 2)
    return Binding(point, point, point, (point, point)), Folded(point, point, b"rest"), [5] * 12


def test_a_claim_and_the_word_of_a_negative_one_are_the_same(
    stated: tuple[Binding, Folded, list[int]],
) -> None:
    binding, folded, claims = stated
    words = [R - 3, *claims[1:]]
    assert statement(binding, folded, [-3, *claims[1:]]) == statement(binding, folded, words)


@pytest.mark.parametrize("claim", [R, R + 5, 2**256 - 1, -R])
def test_claims_that_are_no_field_elements_are_refused(
    stated: tuple[Binding, Folded, list[int]], claim: int
) -> None:
    binding, folded, claims = stated
    for index in range(len(claims)):
        with pytest.raises(ProofError, match="order"):
            statement(binding, folded, [*claims[:index], claim, *claims[index + 1 :]])


@pytest.mark.parametrize("wrong", [Point(1, 3), Point(1 + P, 2), Point(1, 2 + P)], ids=str)
@pytest.mark.parametrize("name", ["zero", "model", "deltas"])
def test_vectors_whose_points_are_off_the_curve_are_refused(
    stated: tuple[Binding, Folded, list[int]], name: str, wrong: Point
) -> None:
    binding, folded, claims = stated
    value = (Point(1, 2), wrong) if name == "deltas" else wrong
    with pytest.raises(ProofError, match="curve"):
        statement(replace(binding, **{name: value}), folded, claims)


def test_another_number_of_claims_is_refused(stated: tuple[Binding, Folded, list[int]]) -> None:
    binding, folded, claims = stated
    for others in (claims[:-1], [*claims, 0], []):
        with pytest.raises(ProofError, match="expected 12"):
            statement(binding, folded, others)


def test_sums_of_two_exponents_tell_the_pair() -> None:
    exponents = [2**i for i in range(33)]
    sums = [a + b for i, a in enumerate(exponents) for b in exponents[i:]]
    assert len(set(sums)) == len(sums)
    assert weights(3, 5) == [3, 9, 81, 6561, 43046721]


@given(rounds())
def test_claims_hold_the_game_of_the_round(
    case: tuple[FoldedShape, list[int], list[list[int]]],
) -> None:
    shape, statistics, vectors = case
    F, d = shape.features, shape.parameters
    size = (F, shape.classes)
    matrices = [as_integers(vector[:d]).reshape(size) for vector in vectors]
    known = ValidationStatistics(
        *curvature_and_target(statistics, shape),
        Grid(shape.slots),
        rows=1,
        energy=0,
    )
    stated = claims(shape, statistics, vectors)
    assert len(stated) == claim_count(shape.slots)
    game = game_of_claims(stated, shape.slots)
    assert game == round_game(known, matrices[0], matrices[1:])


def test_claims_of_other_sizes_are_refused() -> None:
    with pytest.raises(ProofError, match="expected 20"):
        game_of_claims([0] * 19, 3)
    square = as_integers(np.eye(2, dtype=np.int64))
    with pytest.raises(InputError, match="shape"):
        claims_of(square, square, square, [as_integers(np.zeros((3, 2), dtype=np.int64))])


def test_the_looked_up_function_is_the_identity_on_the_table() -> None:
    entries = torch.arange(2**17, dtype=torch.float64)
    assert torch.equal(torch.round(identity(entries)), entries)
    assert not identity(torch.tensor([-5.0])).any()


@given(st.sampled_from([-2, -1, 1, 2]), st.integers(1, 20))
def test_powers_and_squarings(base: int, count: int) -> None:
    argument = torch.tensor([float(base)], dtype=torch.float64)
    found = powers(argument, count).tolist()
    assert len(found) == count
    assert found[0] != 0
    assert found == [found[0] * base**i for i in range(count)]
    few = min(count, 8)
    assert [float(v) for v in squarings(argument, few)] == [
        float(base) ** (2**i) for i in range(few)
    ]


@given(st.integers(1, 12), st.integers(1, 12))
def test_the_entries_of_a_tested_vector_meet_different_powers(rows: int, columns: int) -> None:
    """A power of 2 shows its exponent, and is exact as a float."""
    probe = Probe(torch.tensor([2.0], dtype=torch.float64), rows, columns)
    across = probe.across if columns > 1 else torch.ones(1, dtype=torch.float64)
    met = torch.log2(probe.down.reshape(-1, 1) * across).reshape(-1).tolist()
    assert len(set(met)) == rows * columns
    assert min(met) > 0
    assert max(met) <= 8 * max(rows * columns, 2)


@given(st.integers(1, 5), st.integers(1, 5), st.integers(-2, 2))
def test_a_probe_tests_every_entry(rows: int, columns: int, delta: int) -> None:
    """<v, M> is the same by down and across as by the powers that entries meet, one by one."""
    probe = Probe(torch.tensor([float(delta)], dtype=torch.float64), rows, columns)
    across = probe.across if columns > 1 else torch.ones(1, dtype=torch.float64)
    M = torch.arange(1, rows * columns + 1, dtype=torch.float64).reshape(rows, columns)
    met = (probe.down.reshape(-1, 1) * across * M).sum()
    assert torch.matmul(probe.down_to(rows), probe.summed_across(M)).item() == met.item()
