"""S as a linear map: its columns, its transpose, its chances, what it refuses."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from market.coordinates import Coordinates
from market.coordinates.draws import Stream
from market.coordinates.sketch import exponent_of
from market.errors import InputError
from tests.sketches import OTHER_SEED, SEED, dense, seeds, shapes_and_k

Case = tuple[dict[str, torch.Size], int]


@given(shapes_and_k(), seeds)
def test_every_entry_has_one_coordinate_of_its_own_tensor(case: Case, seed: bytes) -> None:
    shapes, k = case
    coordinates = Coordinates.of(shapes, k, seed)
    S = dense(coordinates)
    assert S.shape == (coordinates.entries, k)
    assert ((S != 0).sum(1) == 1).all()
    entry = column = 0
    for sketch in coordinates.sketches:
        size = sketch.shape.numel()
        block = S[entry : entry + size, column : column + sketch.share]
        assert set(block.abs().unique().tolist()) <= {0.0, 2.0**-sketch.exponent}
        counts = (block != 0).sum(0)
        assert counts.min() == size // sketch.share >= 1
        assert counts.max() - counts.min() <= 1
        norms = block.norm(dim=0)
        assert math.sqrt(0.5) - 1e-12 < norms.min() <= norms.max() < math.sqrt(2) + 1e-12
        entry, column = entry + size, column + sketch.share
    assert (entry, column) == S.shape


@given(shapes_and_k(), seeds)
def test_rows_of_a_tensor_are_turned(case: Case, seed: bytes) -> None:
    for sketch in Coordinates.of(*case, seed).sketches:
        entries, share = sketch.shape.numel(), sketch.share
        stream = Stream.of(seed, sketch.name)
        turns = stream.turns(-(-entries // share), share, torch.device("cpu")).tolist()
        places = [(e % share + turns[e // share]) % share for e in range(entries)]
        assert sketch.columns.tolist() == places
        assert torch.equal(sketch.signs, stream.signs(entries, torch.device("cpu")))


@given(st.integers(1, 2**40))
def test_the_scale_is_the_power_of_two_next_to_the_root(entries: int) -> None:
    exponent = exponent_of(entries)
    assert 4**exponent <= 2 * entries < 2 * (entries + 1) <= 4 * 4**exponent


@given(shapes_and_k(), st.integers(0, 2**32))
def test_expansion_is_linear_and_exact(case: Case, draw: int) -> None:
    """float32 and integers: S theta rounds nothing, so sums of small integers stay exact."""
    coordinates = Coordinates.of(*case, SEED)
    generator = np.random.default_rng(draw)
    a, b = (torch.tensor(generator.integers(-15999, 16000, coordinates.k)) for _ in range(2))
    both = coordinates.expand((a + 3 * b).float())
    first, second = coordinates.expand(a.float()), coordinates.expand(b.float())
    for name, shape in case[0].items():
        assert both[name].shape == shape
        assert torch.equal(both[name], first[name] + 3 * second[name])
    exact = coordinates.expand(a.double())
    assert all(torch.equal(exact[name].float(), first[name]) for name in case[0])


@given(shapes_and_k(), st.integers(0, 2**32))
def test_projection_is_the_transpose(case: Case, draw: int) -> None:
    shapes, k = case
    coordinates = Coordinates.of(shapes, k, SEED)
    generator = torch.Generator().manual_seed(draw)
    gradients = {
        name: torch.randn(3, *shape, generator=generator, dtype=torch.float64)
        for name, shape in shapes.items()
    }
    flat = torch.cat([each.reshape(3, -1) for each in gradients.values()], dim=1)
    found = coordinates.project(gradients)
    torch.testing.assert_close(found, flat @ dense(coordinates), rtol=1e-12, atol=1e-12)
    one = coordinates.project({name: each[1] for name, each in gradients.items()})
    torch.testing.assert_close(one, found[1], rtol=1e-12, atol=1e-12)


def test_lengths_survive_as_a_sketch_promises() -> None:
    """|S' x|^2 over seeds, columns at norm 1: mean |x|^2, variance at most 2 |x|^4 / k.

    For a vector with a period, the worst for turns in place of permutations.
    """
    x = torch.tensor([3.0, 0, 0, 1, 0, 0, 0, 0]).repeat(32)
    drawn = [hashlib.sha256(bytes([number % 256, number // 256])).digest() for number in range(800)]
    squares = []
    for seed in drawn:
        coordinates = Coordinates.of({"x": x.shape}, 16, seed)
        squares.append(float((coordinates.project({"x": x}) ** 2).sum()))
    lengths = torch.tensor(squares) / float((x**2).sum() * coordinates.sketches[0].scale ** 2)
    variance = 2 / 16
    assert abs(float(lengths.mean()) - 1) < 5 * (variance / 800) ** 0.5
    assert 0.8 * variance < float(lengths.var()) < 1.2 * variance


def test_two_entries_meet_as_often_as_chance_has_it() -> None:
    """Never in one row of `share`, and in different rows with probability 1 / share."""
    meetings = torch.zeros(12, 12)
    for number in range(1200):
        columns = (
            Coordinates.of({"x": torch.Size((12,))}, 4, bytes(30) + number.to_bytes(2))
            .sketches[0]
            .columns
        )
        meetings += columns[:, None] == columns
    rows = torch.arange(12) // 4
    apart = rows[:, None] != rows
    assert meetings[~apart & ~torch.eye(12, dtype=torch.bool)].max() == 0
    assert (meetings[apart] - 300).abs().max() < 5 * (1200 * 0.25 * 0.75) ** 0.5


def test_a_fresh_seed_gives_other_directions_and_an_old_one_the_same() -> None:
    shapes = {"a": torch.Size((40, 30)), "b": torch.Size((40, 30))}
    first, again, other = (Coordinates.of(shapes, 60, seed) for seed in (SEED, SEED, OTHER_SEED))
    assert torch.equal(dense(first), dense(again))
    same = float((dense(first) == dense(other)).all(1).double().mean())
    assert same < 0.1, "of 30 coordinates and two signs"
    a, b = first.sketches
    assert not torch.equal(a.columns, b.columns), "equal tensors of other names differ too"
    assert not torch.equal(a.signs, b.signs)


def test_other_tensors_out_of_scope_change_nothing() -> None:
    shapes = {"body.weight": torch.Size((8, 8)), "head.weight": torch.Size((8, 3))}
    alone = Coordinates.of({"head.weight": shapes["head.weight"]}, 6, SEED)
    scoped = Coordinates.of(shapes, 6, SEED, scope=["head.*"])
    assert torch.equal(dense(alone), dense(scoped))
    assert list(scoped.expand(torch.ones(6))) == ["head.weight"]


KNOWN_SKETCH = "1c94b969af208426d67c7b7e94430f7623ae5f3397ab869c804cd575cd7c4169"


def sketch_digest(coordinates: Coordinates) -> str:
    """SHA-256 of columns as int32 and signs as int8, tensor after tensor, little-endian."""
    found = hashlib.sha256()
    for sketch in coordinates.sketches:
        found.update(sketch.columns.cpu().numpy().astype("<i4").tobytes())
        found.update(sketch.signs.cpu().numpy().tobytes())
    return found.hexdigest()


def test_whole_sketches_are_as_recorded() -> None:
    """So that another implementation can be held against this one."""
    shapes = {
        "0.weight": torch.Size((16, 1, 3, 3)),
        "0.bias": torch.Size((16,)),
        "3.weight": torch.Size((10, 1024)),
        "scale": torch.Size(()),
    }
    coordinates = Coordinates.of(shapes, 200, SEED)
    shares = [(sketch.share, sketch.exponent) for sketch in coordinates.sketches]
    assert shares == [(20, 1), (7, 1), (172, 3), (1, 0)]
    assert sketch_digest(coordinates) == KNOWN_SKETCH


def test_what_cannot_be_moved_is_refused() -> None:
    shapes = {"a": torch.Size((3, 4)), "b": torch.Size((5,))}
    for k in (1, 18, -3):
        with pytest.raises(InputError, match="from 2 to 17 coordinates"):
            Coordinates.of(shapes, k, SEED)
    with pytest.raises(InputError, match=r"at most 2\*\*20"):
        Coordinates.of(shapes, (1 << 20) + 1, SEED)
    with pytest.raises(InputError, match=r"fewer than 2\*\*31"):
        Coordinates.of({"a": torch.Size((1 << 16, 1 << 15))}, 5, SEED)
    with pytest.raises(InputError, match="without entries"):
        Coordinates.of({"a": torch.Size((0, 3))}, 1, SEED)
    with pytest.raises(InputError, match="no tensor is called"):
        Coordinates.of(shapes, 2, SEED, scope=["c"])


def test_what_does_not_fit_is_refused() -> None:
    coordinates = Coordinates.of({"a": torch.Size((3, 4)), "b": torch.Size((5,))}, 6, SEED)
    for theta in (torch.ones(5), torch.ones(6, 7), torch.tensor(1.0)):
        with pytest.raises(InputError, match="theta has 6 entries"):
            coordinates.expand(theta)
    with pytest.raises(InputError, match="not of floats"):
        coordinates.expand(torch.ones(6, dtype=torch.int64))
    with pytest.raises(InputError, match="is on meta"):
        coordinates.expand(torch.ones(6, device="meta"))
    with pytest.raises(InputError, match="there is no tensor b"):
        coordinates.at({"a": torch.ones(3, 4)}, torch.ones(6))
    with pytest.raises(InputError, match=r"b has shape \(5,\)"):
        coordinates.at({"a": torch.ones(3, 4), "b": torch.ones(4)}, torch.ones(6))
    for gradient in (torch.ones(4, 3), torch.ones(4), torch.tensor(1.0)):
        with pytest.raises(InputError, match=r"a has shape \(3, 4\)"):
            coordinates.project({"a": gradient, "b": torch.ones(5)})
