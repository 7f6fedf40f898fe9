"""Networks as ONNX: what onnx's own evaluator makes of the files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx.reference import ReferenceEvaluator
from torch import nn

from market.errors import InputError
from market.models import Model, export_model, onnx_file, parse_model
from market.models.likeness import example
from market.models.onnx_file import INPUT, OUTPUT, write_onnx
from tests.model_files.each import each
from tests.model_files.samples import SAMPLES, exported


def given(data: bytes, rows: torch.Tensor) -> np.ndarray:
    evaluator = ReferenceEvaluator(onnx.load_from_string(data))
    (found,) = evaluator.run([OUTPUT], {INPUT: rows.numpy()})
    return found


def wanted(model: Model, rows: torch.Tensor) -> np.ndarray:
    with torch.no_grad():
        return model(rows).numpy()


@pytest.mark.parametrize("name", SAMPLES)
def test_a_file_gives_what_its_network_gives_for_batches_of_any_size(name: str) -> None:
    model = exported()[name].model
    data = write_onnx(model, {"project": "a test"})
    for count in (1, 2, 5):
        rows = example(model, count, seed=7 + count)
        assert given(data, rows) == pytest.approx(wanted(model, rows), rel=1e-4, abs=1e-5)
    written = onnx.load_from_string(data)
    assert {each.key: each.value for each in written.metadata_props} == {"project": "a test"}
    assert str(Path.cwd()).encode() not in data
    assert b".py" not in data


def test_every_operation_that_a_model_file_has_can_be_written() -> None:
    for name, data in each():
        model = parse_model(data)
        assert write_onnx(model, {}), name


def test_windows_of_different_lengths_and_rms_norm_are_written_out() -> None:
    module = nn.Sequential(
        nn.RMSNorm((2, 7), eps=0.5),
        nn.AdaptiveAvgPool2d((3, 2)),
        nn.Flatten(),
        nn.Unflatten(1, (1, 18)),
        nn.AdaptiveAvgPool1d(5),
        nn.Flatten(),
        nn.Linear(5, 2),
    )
    model = export_model(module, (3, 2, 7)).model
    rows = example(model, 4, seed=1)
    assert given(write_onnx(model, {}), rows) == pytest.approx(wanted(model, rows), abs=1e-5)


def test_a_network_that_cannot_be_written_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    model = export_model(nn.Sequential(nn.RMSNorm(4), nn.Linear(4, 2)), (4,)).model
    monkeypatch.setattr(onnx_file, "_run", onnx_file.run_overload)  # as torch's exporter has it
    with pytest.raises(InputError, match=r"cannot be written as ONNX: .*rms_norm") as caught:
        write_onnx(model, {})
    assert "\n" not in str(caught.value)
    assert ".safetensors" in str(caught.value)
    assert capfd.readouterr().out == ""


def test_a_file_that_holds_for_one_batch_only_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_file, "_run", onnx_file.run_overload)
    with pytest.raises(InputError, match="cannot be written as ONNX"):
        write_onnx(exported()["residual"].model, {})


def test_a_file_that_says_otherwise_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    run = onnx_file._run
    monkeypatch.setattr(onnx_file, "_run", lambda *arguments: run(*arguments) + 1)
    with pytest.raises(InputError, match="does not give what the network gives"):
        write_onnx(exported()["perceptron"].model, {})
