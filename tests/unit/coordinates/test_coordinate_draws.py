"""Signs and turns against their definition on plain integers, and against chance."""

from __future__ import annotations

import hashlib

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from market.coordinates import draws
from market.coordinates.draws import Stream
from market.errors import InputError
from tests.sketches import OTHER_SEED, SEED, philox_of, seeds

CPU = torch.device("cpu")


def word(seed: bytes, name: str, purpose: int, number: int) -> int:
    """As the module's text defines it."""
    digest = hashlib.sha256(b"market.coordinates.1" + seed + name.encode()).digest()
    d = [int.from_bytes(digest[4 * at : 4 * at + 4], "little") for at in range(4)]
    return philox_of([number // 4, purpose, d[2], d[3]], (d[0], d[1]))[number % 4]


@given(seeds, st.text(max_size=8), st.integers(1, 300))
def test_signs_are_the_bits_of_the_first_purpose(seed: bytes, name: str, entries: int) -> None:
    expected = [1 - 2 * (word(seed, name, 0, e // 32) >> e % 32 & 1) for e in range(entries)]
    assert Stream.of(seed, name).signs(entries, CPU).tolist() == expected


@given(seeds, st.text(max_size=8), st.integers(1, 20), st.integers(1, 1 << 20))
def test_turns_are_words_of_the_second_scaled(
    seed: bytes, name: str, rows: int, places: int
) -> None:
    expected = [word(seed, name, 1, row) * places >> 32 for row in range(rows)]
    assert Stream.of(seed, name).turns(rows, places, CPU).tolist() == expected


def test_chunks_join_as_if_they_were_one(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Stream.of(SEED, "weight")
    whole = stream.signs(1000, CPU), stream.turns(100, 7, CPU)
    monkeypatch.setattr(draws, "_CHUNK", 3)
    assert torch.equal(stream.signs(1000, CPU), whole[0])
    assert torch.equal(stream.turns(100, 7, CPU), whole[1])


def test_signs_and_turns_are_even() -> None:
    stream = Stream.of(SEED, "weight")
    assert abs(int(stream.signs(1 << 20, CPU).sum(dtype=torch.int64))) < 5 * 2**10
    counts = torch.bincount(stream.turns(1 << 17, 100, CPU), minlength=100).double()
    expected = 2**17 / 100
    squares = float(((counts - expected) ** 2 / expected).sum())
    assert 99 - 5 * 198**0.5 < squares < 99 + 5 * 198**0.5, "chi squared of 99 degrees of freedom"


def test_seeds_and_names_part_streams() -> None:
    streams = {Stream.of(seed, name) for seed in (SEED, OTHER_SEED) for name in ("a", "b", "ab")}
    assert len(streams) == 6


@pytest.mark.parametrize("seed", [b"", bytes(31), bytes(33), "0" * 32, 7])
def test_a_seed_is_32_bytes(seed: bytes) -> None:
    with pytest.raises(InputError, match="32 bytes"):
        Stream.of(seed, "weight")
