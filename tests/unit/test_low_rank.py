"""The low-rank statement against its definition, over the integers and in the field."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from circuits.lowrank import LowRankRound
from circuits.lowrank_shape import LowRankShape
from circuits.shape import DELTA_BOUND
from market.contribution.claims import claims_about_origin, claims_of, game_of_claims
from market.contribution.exact import as_integers
from market.contribution.grid import Grid, Step
from market.contribution.lowrank import (
    CURVATURE_BOUND,
    STATS_BITS,
    TARGET_BOUND,
    LowRankStatistics,
    root_bits,
    step_value,
)
from market.errors import InputError
from market.game.in_run import in_run, weighted_value
from market.vectors import salted
from zk.field import R
from zk.folding import expected_instances

GRID = Grid(8, stats_bits=STATS_BITS, moves=Step.EXACT)


@dataclass(frozen=True)
class Case:
    """A shape, statistics, and a vector for every slot; so small that floats are exact."""

    shape: LowRankShape
    statistics: list[int]
    deltas: list[list[int]]

    @property
    def root(self) -> np.ndarray:
        end = self.shape.root_length
        return np.array(self.statistics[:end]).reshape(self.shape.rank, self.shape.features)

    @property
    def target(self) -> np.ndarray:
        end = self.shape.root_length
        return np.array(self.statistics[end : end + self.shape.features])

    @property
    def parameters(self) -> list[np.ndarray]:
        """The deltas without their salts."""
        return [np.array(delta[: self.shape.features]) for delta in self.deltas]

    @property
    def claims(self) -> list[int]:
        return claims_about_origin(
            as_integers(self.root), as_integers(self.target), self.parameters
        )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    shape = LowRankShape(
        draw(st.integers(3, 5)), draw(st.integers(2, 7)), rank=draw(st.integers(1, 5))
    )
    generator = random.Random(draw(st.integers(0, 2**32 - 1)))
    statistics = [generator.randint(-3, 3) for _ in range(shape.statistics_length)]
    deltas = [
        [generator.randint(-3, 3) for _ in range(shape.vector_length)] for _ in range(shape.slots)
    ]
    for unused in range(draw(st.integers(0, shape.slots - 3))):
        deltas[-1 - unused] = [0] * shape.vector_length
    return Case(shape, statistics, deltas)


def outputs_of(case: Case, combination: list[int], gamma: int, delta: int) -> list[int]:
    shape = case.shape
    curved = (case.root @ np.array(combination[: shape.features])).tolist()
    entries = shape.entries([], case.deltas)
    inputs = [case.statistics, combination, entries, curved, [gamma, delta]]
    assert [len(each) for each in inputs] == shape.input_lengths
    with torch.no_grad():
        outputs = LowRankRound(shape)(
            *(torch.tensor([each], dtype=torch.float64) for each in inputs)
        )
    assert [len(output) for output in outputs] == shape.output_lengths
    return [round(value) % R for output in outputs for value in output.tolist()]


def combination_of(case: Case, gamma: int) -> list[int]:
    u = [gamma ** (2**i) for i in range(1, case.shape.slots + 1)]
    return [
        sum(a * b for a, b in zip(u, col, strict=True)) for col in zip(*case.deltas, strict=True)
    ]


@settings(max_examples=40)
@given(cases(), st.integers(-1, 1), st.integers(-1, 1))
def test_the_circuit_outputs_what_the_contract_expects_of_true_claims(
    case: Case, gamma: int, delta: int
) -> None:
    found = outputs_of(case, combination_of(case, gamma), gamma, delta)
    assert found == expected_instances(case.claims, case.shape.slots, gamma % R, delta % R)


@settings(max_examples=40)
@given(cases(), st.data())
def test_a_model_that_is_not_zero_leaves_a_difference(case: Case, data: st.DataObject) -> None:
    """Its salts too: nothing that the point of the model may bind is left open."""
    place = data.draw(st.integers(0, case.shape.vector_length - 1))
    moved = combination_of(case, -1)
    moved[place] -= data.draw(st.integers(1, 5))
    assert outputs_of(case, moved, -1, 1)[-2] != 0


@settings(max_examples=40)
@given(cases(), st.data())
def test_another_image_leaves_a_difference(case: Case, data: st.DataObject) -> None:
    row = data.draw(st.integers(0, case.shape.rank - 1))
    shape, combination = case.shape, combination_of(case, 1)
    curved = (case.root @ np.array(combination[: shape.features])).tolist()
    curved[row] += 1
    inputs = [case.statistics, combination, shape.entries([], case.deltas), curved, [1, 1]]
    with torch.no_grad():
        outputs = LowRankRound(shape)(
            *(torch.tensor([each], dtype=torch.float64) for each in inputs)
        )
    assert [float(each) for each in outputs[-2:]] == [0, 1]


@given(cases())
def test_claims_are_those_of_the_square_of_the_root_about_the_origin(case: Case) -> None:
    H = as_integers(case.root.T @ case.root)
    column = (case.shape.features, 1)
    full = claims_of(
        H,
        as_integers(case.target.reshape(column)),
        as_integers(np.zeros(column, dtype=np.int64)),
        [as_integers(delta.reshape(column)) for delta in case.parameters],
    )
    assert case.claims == full


@given(cases(), st.data())
def test_the_game_of_the_claims_is_the_value_of_the_step(case: Case, data: st.DataObject) -> None:
    """v(S) = 2<c, t> - |B t|^2 for t = sum_S q_i D_i, for any weights."""
    n = case.shape.slots
    weights = data.draw(st.lists(st.integers(0, 2**20), min_size=n, max_size=n))
    members = data.draw(st.lists(st.integers(0, n - 1), unique=True))
    statistics = LowRankStatistics.opened(case.statistics, case.shape, GRID)
    game = game_of_claims(case.claims, n)
    doubled = [2 * each for each in game.b]
    step = sum((weights[i] * case.parameters[i] for i in members), np.zeros(case.shape.features))
    assert game.U == 0
    assert weighted_value(game.G, doubled, weights, members) == step_value(statistics, step)
    scores = in_run(game.G, doubled, weights)
    assert sum(scores.numerators) == weighted_value(game.G, doubled, weights, range(n))
    assert all(game.G[i][i] >= 0 for i in range(n))


def test_known_answers() -> None:
    """By hand: B D_1 = (1, 3), B D_2 = (4, -1)."""
    B, c = as_integers([[1, 2], [3, -1]]), as_integers([5, -7])
    claims = claims_about_origin(B, c, [as_integers([1, 0]), as_integers([0, 1])])
    #          P_00 P_01 P_02 P_11 P_12 P_22   q_0 q_1 q_2   K_11 K_12 K_22
    assert claims == [0, 0, 0, 10, -1, 5, 0, 5, -7, 1, 0, 1]
    statistics = LowRankStatistics(B, c, GRID)
    assert step_value(statistics, [2, 1]) == 2 * (10 - 7) - (16 + 25)


def test_claims_of_other_sizes_are_refused() -> None:
    B, c = as_integers(np.eye(3, dtype=np.int64)), as_integers([1, 2, 3])
    for wrong in (as_integers([1, 2]), as_integers([[1], [2], [3]])):
        with pytest.raises(InputError, match="coordinates"):
            claims_about_origin(B, c, [wrong])
        with pytest.raises(InputError, match="coordinates"):
            claims_about_origin(B, wrong, [c])


@settings(max_examples=50)
@given(st.integers(1, 6), st.integers(1, 30), st.integers(0, 2**32 - 1))
def test_rounding_the_root_moves_a_length_by_no_more_than_is_said(
    m: int, k: int, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    real = generator.normal(0, 0.01, (m, k))
    delta = generator.integers(1 - DELTA_BOUND, DELTA_BOUND, k)
    rounded = LowRankStatistics.measured(real, np.zeros(k), GRID).root
    curved = rounded @ delta
    length = np.linalg.norm(real @ delta) * 2.0 ** root_bits(GRID)
    assert abs(np.linalg.norm(curved) - length) <= np.sqrt(m * k * (delta @ delta)) / 2 + 1e-3
    assert curved @ curved >= 0


def test_a_committed_vector_opens_to_what_was_measured() -> None:
    generator = np.random.default_rng(0)
    made = LowRankStatistics.measured(generator.normal(size=(3, 5)), generator.normal(size=5), GRID)
    shape = made.shape(slots=8)
    assert shape == LowRankShape(8, 5, rank=3)
    vector = salted(made.entries, shape.statistics_length)
    opened = LowRankStatistics.opened(vector, shape, GRID)
    assert (opened.root == made.root).all()
    assert (opened.target == made.target).all()
    with pytest.raises(InputError, match="entries"):
        LowRankStatistics.opened(vector[:-1], shape, GRID)


def test_an_integer_is_what_the_grid_says() -> None:
    """The two parts of a value are in one unit: a step of 1 in a coordinate where B and c are 1."""
    one = LowRankStatistics.measured(np.ones((1, 1)), np.ones(1), GRID)
    assert step_value(one, [GRID.model_unit]) == GRID.utility_unit


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(InputError, match="NaN"):
        LowRankStatistics.measured(np.array([[value]]), np.zeros(1), GRID)
    with pytest.raises(InputError, match="NaN"):
        LowRankStatistics.measured(np.zeros((1, 1)), np.array([value]), GRID)


def test_statistics_whose_true_claims_could_be_refused_are_refused() -> None:
    zero = np.zeros(2, dtype=np.int64)
    half = 1 << 29
    LowRankStatistics(as_integers([[half, 1 - half]]), as_integers(zero), GRID)
    with pytest.raises(InputError, match="curvature is so large"):
        LowRankStatistics(as_integers([[half, -half]]), as_integers(zero), GRID)
    with pytest.raises(InputError, match="linear part is so large"):
        LowRankStatistics(as_integers([[1, 1]]), as_integers([TARGET_BOUND, 0]), GRID)
    with pytest.raises(InputError, match="curvature is so large"):  # of a root of -1 in the field
        LowRankStatistics(as_integers([[R // 2, 0]]), as_integers(zero), GRID)
    assert half**2 * 4 == CURVATURE_BOUND


@given(st.integers(1, 4), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_the_bound_on_statistics_bounds_claims(m: int, k: int, seed: int) -> None:
    """|<B D, B D'>| <= sum_j |B_j|_1^2 max |D| max |D'|."""
    generator = np.random.default_rng(seed)
    B = generator.integers(-9, 10, (m, k))
    D, other = generator.integers(-9, 10, (2, k))
    weight = (np.abs(B).sum(1) ** 2).sum()
    assert abs((B @ D) @ (B @ other)) <= weight * np.abs(D).max() * np.abs(other).max()


def test_other_shapes_and_odd_bits_are_refused() -> None:
    with pytest.raises(InputError, match="linear part"):
        LowRankStatistics(as_integers([[1, 2]]), as_integers([1]), GRID)
    with pytest.raises(InputError, match="half of the 13 bits"):
        LowRankStatistics(as_integers([[1]]), as_integers([1]), Grid(8))


def test_lengths() -> None:
    shape = LowRankShape(8, 984)
    assert shape.rank == 32
    assert shape.input_lengths == [32 * 984 + 984 + 18, 1002, 8 * 1002, 32, 2]
    assert shape.output_lengths == [2, 1, 1, 1, 1, 1]
    assert shape.table_start == 0


@pytest.mark.parametrize(
    "sizes",
    [
        (2, 9, 1, 2),
        (33, 9, 1, 2),
        (3, 1, 1, 2),
        (3, 65_537, 1, 2),
        (3, 9, 1, 0),
        (3, 9, 2, 2),
        (3, 9, 1, 257),
    ],
)
def test_sizes_out_of_range_are_refused(sizes: tuple[int, int, int, int]) -> None:
    with pytest.raises(InputError, match="circuit has"):
        LowRankShape(*sizes)


def test_example_inputs_fit_the_statement() -> None:
    statement = LowRankRound(LowRankShape(4, 5, rank=3))
    inputs = statement.example_inputs()
    shape = statement.shape
    assert [tuple(tensor.shape) for tensor in inputs] == [(1, n) for n in shape.input_lengths]
    assert [len(output) for output in statement(*inputs)] == shape.output_lengths
