from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from market.errors import InputError
from market.local_training import evaluate, outputs_of
from market.objectives import ClassMetrics, LabelMetrics, Loss, NumberMetrics, write_metrics
from market.objectives.events import EventFile


def linear(features: int, outputs: int) -> tuple[nn.Module, dict[str, torch.Tensor]]:
    """A network whose own weights are zero, and those that it is given."""
    network = nn.Linear(features, outputs)
    nn.init.zeros_(network.weight)
    nn.init.zeros_(network.bias)
    torch.manual_seed(0)
    return network, {"weight": torch.randn(outputs, features), "bias": torch.randn(outputs)}


def test_the_loss_is_that_of_all_rows_at_once() -> None:
    network, weights = linear(5, 3)
    X, y = torch.randn(103, 5), torch.randint(0, 3, (103,))
    found = evaluate(network, weights, X, y, Loss.CROSS_ENTROPY, batch_size=10)
    outputs = X @ weights["weight"].T + weights["bias"]
    assert found.loss == pytest.approx(float(nn.functional.cross_entropy(outputs, y)), rel=1e-6)
    assert isinstance(found.metrics, ClassMetrics)
    assert found.metrics.accuracy == pytest.approx(float((outputs.argmax(1) == y).float().mean()))


def test_each_loss_has_its_metrics() -> None:
    network, weights = linear(4, 2)
    X = np.random.default_rng(0).normal(size=(30, 4))
    labels = np.random.default_rng(1).integers(0, 2, (30, 2))
    assert isinstance(evaluate(network, weights, X, labels, Loss.BCE).metrics, LabelMetrics)
    numbers = labels.astype(np.float64)
    found = evaluate(network, weights, X, numbers, Loss.SQUARED)
    assert isinstance(found.metrics, NumberMetrics)
    outputs = X @ weights["weight"].double().numpy().T + weights["bias"].double().numpy()
    assert found.metrics.mae == pytest.approx(np.abs(outputs - numbers).mean(), rel=1e-5)
    assert found.loss == pytest.approx(((outputs - numbers) ** 2).sum(1).mean() / 2, rel=1e-5)


def test_dropout_does_not_drop_and_the_mode_is_what_it_was() -> None:
    network = nn.Sequential(nn.Dropout(0.9), nn.Linear(4, 2)).train()
    weights = {"1.weight": torch.ones(2, 4), "1.bias": torch.zeros(2)}
    X, y = torch.ones(8, 4), torch.full((8, 2), 4.0)
    assert evaluate(network, weights, X, y, Loss.SQUARED).loss == 0
    assert network.training
    assert network[0].training


def test_what_is_found_is_what_records_and_event_files_take(tmp_path: Path) -> None:
    network, weights = linear(4, 2)
    found = evaluate(network, weights, torch.randn(6, 4), torch.arange(6) % 2, Loss.CROSS_ENTROPY)
    write_metrics(tmp_path / "rounds.jsonl", 0, found.loss, found.metrics)
    assert json.loads((tmp_path / "rounds.jsonl").read_text())["loss"] == found.loss
    events = EventFile(tmp_path / "events")
    events.write(0, found.loss, found.metrics)
    events.close()


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (torch.zeros(0, 4), torch.zeros(0, dtype=torch.int64), "0 rows with 0 labels"),
        (torch.zeros(2, 4), torch.zeros(3, dtype=torch.int64), "2 rows with 3 labels"),
        (torch.zeros(2, 5), torch.tensor([0, 1]), r"the network takes no rows of shape \(5,\)"),
        (torch.zeros(2, 4), torch.tensor([0, 2]), "class 2 of a network whose outputs are 2"),
        (torch.zeros(2, 4), torch.tensor([0, -1]), "a label is -1: classes count from 0"),
        (torch.zeros(2, 4), torch.tensor([0.0, 1.0]), "labels of dtype torch.float32"),
        (torch.zeros(2, 4), torch.zeros(2, 1), r"labels of shape \(2, 1\)"),
        (torch.tensor([[0.0] * 4, [0, 0, 0, torch.nan]]), torch.tensor([0, 1]), "row 1 holds NaN"),
        (np.full((1, 4), 1e300), np.zeros(1, dtype=np.int64), "a number beyond float32"),
        (np.zeros((1, 4), dtype=np.uint8), np.zeros(1, dtype=np.int64), "rows of dtype uint8"),
        (np.array([["a"] * 4]), np.zeros(1, dtype=np.int64), "rows of dtype <U1"),
    ],
)
def test_rows_that_do_not_fit_are_refused(X: torch.Tensor, y: torch.Tensor, message: str) -> None:
    network, weights = linear(4, 2)
    with pytest.raises(InputError, match=message):
        evaluate(network, weights, X, y, Loss.CROSS_ENTROPY)


def test_weights_that_are_not_the_networks_are_refused() -> None:
    network, weights = linear(4, 2)
    X, y = torch.zeros(2, 4), torch.tensor([0, 1])
    with pytest.raises(InputError, match="not the network's: bias"):
        evaluate(network, {"weight": weights["weight"]}, X, y, Loss.CROSS_ENTROPY)
    with pytest.raises(InputError, match=r"bias has shape \(2,\), not \(3,\)"):
        evaluate(network, {**weights, "bias": torch.zeros(3)}, X, y, Loss.CROSS_ENTROPY)


def test_outputs_are_those_of_all_rows_at_once_in_evaluation_mode() -> None:
    network = nn.Sequential(nn.Dropout(0.9), nn.Linear(4, 2)).train()
    weights = {"1.weight": torch.randn(2, 4), "1.bias": torch.randn(2)}
    X = np.random.default_rng(0).normal(size=(23, 4))
    found = outputs_of(network, weights, X, batch_size=10)
    wanted = X @ weights["1.weight"].double().numpy().T + weights["1.bias"].double().numpy()
    assert found.dtype == np.float32
    assert found == pytest.approx(wanted, rel=1e-4, abs=1e-5)
    assert network.training


def test_outputs_that_are_no_answer_are_refused() -> None:
    network, weights = linear(4, 2)
    X = torch.zeros(12, 4)
    with pytest.raises(InputError, match="there are no rows"):
        outputs_of(network, weights, X[:0])
    with pytest.raises(InputError, match=r"the network takes no rows of shape \(5,\)"):
        outputs_of(network, weights, torch.zeros(2, 5))
    with pytest.raises(InputError, match=r"which is no list of numbers for each"):
        outputs_of(network, weights, torch.zeros(2, 3, 4))
    with pytest.raises(InputError, match="not the network's: bias"):
        outputs_of(network, {"weight": weights["weight"]}, X)
    X[11] = torch.finfo(torch.float32).max
    with pytest.raises(InputError, match="the network gives NaN or infinity for row 11"):
        outputs_of(network, {**weights, "weight": torch.full((2, 4), 9.0)}, X, batch_size=5)
    X[7] = torch.nan
    with pytest.raises(InputError, match="row 7 holds NaN"):
        outputs_of(network, weights, X, batch_size=5)
