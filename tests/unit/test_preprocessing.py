from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from market.datasets.preprocessing import Scaling, centre, standardise
from market.errors import InputError

rows = arrays.arrays(
    np.float64,
    st.tuples(st.integers(1, 8), st.integers(1, 4)),
    elements=st.floats(-1e6, 1e6),
)


@given(rows)
def test_the_design_matrix_is_scaled_and_ends_in_ones(X: np.ndarray) -> None:
    for scaling in (centre(X, 16.0), standardise(X)):
        design = scaling.design(X)
        assert design.shape == (len(X), X.shape[1] + 1)
        assert (design[:, -1] == 1).all()
        restored = design[:, :-1] * np.array(scaling.scale) + np.array(scaling.offset)
        assert restored == pytest.approx(X, abs=1e-8, rel=1e-9)


@given(rows)
def test_standardised_columns_have_mean_0_and_deviation_1_or_are_constant(X: np.ndarray) -> None:
    design = standardise(X).design(X)[:, :-1]
    assert design.mean(axis=0) == pytest.approx(0, abs=1e-5)
    for column, original in zip(design.T, X.T, strict=True):
        constant = original.std() <= 1e-9 * max(1.0, np.abs(original).max())
        assert constant or column.std() == pytest.approx(1)


@given(rows)
def test_json_gives_the_same_scaling_back(X: np.ndarray) -> None:
    scaling = standardise(X)
    assert Scaling.from_json(json.loads(json.dumps(scaling.to_json()))) == scaling


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {"offset": [0]},
        {"offset": [0], "scale": [1], "more": 1},
        {"offset": [0], "scale": "1"},
        {"offset": [0], "scale": [True]},
        {"offset": [0], "scale": ["1"]},
        {"offset": [], "scale": []},
        {"offset": [0, 0], "scale": [1]},
        {"offset": [0], "scale": [0]},
        {"offset": [0], "scale": [-1]},
        {"offset": [0], "scale": [float("nan")]},
        {"offset": [float("inf")], "scale": [1]},
        {"offset": [10**400], "scale": [1]},
    ],
)
def test_hostile_json_is_refused(value: object) -> None:
    with pytest.raises(InputError):
        Scaling.from_json(value)


def test_rows_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match="expected 2 features"):
        Scaling((0.0, 0.0), (1.0, 1.0)).design(np.ones((1, 3)))
    with pytest.raises(InputError, match="rows of shape"):
        standardise(np.ones((0, 2)))
