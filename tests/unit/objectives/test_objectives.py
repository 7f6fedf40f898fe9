from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from market.errors import InputError
from market.objectives import (
    Loss,
    class_metrics,
    label_metrics,
    loss,
    number_metrics,
    row_losses,
    write_metrics,
)

scores = arrays.arrays(np.float64, (6, 3), elements=st.floats(-9, 9))


def test_losses_of_rows_are_what_the_loss_is_the_mean_of() -> None:
    outputs = torch.randn(7, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for kind in Loss:
        y = torch.arange(7) % 4 if kind is Loss.CROSS_ENTROPY else (outputs.flip(0) > 0).double()
        found = row_losses(kind, outputs, y)
        assert found.shape == (7,)
        torch.testing.assert_close(found.mean(), loss(kind, outputs, y))
        torch.testing.assert_close(found[2], loss(kind, outputs[2:3], y[2:3]))
        with pytest.raises(InputError):
            row_losses(kind, outputs, y[:6])


def test_losses_of_known_value() -> None:
    zeros = torch.zeros(2, 4)
    classes = loss(Loss.CROSS_ENTROPY, zeros, torch.tensor([0, 3]))
    assert classes.item() == pytest.approx(math.log(4))
    assert loss(Loss.BCE, zeros, torch.ones(2, 4)).item() == pytest.approx(4 * math.log(2))
    assert loss(Loss.SQUARED, zeros, torch.ones(2, 4)).item() == pytest.approx(2)


@pytest.mark.parametrize(
    ("kind", "outputs", "y"),
    [
        (Loss.CROSS_ENTROPY, (2, 3), torch.zeros(2)),
        (Loss.CROSS_ENTROPY, (2, 3), torch.zeros(2, 3)),
        (Loss.SQUARED, (2, 1), torch.zeros(2)),  # would spread to 2 x 2 unseen
        (Loss.SQUARED, (2,), torch.zeros(2)),
        (Loss.BCE, (2, 3), torch.zeros(2, 3, dtype=torch.int64)),
        (Loss.BCE, (0, 3), torch.zeros(0, 3)),
    ],
)
def test_losses_of_other_shapes_are_refused(
    kind: Loss, outputs: tuple[int, ...], y: torch.Tensor
) -> None:
    with pytest.raises(InputError):
        loss(kind, torch.zeros(outputs), y)


def test_metrics_of_known_value() -> None:
    outputs = np.array([[3, 0, 0], [0, 2, 1], [0, 1, 2], [2, 0, 1]], dtype=float)
    found = class_metrics(outputs, [0, 1, 2, 2])
    assert found.accuracy == 0.75
    assert found.recall == (1.0, 1.0, 0.5)
    assert found.macro_f1 == pytest.approx((2 / 3 + 1 + 2 / 3) / 3)
    assert found.auc == pytest.approx((1 + 1 + 0.875) / 3)
    assert number_metrics([[1.0, 2.0], [3.0, 4.0]], [[1, 0], [2, 0]]).each == (0.5, 3.0)
    labels = label_metrics([[1.0, -1], [-1, 1]], [[1, 1], [0, 1]])
    assert (labels.accuracy, labels.auc, labels.f1) == (0.75, None, (1.0, pytest.approx(2 / 3)))


@given(scores, arrays.arrays(np.int64, 6, elements=st.integers(0, 2)))
def test_perfect_is_one_and_a_missing_class_has_no_curve(
    outputs: np.ndarray, y: np.ndarray
) -> None:
    assert 0 <= class_metrics(outputs, y).macro_f1 <= 1
    found = class_metrics(np.eye(3)[y], y)
    every = len(set(y.tolist())) == 3
    assert (found.accuracy, found.macro_f1) == (1, 1)
    assert found.auc == (1 if every else None)
    assert [value is None for value in found.recall] == [label not in y for label in range(3)]


@pytest.mark.parametrize(
    ("outputs", "y"),
    [
        ([[1.0, math.nan]], [0]),
        ([[1.0, 0.0]], [2]),
        ([[1.0, 0.0]], [0.5]),
        ([[1.0, 0.0]], [[0]]),
        (np.zeros((0, 2)), []),
        ([["a", "b"]], [0]),
    ],
)
def test_what_cannot_be_measured_is_refused(outputs: object, y: object) -> None:
    with pytest.raises(InputError):
        class_metrics(outputs, y)
    with pytest.raises(InputError):
        label_metrics(outputs, y)


def test_rounds_are_lines_of_json(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    found = class_metrics([[1.0, 0.0]], [0])
    for round in (0, 1):
        write_metrics(path, round, 0.5, found)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["round"] for line in lines] == [0, 1]
    assert (lines[0]["auc"], lines[0]["recall"]) == (None, [1.0, None])
    with pytest.raises(InputError, match="the loss of round 2 is nan"):
        write_metrics(path, 2, math.nan, found)
    assert len(path.read_text().splitlines()) == 2
    with pytest.raises(InputError, match="cannot write"):
        write_metrics(tmp_path, 0, 0.5, found)
