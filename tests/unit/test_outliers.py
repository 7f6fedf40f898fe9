from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.contribution.outliers import multi_krum
from market.errors import InputError


@st.composite
def deltas(draw: st.DrawFn) -> tuple[list[list[int]], int, list[int]]:
    """n vectors, an f that n allows, and n addresses."""
    n = draw(st.integers(3, 9))
    f = draw(st.integers(0, (n - 3) // 2))
    entry = st.one_of(st.integers(-2, 2), st.integers(-(2**14) + 1, 2**14 - 1))
    vectors = [draw(st.lists(entry, min_size=3, max_size=3)) for _ in range(n)]
    addresses = draw(st.lists(st.integers(0, 2**160 - 1), min_size=n, max_size=n, unique=True))
    return vectors, f, addresses


def gram(vectors: list[list[int]]) -> list[list[int]]:
    return [[sum(x * y for x, y in zip(a, b, strict=True)) for b in vectors] for a in vectors]


@given(deltas())
def test_selection_agrees_with_the_definition_on_the_vectors(
    case: tuple[list[list[int]], int, list[int]],
) -> None:
    vectors, f, addresses = case
    n = len(vectors)
    selection = multi_krum(gram(vectors), f, addresses)
    points = np.array(vectors)
    squared = ((points[:, None] - points[None]) ** 2).sum(axis=2)
    expected = [int(np.sort(np.delete(squared[i], i))[: n - f - 2].sum()) for i in range(n)]
    assert selection.scores == expected
    assert len(selection.selected) == n - f
    assert sorted(selection.selected + selection.excluded) == list(range(n))
    for kept in selection.selected:
        for dropped in selection.excluded:
            assert (expected[kept], addresses[kept]) < (expected[dropped], addresses[dropped])


@given(deltas(), st.randoms())
def test_selection_does_not_depend_on_the_order_of_slots(
    case: tuple[list[list[int]], int, list[int]], random: st.Random
) -> None:
    vectors, f, addresses = case
    order = list(range(len(vectors)))
    random.shuffle(order)
    plain = multi_krum(gram(vectors), f, addresses)
    shuffled = multi_krum(gram([vectors[i] for i in order]), f, [addresses[i] for i in order])
    assert {order[slot] for slot in shuffled.selected} == set(plain.selected)


def test_the_far_delta_is_dropped_and_ties_go_to_the_lower_address() -> None:
    near = [[1, 0], [0, 1], [1, 1], [0, 0]]
    assert multi_krum(gram([*near, [-90, 90]]), 1, [5, 4, 3, 2, 1]).excluded == [4]
    assert multi_krum(gram([[7, 7]] * 5), 1, [5, 4, 9, 2, 1]).excluded == [2]


def test_preconditions() -> None:
    K = gram([[1]] * 4)
    with pytest.raises(InputError, match="among 5, got 4"):
        multi_krum(K, 1, [1, 2, 3, 4])
    with pytest.raises(InputError, match="same address"):
        multi_krum(K, 0, [1, 2, 3, 3])
    with pytest.raises(InputError, match="4 x 4"):
        multi_krum(K[:3], 0, [1, 2, 3, 4])
    with pytest.raises(InputError, match="symmetric"):
        multi_krum([[1, 2, 1, 1], *K[1:]], 0, [1, 2, 3, 4])
