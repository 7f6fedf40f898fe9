"""What rows let expect, counted from the model that a project begins with."""

from __future__ import annotations

import numpy as np
import pytest

from market.training.expectation import expected_gain

_GENERATOR = np.random.default_rng(0)
X = np.hstack([_GENERATOR.normal(size=(60, 3)), np.ones((60, 1))])
y = (X[:, 0] + 0.3 * _GENERATOR.normal(size=60) > 0).astype(np.int64)
BEST = np.linalg.lstsq(X, np.eye(2)[y], rcond=None)[0]


@pytest.mark.parametrize("part", [-1.0, 0.0, 0.3, 0.6])
def test_what_the_initial_model_has_is_not_to_be_gained(part: float) -> None:
    residual = np.eye(2)[y] - X @ (part * BEST)
    has = 1.0 - float((residual**2).sum()) / len(y)
    assert expected_gain(X, y, 2, part * BEST) == pytest.approx(expected_gain(X, y, 2) - has)


def test_a_model_as_good_as_rows_can_say_leaves_nothing_to_expect() -> None:
    assert expected_gain(X, y, 2, BEST) == 0.0
