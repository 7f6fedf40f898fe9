from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from circuits import SALT_ENTRIES, Shape
from circuits.round import RoundStatement
from market.errors import InputError


@st.composite
def cases(draw: st.DrawFn) -> tuple[Shape, list[list[int]]]:
    """A shape, and committed vectors of entries so small that float64 holds every product."""
    shape = Shape(draw(st.integers(3, 5)), draw(st.integers(2, 4)), draw(st.integers(1, 3)))
    seed = draw(st.integers(0, 2**32 - 1))
    generator = np.random.default_rng(seed)
    bound = draw(st.sampled_from([2, 1000]))
    vectors = [
        generator.integers(-bound, bound, length, endpoint=True).tolist()
        for length in shape.input_lengths
    ]
    size = shape.features
    H = np.array(vectors[0][: size**2]).reshape(size, size)
    vectors[0][: size**2] = (H + H.T).reshape(-1).tolist()
    for unused in range(draw(st.integers(0, shape.slots - 3))):
        vectors[-1 - unused] = [0] * shape.vector_length
    return shape, vectors


def outputs_of(shape: Shape, vectors: list[list[int]]) -> list[list[int]]:
    inputs = [torch.tensor([vector], dtype=torch.float64) for vector in vectors]
    with torch.no_grad():
        outputs = RoundStatement(shape)(*inputs)
    return [[int(value) for value in output.tolist()] for output in outputs]


@settings(max_examples=50)
@given(cases())
def test_outputs_are_the_integers_of_the_round(case: tuple[Shape, list[list[int]]]) -> None:
    shape, vectors = case
    d, size = shape.parameters, (shape.features, shape.classes)
    H = np.array(vectors[0][: shape.features**2]).reshape(shape.features, shape.features)
    c, *stack = [np.array(vector[:d]).reshape(size) for vector in vectors[1:]]
    products, linear, gram, _ = outputs_of(shape, vectors)
    assert products == [int((left * (H @ right)).sum()) for left in stack for right in stack]
    assert linear == [int((left * c).sum()) for left in stack]
    assert gram == [int((left * right).sum()) for left in stack[1:] for right in stack[1:]]
    assert [len(part) for part in outputs_of(shape, vectors)] == shape.output_lengths


def test_salts_are_read_by_the_range_check_alone() -> None:
    shape = Shape(3, 2, 2)
    plain = [[0] * length for length in shape.input_lengths]
    salts = [len(plain[0]) - 4, *[len(vector) - 4 for vector in plain[1:]]]
    assert min(salts) >= SALT_ENTRIES
    drawn = [v[:4] + [7] * count for v, count in zip(plain, salts, strict=True)]
    *others, looked_up = outputs_of(shape, drawn)
    assert not any(value for part in others for value in part)
    assert looked_up == [salts[-1] * shape.slots], "erf(7) is 1: each salt was looked up"


def test_every_entry_of_every_delta_is_looked_up() -> None:
    shape = Shape(3, 2, 2)
    plain = [[0] * length for length in shape.input_lengths]
    for index, vector in enumerate(plain):
        for entry in range(len(vector)):
            vector[entry] = -9
            assert outputs_of(shape, plain)[-1] == [-1 if index > 2 else 0]
            vector[entry] = 0


def test_example_inputs_fit_the_statement() -> None:
    shape = Shape(4, 3, 2)
    statement = RoundStatement(shape)
    inputs = statement.example_inputs()
    assert [tuple(tensor.shape) for tensor in inputs] == [(1, n) for n in shape.input_lengths]
    assert [len(output) for output in statement(*inputs)] == shape.output_lengths


def test_lengths() -> None:
    shape = Shape(slots=5, features=65, classes=10)
    assert shape.parameters == 650
    assert shape.input_lengths == [65**2 + 18, *[670] * 7]
    assert shape.output_lengths == [36, 6, 25, 1]
    assert shape.instance_count == 68


@pytest.mark.parametrize(
    "sizes", [(2, 2, 2), (33, 2, 2), (3, 1, 2), (3, 4097, 2), (3, 2, 0), (3, 2, 1025)]
)
def test_sizes_out_of_range_are_refused(sizes: tuple[int, int, int]) -> None:
    with pytest.raises(InputError, match="a circuit has"):
        Shape(*sizes)


def test_the_bounds_themselves_are_allowed() -> None:
    assert Shape(3, 2, 2).instance_count == 16 + 4 + 9 + 1
    assert Shape(3, 2, 1).parameters == 2
    assert Shape(32, 4096, 1024).parameters == 2**22
