"""Philox4x32-10 against the vectors that its authors publish, and against plain integers."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from market.coordinates.philox import philox4x32
from tests.sketches import philox_of

KNOWN = (
    (
        "00000000 00000000 00000000 00000000 00000000 00000000",
        "6627e8d5 e169c58d bc57ac4c 9b00dbd8",
    ),
    (
        "ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff",
        "408f276d 41c83b0e a20bc7c6 6d5451fd",
    ),
    (
        "243f6a88 85a308d3 13198a2e 03707344 a4093822 299f31d0",
        "d16cfe09 94fdcceb 5001e420 24126ea1",
    ),
)
"""Random123, tests/kat_vectors, "philox4x32 10": four words of counter, two of key, the answer."""

word = st.integers(0, 2**32 - 1)


def words(text: str) -> list[int]:
    return [int(each, 16) for each in text.split()]


@pytest.mark.parametrize(("given", "answer"), KNOWN)
def test_known_answers(given: str, answer: str) -> None:
    *counter, first, second = words(given)
    assert philox4x32(torch.tensor([counter]), (first, second)).tolist() == [words(answer)]


@given(st.lists(st.lists(word, min_size=4, max_size=4), min_size=1, max_size=4), word, word)
def test_every_counter_by_itself_as_the_paper_defines_it(
    counters: list[list[int]], first: int, second: int
) -> None:
    found = philox4x32(torch.tensor(counters), (first, second)).tolist()
    assert found == [philox_of(counter, (first, second)) for counter in counters]
