"""w + S theta-bar, bit by bit: against fractions, at extremes, by a recorded digest, on CUDA."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from market.coordinates import Coordinates, Lineage, Move, Weights, digest
from market.coordinates import fold as folding
from market.coordinates.fold import MOST
from market.errors import InputError
from tests.sketches import OTHER_SEED, SEED, dense, shapes_and_k

SHAPES = {"a.weight": torch.Size((7, 5)), "b.weight": torch.Size((11,)), "c": torch.Size(())}
UNIT = 1 << 33
TINY = 2.0**-126

finite = st.floats(width=32, allow_nan=False, allow_infinity=False)
integers = st.integers(-MOST, MOST)


def same(first: Weights, second: Weights) -> bool:
    """To the bit, which tells -0 from +0."""
    return list(first) == list(second) and all(
        torch.equal(first[name].view(torch.int32), second[name].view(torch.int32)) for name in first
    )


def by_fractions(weight: float, step: Fraction) -> np.float32:
    """The definition: `Fraction` to float is correctly rounded, and so is numpy's conversion."""
    weight = 0.0 if abs(weight) < TINY else weight
    total = float(Fraction(weight) + step)
    return np.float32(0.0 if abs(total) < TINY else total)


def expected(coordinates: Coordinates, weights: Weights, theta: list[int], unit: int) -> Weights:
    S = dense(coordinates)
    found, entry = {}, 0
    for name, weight in weights.items():
        values = []
        for value in weight.reshape(-1).tolist():
            column = int(S[entry].abs().argmax())
            step = Fraction(theta[column] / unit) * Fraction(float(S[entry, column]))
            values.append(by_fractions(value, step))
            entry += 1
        found[name] = torch.from_numpy(np.array(values)).reshape(weight.shape)
    return found


@given(st.data(), st.integers(1, MOST) | st.sampled_from([1, 840 << 13, UNIT, MOST]))
def test_as_defined_by_fractions(data: st.DataObject, unit: int) -> None:
    coordinates = Coordinates.of(SHAPES, 9, SEED)
    weights = {
        name: torch.tensor(
            data.draw(st.lists(finite, min_size=shape.numel(), max_size=shape.numel())),
            dtype=torch.float32,
        ).reshape(shape)
        for name, shape in SHAPES.items()
    }
    theta = data.draw(st.lists(integers, min_size=9, max_size=9))
    wanted = expected(coordinates, weights, theta, unit)
    if all(bool(each.isfinite().all()) for each in wanted.values()):
        assert same(coordinates.fold(weights, theta, unit), wanted)
    else:
        with pytest.raises(InputError, match="NaN or infinity"):
            coordinates.fold(weights, theta, unit)


EXTREMES = [0.0, -0.0, 2.0**-149, -(2.0**-126), 2.0**-126 - 2.0**-149, 1.0, -1.0, 1 + 2.0**-23]
EXTREMES += [3.4028234663852886e38, -3.4028234663852886e38, 2.0**-100, 2.0**24, 2.0**-20]


@pytest.mark.parametrize("theta", [0, 1, -1, MOST, -MOST, 15999 << 20, (1 << 29) + 1])
def test_extremes_as_defined(theta: int) -> None:
    shapes = {"w": torch.Size((len(EXTREMES),))}
    coordinates = Coordinates.of(shapes, 3, SEED)
    weights = {"w": torch.tensor(EXTREMES, dtype=torch.float32)}
    found = coordinates.fold(weights, [theta] * 3, UNIT)
    assert same(found, expected(coordinates, weights, [theta] * 3, UNIT))


def test_subnormals_are_zero_whatever_the_processor_is_told() -> None:
    coordinates = Coordinates.of({"w": torch.Size((8,))}, 2, SEED)
    weights = {"w": torch.tensor([2.0**-149, -(2.0**-130), 2.0**-126, 1.0, -0.0, 0.0, 1e-39, 2.0])}
    plain = coordinates.fold(weights, [0, 0], UNIT)
    assert (
        plain["w"].view(torch.int32).tolist()
        == torch.tensor([0.0, 0.0, 2.0**-126, 1.0, 0.0, 0.0, 0.0, 2.0]).view(torch.int32).tolist()
    )
    steps = [3, MOST]
    stepped = coordinates.fold(weights, steps, MOST)
    assert torch.set_flush_denormal(True), "this processor cannot be told"
    try:
        assert same(coordinates.fold(weights, [0, 0], UNIT), plain)
        assert same(coordinates.fold(weights, steps, MOST), stepped)
    finally:
        torch.set_flush_denormal(False)


@given(shapes_and_k(), st.integers(0, 2**32))
def test_on_a_grid_moves_add_in_any_order(
    case: tuple[dict[str, torch.Size], int], draw: int
) -> None:
    """Where weights and steps are multiples of one power of two and small, nothing is rounded."""
    coordinates = Coordinates.of(*case, SEED)
    k = coordinates.k
    generator = np.random.default_rng(draw)
    weights = {
        name: torch.tensor(generator.integers(-(2**20), 2**20, tuple(shape)) / 2.0**20).float()
        for name, shape in case[0].items()
    }
    moves = [generator.integers(-15999, 16000, k).tolist() for _ in range(3)]
    total = np.sum(moves, axis=0).tolist()
    at_once = coordinates.fold(weights, total, 1 << 13)
    for order in itertools.permutations(moves):
        found = weights
        for move in order:
            found = coordinates.fold(found, move, 1 << 13)
        assert same(found, at_once)
    back = coordinates.fold(at_once, [-value for value in total], 1 << 13)
    assert all(torch.equal(back[name], weights[name]) for name in weights)


def test_it_is_the_step_that_theta_takes() -> None:
    coordinates = Coordinates.of(SHAPES, 9, SEED)
    weights = {name: torch.ones(shape) for name, shape in SHAPES.items()}
    theta = [(-1) ** number * 1000 * number for number in range(9)]
    found = coordinates.fold(weights, theta, 1 << 13)
    moved = coordinates.at(weights, torch.tensor(theta) / 2.0**13)
    assert same(found, moved)


def test_parts_join_as_if_they_were_one(monkeypatch: pytest.MonkeyPatch) -> None:
    coordinates = Coordinates.of(SHAPES, 9, SEED)
    weights = {name: torch.rand(shape) for name, shape in SHAPES.items()}
    whole = coordinates.fold(weights, list(range(9)), UNIT)
    monkeypatch.setattr(folding, "_CHUNK", 4)
    assert same(coordinates.fold(weights, list(range(9)), UNIT), whole)


def test_what_is_out_of_scope_is_passed_on_and_nothing_is_changed_in_place() -> None:
    coordinates = Coordinates.of(SHAPES, 3, SEED, scope=["a.*"])
    weights = {name: torch.rand(shape) for name, shape in SHAPES.items()}
    weights["count"] = torch.tensor(3)
    before = {name: value.clone() for name, value in weights.items()}
    found = coordinates.fold(weights, [1 << 33] * 3, UNIT)
    assert list(found) == list(weights)
    assert all(found[name] is weights[name] for name in ("b.weight", "c", "count"))
    assert all(torch.equal(weights[name], before[name]) for name in weights)
    assert (found["a.weight"] != weights["a.weight"]).all()


def lineage(device: str = "cpu") -> tuple[Lineage, Weights, list[Move]]:
    """Weights by integers and powers of two alone, so that they are the same everywhere."""
    shapes = {"0.weight": torch.Size((64, 33)), "0.bias": torch.Size((64,)), "s": torch.Size(())}
    weights = {
        name: (
            (torch.arange(shape.numel(), dtype=torch.int64) * 2_654_435_761 % 2**24 - 2**23).float()
            / 2.0**23
        )
        .reshape(shape)
        .to(device)
        for name, shape in shapes.items()
    }
    moves = [
        Move(
            seed, [(number * 40_503 + 77) % 32_001 * 1_048_573 - (1 << 34) for number in range(90)]
        )
        for seed in (SEED, OTHER_SEED, SEED)
    ]
    return Lineage(90, UNIT, device=device), weights, moves


KNOWN_START = "00e58400e3f7011a973c07c933bd99cdbd3d23bb670b1dc715e63c6987dff3ef"
KNOWN_MODELS = [
    "3debb308f6c35e7e6a7e6b92770019754a13277104399462b649ad489768b29a",
    "4a3945a01d4e056ec60632d60c40a6488fb4fbed81d3a669e9fe03aa185a661b",
    "1de9a90613c1afde61feda679386967d65e6514f67d136420b13536e16cf5869",
]


def test_a_lineage_is_as_recorded() -> None:
    line, weights, moves = lineage()
    assert digest(weights).hex() == KNOWN_START
    assert [digest(model).hex() for model in line.models(weights, moves)] == KNOWN_MODELS


def test_a_lineage_goes_on_from_any_of_its_models() -> None:
    line, weights, moves = lineage()
    models = list(line.models(weights, moves))
    (last,) = line.models(models[1], moves[2:])
    assert same(last, models[2])
    by_hand = line.coordinates(weights, moves[0].seed).fold(weights, moves[0].theta_bar, UNIT)
    assert same(by_hand, models[0])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_gpu_has_the_same_bytes() -> None:
    line, weights, moves = lineage("cuda")
    assert [digest(model).hex() for model in line.models(weights, moves)] == KNOWN_MODELS
    on_gpu, on_cpu = (Coordinates.of(SHAPES, 9, SEED, device=each) for each in ("cuda", "cpu"))
    assert torch.equal(dense_on(on_gpu), dense(on_cpu))
    generator = np.random.default_rng(0)
    for unit in (UNIT, 840 << 13, MOST):
        theta = generator.integers(-MOST, MOST, 9).tolist()
        bits = {
            name: torch.tensor(generator.integers(-(2**30), 2**30, tuple(shape)), dtype=torch.int32)
            for name, shape in SHAPES.items()
        }
        weights = {name: value.view(torch.float32) for name, value in bits.items()}
        found = on_gpu.fold({name: value.cuda() for name, value in weights.items()}, theta, unit)
        back = {name: value.cpu() for name, value in found.items()}
        assert same(back, on_cpu.fold(weights, theta, unit))


def dense_on(coordinates: Coordinates) -> Tensor:
    unit = torch.eye(coordinates.k, dtype=torch.float64, device=coordinates.device)
    expanded = coordinates.expand(unit)
    return torch.cat([each.reshape(coordinates.k, -1) for each in expanded.values()], 1).T.cpu()


@pytest.mark.parametrize(
    ("theta", "unit", "message"),
    [
        ([0] * 8, 1, "theta-bar has 9 integers, not 8"),
        ([0.0] * 9, 1, "counted in integers, not in 0.0"),
        ([MOST + 1] * 9, 1, r"its integers go up to 2\*\*53"),
        ([0] * 9, 0, "unit between"),
        ([0] * 9, MOST + 1, "unit between"),
        ([0] * 9, 0.5, "unit of theta is counted in integers"),
    ],
)
def test_what_is_not_in_the_range_is_refused(theta: list[int], unit: int, message: str) -> None:
    coordinates = Coordinates.of(SHAPES, 9, SEED)
    weights = {name: torch.ones(shape) for name, shape in SHAPES.items()}
    with pytest.raises(InputError, match=message):
        coordinates.fold(weights, theta, unit)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_weights_that_are_no_numbers_are_refused(value: float) -> None:
    coordinates = Coordinates.of({"w": torch.Size((3,))}, 1, SEED)
    with pytest.raises(InputError, match="w holds NaN or infinity"):
        coordinates.fold({"w": torch.tensor([0.0, value, 0.0])}, [1], UNIT)


def test_other_types_are_refused() -> None:
    coordinates = Coordinates.of({"w": torch.Size((3,))}, 1, SEED)
    weights = {"w": torch.ones(3, dtype=torch.float64)}
    with pytest.raises(InputError, match=r"torch\.float64: float32 alone is folded"):
        coordinates.fold(weights, [1], UNIT)
    with pytest.raises(InputError, match=r"torch\.float64: float32 alone has a digest"):
        digest(weights)


def test_a_digest_tells_names_shapes_and_bits_apart() -> None:
    models: list[Weights] = [
        {"a": torch.zeros(4)},
        {"a": torch.zeros(2, 2)},
        {"b": torch.zeros(4)},
        {"a": torch.tensor([0.0, 0.0, 0.0, -0.0])},
        {"a": torch.zeros(2), "b": torch.zeros(2)},
        {"b": torch.zeros(2), "a": torch.zeros(2)},
    ]
    assert len({digest(model) for model in models}) == len(models)
    transposed = torch.arange(6.0).reshape(2, 3).T
    assert digest({"a": transposed}) == digest({"a": transposed.contiguous()})
