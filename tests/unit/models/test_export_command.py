"""`market export-model`: a file that is read again, and mistakes in one line."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

import pytest

from market.cli.main import cli, run
from market.models import read_model

SOURCE = """
from torch import nn

def small_cnn():
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.AdaptiveAvgPool2d(2),
                         nn.Flatten(), nn.Dropout(), nn.Linear(16, 10))

def broken():
    raise KeyError("no such file")

recurrent = nn.Sequential(nn.GRU(4, 3, batch_first=True))
number = 5
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a module of the user's in it."""
    (tmp_path / "models_of_this_test.py").write_text(SOURCE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "models_of_this_test", raising=False)
    return tmp_path


def test_it_writes_what_it_says(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = list(sys.path)
    arguments = ["export-model", "models_of_this_test:small_cnn", "--input", "1x28x28"]
    arguments += ["--out", "made/model.market"]
    cli.main([*arguments, "--json"], standalone_mode=False, obj={})
    told = json.loads(capsys.readouterr().out)
    path = folder / "made" / "model.market"
    model = read_model(path)
    assert sys.path == before
    assert told["event"] == "result"
    assert told["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert told["sha256"] == model.about.fingerprint
    assert told["bytes"] == path.stat().st_size
    assert told["parameters"] == 4 * 9 + 4 + 4 + 4 + 160 + 10
    assert (told["trained_tensors"], told["frozen_tensors"]) == (6, 2)
    assert (told["input"], told["output"]) == (["F32", 1, 28, 28], ["F32", 10])
    assert told["operations"]["conv2d"] == 1
    assert [note.split()[0] for note in told["notes"]] == ["dropout", "batch"]
    assert [each.name for each in path.parent.iterdir()] == ["model.market"]

    cli.main(arguments, standalone_mode=False, obj={})
    shown = capsys.readouterr().out
    assert "218" in shown
    assert "1 conv2d" in shown
    assert "dropout is left out" in shown


@pytest.mark.parametrize(
    ("target", "shape", "code", "why"),
    [
        ("models_of_this_test:recurrent", "5x4", 3, "recurrent"),
        ("models_of_this_test:broken", "5", 3, "no such file"),
        ("models_of_this_test:number", "5", 3, "cannot make"),
        ("models_of_this_test:nothing", "5", 3, "nothing"),
        ("models_of_this_test", "5", 3, "MODULE:NAME"),
        ("there_is_none:here", "5", 3, "there_is_none"),
        ("models_of_this_test:small_cnn", "28,28", 2, "is no shape"),
        ("models_of_this_test:small_cnn", "3x28x28", 3, "cannot be traced"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_a_mistake_is_one_line_and_no_file(
    target: str,
    shape: str,
    code: int,
    why: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path("model.market").write_text("what was there")
    arguments = ["export-model", target, "--input", shape, "--out", "model.market"]
    monkeypatch.setattr(sys, "argv", ["market", *arguments])
    with pytest.raises(SystemExit) as ended:
        run()
    assert ended.value.code == code
    said = capsys.readouterr().err
    assert why in said
    assert len(said.strip().splitlines()) == 1
    assert Path("model.market").read_text() == "what was there"
