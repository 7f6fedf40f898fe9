from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.contribution.exact import (
    as_integers,
    difference,
    inner,
    magnitude,
    product,
    round_to_integers,
)
from market.errors import InputError

integers = st.one_of(
    st.integers(-10, 10),
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-(2**90), 2**90),
)


@given(st.data(), st.integers(1, 4), st.integers(1, 4), st.integers(1, 4))
def test_products_and_differences_are_exact_at_any_size(
    data: st.DataObject, a: int, k: int, b: int
) -> None:
    left = [data.draw(st.lists(integers, min_size=k, max_size=k)) for _ in range(a)]
    right = [data.draw(st.lists(integers, min_size=b, max_size=b)) for _ in range(k)]
    expected = [[sum(row[i] * right[i][j] for i in range(k)) for j in range(b)] for row in left]
    assert product(as_integers(left), as_integers(right)).tolist() == expected
    flat = as_integers(left[0])
    other = as_integers([row[0] for row in right])
    assert inner(flat, other) == expected[0][0]
    assert difference(flat, other).tolist() == [
        x - row[0] for x, row in zip(left[0], right, strict=True)
    ]
    assert magnitude(flat) == max(abs(x) for x in left[0])


def test_words_stay_words_and_wide_entries_become_python_ints() -> None:
    assert as_integers([1, -(2**63)]).dtype == np.int64
    assert as_integers([1, 2**63]).dtype == object
    assert magnitude(as_integers([-(2**63)])) == 2**63


@pytest.mark.parametrize("values", [[1.0], [True], ["1"], [None]])
def test_what_is_no_integer_is_refused(values: list[object]) -> None:
    with pytest.raises(InputError):
        as_integers(values)  # type: ignore[arg-type]


def test_rounding_is_exact_beyond_a_word_and_refuses_nan() -> None:
    assert round_to_integers(np.array([0.5, 1.5, -2.6])).tolist() == [0, 2, -3]
    assert round_to_integers(np.array([[2.0**80, 1.0]])).tolist() == [[2**80, 1]]
    with pytest.raises(InputError):
        round_to_integers(np.array([np.nan]))
