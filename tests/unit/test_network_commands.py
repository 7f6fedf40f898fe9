"""`market predict` and `market export`: what they write of a network, a chain apart."""

from __future__ import annotations

import csv
import io
import json
import sys
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx.reference import ReferenceEvaluator
from PIL import Image as Pillow
from torch import nn

from market.cli.context import Settings
from market.cli.main import cli, run
from market.cli.network_model import predictions
from market.data import Array, Classes, Column, Columns, Image, Labels, Numbers, Schema, from_dict
from market.data.inputs import Inputs
from market.errors import InputError
from market.local_training import outputs_of, parse_recipe
from market.measured.document import MeasuredDocument, ModelFile
from market.measurement import Tolerance
from market.models import Model, export_model, parse_model
from market.models.container import read_header, read_tensors
from market.models.likeness import example
from market.objectives import Loss
from market.owner.export import FORMS
from tests.model_files.samples import exported

PETS = Classes(("cat", "dog", "eel"))
PROJECT = "0x" + "22" * 32
_SPARE = 100_000


def document(inputs: Inputs, loss: Loss = Loss.CROSS_ENTROPY, target: Any = PETS) -> Any:
    return MeasuredDocument(
        name="pets",
        model=ModelFile("", "", 1),
        scope=("*",),
        coordinates=200,
        rank=8,
        schema=Schema(inputs, target),
        recipe=parse_recipe({"loss": loss.value, "learning_rate": 1.0}),
        tolerance=Tolerance(0.1, 0.1, 0.1),
        slots=5,
        rows_cid="",
        srs_sha256="",
        srs_cid="",
    )


def moved(network: Model) -> dict[str, torch.Tensor]:
    """Weights that are not the network's own, and parts of one larger tensor."""
    flat = torch.cat([each.detach().reshape(-1) for _, each in network.named_parameters()])
    sizes = [each.numel() for _, each in network.named_parameters()]
    larger = torch.cat([flat + 0.05, torch.zeros(_SPARE)])
    named = zip(network.named_parameters(), larger[: len(flat)].split(sizes), strict=True)
    return {name: part.view(each.shape) for (name, each), part in named}


class TestPredictions:
    def test_classes_come_with_their_shares(self) -> None:
        outputs = np.log(np.array([[1, 2, 1], [8, 1, 1]], dtype=np.float32))
        header, lines = predictions(outputs, Schema(Array((1,)), PETS), Loss.CROSS_ENTROPY)
        assert header == ["prediction", "cat", "dog", "eel"]
        assert lines == [["dog", "0.25", "0.5", "0.25"], ["cat", "0.8", "0.1", "0.1"]]

    def test_outputs_far_apart_neither_overflow_nor_tie(self) -> None:
        outputs = np.array([[3e38, -3e38, 0], [100, 0, 200.001]], dtype=np.float32)
        _, lines = predictions(outputs, Schema(Array((1,)), PETS), Loss.CROSS_ENTROPY)
        assert [line[0] for line in lines] == ["cat", "eel"]
        assert lines[0][1:] == ["1", "0", "0"]

    def test_a_network_may_have_more_or_fewer_outputs_than_classes(self) -> None:
        schema = Schema(Array((1,)), PETS)
        wide = np.eye(4, dtype=np.float32)[3:]
        assert predictions(wide, schema, Loss.CROSS_ENTROPY)[0][1:] == [*PETS.names, "output 3"]
        assert predictions(wide, schema, Loss.CROSS_ENTROPY)[1][0][0] == "output 3"
        assert predictions(wide[:, :2], schema, Loss.CROSS_ENTROPY)[0][1:] == ["cat", "dog"]

    def test_each_label_has_its_own_share(self) -> None:
        schema = Schema(Array((1,)), Labels(("tame", "old")))
        outputs = np.array([[0, np.log(3)], [-200, 3e38]], dtype=np.float32)
        header, lines = predictions(outputs, schema, Loss.BCE)
        assert header == ["tame", "old"]
        assert lines == [["0.5", "0.75"], ["1.3839e-87", "1"]]
        with pytest.raises(InputError, match="3 outputs, and the project names 2"):
            predictions(np.zeros((1, 3), dtype=np.float32), schema, Loss.BCE)

    def test_numbers_read_back_as_they_are(self) -> None:
        schema = Schema(Array((1,)), Numbers(("price",)))
        outputs = np.array([[0.1], [1234567.9], [-1e-20]], dtype=np.float32)
        header, lines = predictions(outputs, schema, Loss.SQUARED)
        assert (header, lines[0]) == (["price"], ["0.1"])
        assert [np.float32(line[0]) for line in lines] == outputs[:, 0].tolist()


INPUTS = {
    "perceptron": Columns(tuple(Column(name) for name in "abcdef")),
    "residual": Array((1, 20, 20)),
    "encoder": Array((5,), "int64", 0, 10),
}


@pytest.mark.parametrize("name", INPUTS)
class TestForms:
    """Each file, read by what others read it with, gives the network at the weights that are
    given."""

    def written(self, name: str, form: str) -> tuple[bytes, Model, dict[str, torch.Tensor]]:
        network = exported()[name].model
        before = {each: value.clone() for each, value in network.state_dict().items()}
        weights = moved(network)
        data = FORMS[form](network, weights, document(INPUTS[name]))
        assert str(Path.cwd()).encode() not in data
        assert str(Path.home()).encode() not in data
        after = network.state_dict()
        assert all(torch.equal(value, after[each]) for each, value in before.items())
        return data, network, weights

    def check(self, name: str, metadata: dict[str, str]) -> None:
        assert metadata["project"] == "pets"
        assert metadata["loss"] == "cross-entropy"
        assert from_dict(json.loads(metadata["schema"])) == Schema(INPUTS[name], PETS)

    def test_pt(self, name: str) -> None:
        data, network, weights = self.written(name, ".pt")
        found = torch.load(io.BytesIO(data), weights_only=True)
        self.check(name, found["metadata"])
        buffers = dict(network.named_buffers())
        assert found["state_dict"].keys() == weights.keys() | buffers.keys()
        for each, value in {**buffers, **weights}.items():
            assert torch.equal(found["state_dict"][each], value)
        assert len(data) < _SPARE

    def test_safetensors(self, name: str) -> None:
        data, network, weights = self.written(name, ".safetensors")
        file = io.BytesIO(data)
        header = read_header(file, len(data))
        self.check(name, header.metadata)
        found = read_tensors(file, header)
        for each, value in {**dict(network.named_buffers()), **weights}.items():
            assert torch.equal(found[each], value)

    def test_market(self, name: str) -> None:
        data, network, weights = self.written(name, ".market")
        again, rows = parse_model(data), example(network, 6)
        assert again.about.graph == network.about.graph
        own = dict(again.named_parameters())
        assert (outputs_of(again, own, rows) == outputs_of(network, weights, rows)).all()

    def test_onnx(self, name: str) -> None:
        data, network, weights = self.written(name, ".onnx")
        model = onnx.load_from_string(data)
        self.check(name, {each.key: each.value for each in model.metadata_props})
        rows = example(network, 6)
        (found,) = ReferenceEvaluator(model).run(["outputs"], {"rows": rows.numpy()})
        assert found == pytest.approx(outputs_of(network, weights, rows), rel=1e-4, abs=1e-5)


def test_a_weight_that_is_no_number_makes_no_model_file() -> None:
    network = exported()["perceptron"].model
    weights = {name: value * torch.nan for name, value in moved(network).items()}
    with pytest.raises(InputError, match="holds NaN or infinity"):
        FORMS[".market"](network, weights, document(INPUTS["perceptron"]))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A project of three settled rounds: its network is -1 times x, and gains one a round."""
    monkeypatch.chdir(tmp_path)
    module = nn.Linear(3, 3, bias=False)
    with torch.no_grad():
        module.weight.copy_(-torch.eye(3))
    network = export_model(nn.Sequential(module), (3,)).model
    found = SimpleNamespace(
        network=network,
        document=document(Columns((Column("a"), Column("b", "drop"), Column("c", 0.0)))),
        terms=SimpleNamespace(aggregators=()),
    )

    class Networks:
        def __init__(self, *_: Any) -> None: ...

        def after(self, _state: Any, rounds: int) -> dict[str, torch.Tensor]:
            return {"0.weight": torch.eye(3) * (rounds - 1)}

    market = SimpleNamespace(project=lambda _: SimpleNamespace(round=3))
    monkeypatch.setattr(Settings, "market", lambda *_, **__: market)
    monkeypatch.setattr(Settings, "storage", lambda _: nullcontext())
    monkeypatch.setattr("market.cli.network_model.open_measured", lambda *_: found)
    monkeypatch.setattr("market.cli.network_model.connect_peers", lambda *_: None)
    monkeypatch.setattr("market.cli.network_model.Networks", Networks)
    return found


@pytest.mark.usefixtures("project")
def test_predict_writes_a_line_for_each_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rows.csv").write_text("c,a,b\n1,0,0\n,0.5,0\n0,1,2\n")
    arguments = ["predict", PROJECT, "--data", "rows.csv", "--out", "made/p.csv"]
    cli.main([*arguments, "--json"], standalone_mode=False, obj={})
    told = json.loads(capsys.readouterr().out)
    assert told == {"event": "result", "rows": 3, "out": "made/p.csv"}
    with open("made/p.csv", newline="") as file:
        newest = list(csv.DictReader(file))
    assert [line["prediction"] for line in newest] == ["eel", "cat", "dog"]
    shares = np.exp([2, 4, 0]) / np.exp([2, 4, 0]).sum()
    assert [float(newest[2][name]) for name in PETS.names] == pytest.approx(shares, rel=1e-5)
    assert [each.name for each in Path("made").iterdir()] == ["p.csv"]

    cli.main([*arguments, "--round", "0"], standalone_mode=False, obj={})
    assert "3 predictions in made/p.csv" in capsys.readouterr().out
    with open("made/p.csv", newline="") as file:
        assert [line["prediction"] for line in csv.DictReader(file)] == ["cat", "dog", "eel"]


def test_predictions_on_images_name_their_files(tmp_path: Path, project: SimpleNamespace) -> None:
    module = nn.Sequential(nn.Flatten(), nn.Linear(3, 3, bias=False))
    project.network = export_model(module, (1, 1, 3)).model
    project.document = document(Image(1, 1, 3))
    for name, pixels in (("b.png", [0, 0, 255]), ("a.png", [255, 0, 0])):
        Path("new").mkdir(exist_ok=True)
        Pillow.fromarray(np.array([pixels], dtype=np.uint8)).save(Path("new") / name)
    weights = {"1.weight": torch.eye(3)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("market.cli.network_model.Networks.after", lambda *_: weights)
        arguments = ["predict", PROJECT, "--data", "new", "--out", "p.csv"]
        cli.main(arguments, standalone_mode=False, obj={})
    lines = (tmp_path / "p.csv").read_text().splitlines()
    assert lines[0] == "file,prediction,cat,dog,eel"
    assert [line.split(",")[:2] for line in lines[1:]] == [["a.png", "cat"], ["b.png", "eel"]]


@pytest.mark.usefixtures("project")
def test_export_writes_the_form_of_the_files_ending(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for form in FORMS:
        arguments = ["export", PROJECT, "--out", f"model{form}", "--round", "2", "--json"]
        cli.main(arguments, standalone_mode=False, obj={})
        told = json.loads(capsys.readouterr().out)
        assert told["bytes"] == (tmp_path / f"model{form}").stat().st_size
    again = parse_model((tmp_path / "model.market").read_bytes())
    assert torch.equal(dict(again.named_parameters())["0.weight"], torch.eye(3))
    assert sorted(each.name for each in tmp_path.iterdir()) == sorted(f"model{f}" for f in FORMS)


PREDICT = ["predict", PROJECT, "--out", "out.csv", "--data"]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["export", PROJECT, "--out", "out.h5"], 3, "ends in none of .pt, .safetensors, .onnx"),
        (["export", PROJECT, "--out", "out.pt", "--round", "4"], 9, "3 rounds are settled, not 4"),
        ([*PREDICT, "rows.csv", "--round", "4"], 9, "3 rounds are settled, not 4"),
        ([*PREDICT, "short.csv"], 3, "expected a column 'c'"),
        ([*PREDICT, "missing.csv"], 3, "column 'b', line 3: the cell is empty"),
        ([*PREDICT, "absent.csv"], 3, "no data at absent.csv"),
        ([*PREDICT, "rows.csv", "--round", "-1"], 2, "range"),
        (["predict", PROJECT, "--out", "out.csv"], 2, "Missing option '--data'"),
    ],
)
@pytest.mark.usefixtures("project")
def test_a_mistake_is_one_line_with_its_code_and_no_file(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    says: str,
) -> None:
    (tmp_path / "rows.csv").write_text("a,b,c\n1,2,3\n")
    (tmp_path / "short.csv").write_text("a,b\n1,2\n")
    (tmp_path / "missing.csv").write_text("a,b,c\n1,2,3\n1,,3\n")
    there = sorted(tmp_path.iterdir())
    monkeypatch.setattr(sys, "argv", ["market", *arguments])
    with pytest.raises(SystemExit) as ended:
        run()
    said = capsys.readouterr().err
    assert ended.value.code == code
    assert says in said
    assert len(said.strip().splitlines()) == 1
    assert sorted(tmp_path.iterdir()) == there


@pytest.mark.parametrize("command", ["predict", "export"])
def test_a_command_says_how_it_is_used(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main([command, "--help"], standalone_mode=False, obj={})
    said = " ".join(capsys.readouterr().out.split())
    assert f"Example: market {command} 0x5c..." in said
    assert "--round" in said
