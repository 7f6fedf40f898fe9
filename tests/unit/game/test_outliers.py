from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.errors import InputError
from market.game.outliers import multi_krum


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
    found = multi_krum(gram(vectors), f, addresses)
    points = np.array(vectors)
    squared = ((points[:, None] - points[None]) ** 2).sum(axis=2)
    expected = [int(np.sort(np.delete(squared[i], i))[: n - f - 2].sum()) for i in range(n)]
    assert found.scores == expected
    assert sorted(found.selected + found.excluded) == sorted(found.order) == list(range(n))
    ranks = [(expected[i], addresses[i]) for i in found.order]
    assert ranks == sorted(ranks)
    median = sorted(expected)[(n - 1) // 2]
    assert set(found.excluded) == {i for i in found.order[n - f :] if 2 * expected[i] > 3 * median}
    # Whoever stands out furthest is dropped first.
    assert found.order[: len(found.selected)] == [i for i in found.order if i in found.selected]


@given(deltas(), st.integers(0, 40))
def test_no_more_are_dropped_than_so_many_tolerate(
    case: tuple[list[list[int]], int, list[int]], f: int
) -> None:
    vectors, _, addresses = case
    most = (len(vectors) - 3) // 2
    assert multi_krum(gram(vectors), f, addresses) == multi_krum(
        gram(vectors), min(f, most), addresses
    )


def test_nobody_leaves_among_fewer_than_three() -> None:
    for n in range(3):
        assert multi_krum(gram([[9 * i] for i in range(n)]), 5, range(n)).selected == list(range(n))


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


def test_the_far_delta_is_dropped_and_the_lower_address_stays() -> None:
    near = [[1, 0], [0, 1], [1, 1], [0, 0]]
    assert multi_krum(gram([*near, [-90, 90]]), 1, [5, 4, 3, 2, 1]).excluded == [4]
    # Two equally far out on either side, and one may go.
    sides = [[0], [1], [2], [3], [-40], [43]]
    assert multi_krum(gram(sides), 1, [9, 8, 7, 6, 5, 4]).excluded == [4]
    assert multi_krum(gram(sides), 1, [9, 8, 7, 6, 4, 5]).excluded == [5]


def test_equals_all_stay() -> None:
    assert multi_krum(gram([[7, 7]] * 5), 1, range(5)).excluded == []
    assert multi_krum(gram([[5, 0], [0, 5], [-5, 0], [0, -5], [4, 4]]), 1, range(5)).excluded == []


def test_preconditions() -> None:
    K = gram([[1]] * 4)
    with pytest.raises(InputError, match="f = -1"):
        multi_krum(K, -1, [1, 2, 3, 4])
    with pytest.raises(InputError, match="same address"):
        multi_krum(K, 0, [1, 2, 3, 3])
    with pytest.raises(InputError, match="4 x 4"):
        multi_krum(K[:3], 0, [1, 2, 3, 4])
    with pytest.raises(InputError, match="symmetric"):
        multi_krum([[1, 2, 1, 1], *K[1:]], 0, [1, 2, 3, 4])
