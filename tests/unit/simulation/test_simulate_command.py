"""`market simulate`, and what it runs that `market create-project` refuses."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, cast

import click
import numpy as np
import pytest

from market.chain.market import Market
from market.cli.main import cli
from market.datasets.table import Table, write_csv
from market.errors import InputError
from market.owner.create import create_project
from market.simulation.plot import check_plot
from market.specification.methods import (
    CONTRIBUTIONS,
    DEFENCES,
    LOCALS,
    OPTIMISERS,
    PROVABLE,
    Methods,
)
from market.specification.owner import read_specification
from market.storage.base import Storage

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    """The played simulations."""
    cli.main(["simulate", "--json", *arguments], standalone_mode=False, obj={})
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["event"] for line in lines[:-1]} <= {"simulating", "round"}
    assert lines[-1]["event"] == "result"
    played: list[dict[str, Any]] = lines[-1]["simulations"]
    for one in played:
        money = [*one["earned"], one["fees"], one["refunded"]]
        assert sum(int(amount) for amount in money) == int(one["scenario"]["deposit"])
    return played


def with_methods(path: Path, **chosen: str) -> Path:
    """The example's specification with a table of methods."""
    text = re.sub(r"(?ms)^\[methods\].*?(?=^\[)", "", (EXAMPLES / "digits.toml").read_text())
    lines = [f'{entry} = "{value}"' for entry, value in chosen.items()]
    path.write_text("\n".join([text, "[methods]", *lines]))
    return path


def test_without_a_specification_the_contracts_rules_run(
    capsys: pytest.CaptureFixture[str],
) -> None:
    label_flip, honest = run(
        capsys, "--attack", "label-flip", "--attack", "none", "--rounds", "2", "--clients", "7"
    )
    assert (label_flip["attack"], honest["attack"]) == ("label-flip", "none")
    assert label_flip["exact"]
    assert label_flip["scenario"]["methods"] == Methods().__dict__
    assert label_flip["attack_of"] == {"5": "label-flip", "6": "label-flip"}
    assert label_flip["earned"][5:] == ["0", "0"]
    assert label_flip["accuracy"] > 0.8
    assert honest["attack_of"] == {}


def test_a_specification_says_what_options_leave_open(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    spec = with_methods(
        tmp_path / "spec.toml", contribution="banzhaf", defence="flame", optimiser="fedavgm"
    )
    (found,) = run(capsys, str(spec), "--rounds", "1", "--evaluations", "300")
    scenario = found["scenario"]
    assert scenario["methods"] == {
        "contribution": "banzhaf",
        "defence": "flame",
        "step": "exact",
        "optimiser": "fedavgm",
        "local": "sgd",
        "mu": None,
    }
    assert (scenario["clients"], scenario["attendance_bps"]) == (5, 200)
    assert (scenario["payment"], scenario["expected_gain"]) == ("per-gain", 0.65)
    assert scenario["pot_cap_bps"] == 10_000
    assert scenario["aggregator_fee"] == str(10**16)
    (found,) = run(capsys, str(spec), "--defence", "mean", "--attendance-bps", "0", "--rounds", "1")
    assert found["scenario"]["methods"]["defence"] == "mean"
    assert found["scenario"]["methods"]["contribution"] == "banzhaf"
    assert found["scenario"]["attendance_bps"] == 0
    assert not found["exact"]
    options = ("--payment", "per-round", "--expected-gain", "0.3", "--pot-cap-bps", "77")
    (found,) = run(capsys, str(spec), "--rounds", "1", "--step", "mean", *options)
    scenario = found["scenario"]
    assert (scenario["payment"], scenario["expected_gain"]) == ("per-round", 0.3)
    assert (scenario["pot_cap_bps"], scenario["methods"]["step"]) == (77, "mean")


def test_clients_train_as_the_specification_or_an_option_says(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    spec = with_methods(tmp_path / "spec.toml", local="fedprox")
    spec.write_text(spec.read_text() + "\nmu = 0.5")
    assert read_specification(spec).methods == Methods(local="fedprox", mu=0.5)
    found = {}
    for name, options in {
        "file": (),
        "mu": ("--mu", "2"),
        "none": ("--mu", "0"),
        "scaffold": ("--local", "scaffold"),
    }.items():
        source = str(spec) if name != "scaffold" else str(EXAMPLES / "digits.toml")
        (one,) = run(capsys, source, "--rounds", "2", *options)
        found[name] = (one["scenario"]["methods"]["local"], one["scenario"]["methods"]["mu"])
        found[name] += (tuple(map(int, one["earned"])),)
    assert [it[:2] for it in found.values()] == [
        ("fedprox", 0.5),
        ("fedprox", 2.0),
        ("fedprox", 0.0),
        ("scaffold", None),
    ]
    assert len({it[2] for it in found.values()}) == 4
    (plain,) = run(capsys, str(EXAMPLES / "digits.toml"), "--rounds", "2")
    assert tuple(map(int, plain["earned"])) == found["none"][2]
    with pytest.raises(InputError, match="mu = 1 is FedProx's"):
        run(capsys, "--mu", "1")


def test_rows_of_ones_own_are_dealt(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    y = np.arange(200) % 2
    table = Table(generator.normal(size=(200, 3)) + 3 * y[:, None], y)
    names = ("a", "b", "c")
    write_csv(tmp_path / "rows.csv", table, names)
    write_csv(tmp_path / "validation.csv", table.rows(np.arange(20)), names)
    text = (EXAMPLES / "digits.toml").read_text()
    for entry, value in {"features": 3, "classes": 2, "scaling": '"standardise"'}.items():
        text = re.sub(rf"(?m)^{entry} = .*$", f"{entry} = {value}", text)
    spec = tmp_path / "spec.toml"
    spec.write_text(text)
    (found,) = run(capsys, str(spec), "--data", str(tmp_path / "rows.csv"))
    assert found["accuracy"] > 0.9
    with pytest.raises(InputError, match="3 features and 2 classes"):
        run(capsys, str(spec))
    with pytest.raises(InputError, match="--data needs a SPEC"):
        run(capsys, "--data", str(tmp_path / "rows.csv"))
    spec.write_text(text.replace('"digits"', '"cells"'))
    with pytest.raises(InputError, match="no data set is called 'cells'"):
        run(capsys, str(spec))


def test_text_for_people_and_a_plot(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    for ending, start in (("png", b"\x89PNG"), ("svg", b"<?xml")):
        plot = tmp_path / f"earned.{ending}"
        arguments = ["simulate", "--rounds", "1", "--attack", "copycat", "--plot", str(plot)]
        cli.main(arguments, standalone_mode=False, obj={})
        shown = capsys.readouterr().out
        assert "9 copycat" in shown
        assert "refunded" in shown
        assert plot.read_bytes().startswith(start)
    with pytest.raises(InputError, match="cannot plot"):
        check_plot(tmp_path / "earned.gif")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written to"):
        check_plot(tmp_path / "file" / "earned.png")
    check_plot(tmp_path / "new" / "folder" / "earned.png")


def test_a_stopped_run_goes_on(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    arguments = ("--rounds", "2", "--attack", "noise", "--resume", str(tmp_path))
    first = run(capsys, *arguments)
    assert (tmp_path / "noise.npz").is_file()
    assert run(capsys, *arguments) == first
    with pytest.raises(InputError, match="another simulation"):
        run(capsys, *arguments, "--seed", "3")


@pytest.mark.parametrize(
    "arguments",
    [("--attack", "magic"), ("--clients", "0"), ("--method", "guess"), ("--alpha", "-1")],
)
def test_a_wrong_option_is_a_wrong_command_line(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, str]
) -> None:
    with pytest.raises(click.UsageError):
        run(capsys, *arguments)


UNPROVEN = [
    (entry, name)
    for entry, known in (
        ("contribution", CONTRIBUTIONS),
        ("defence", DEFENCES),
        ("optimiser", OPTIMISERS),
        ("local", LOCALS),
    )
    for name in known
    if name not in PROVABLE[entry]
]


@pytest.mark.parametrize(("entry", "value"), UNPROVEN)
def test_what_no_proof_covers_never_reaches_the_chain(
    tmp_path: Path, entry: str, value: str
) -> None:
    specification = read_specification(with_methods(tmp_path / "spec.toml", **{entry: value}))
    # Nothing that could be called: it is refused before anything is asked.
    nowhere, nothing = cast(Market, None), cast(Storage, None)
    with pytest.raises(InputError) as caught:
        create_project(nowhere, nothing, tmp_path, specification, 10**18)
    assert f'methods.{entry} = "{value}"' in caught.value.message
    assert f'{entry} = "{getattr(Methods(), entry)}"' in caught.value.hint
    assert "market simulate" in caught.value.hint


def test_the_command_refuses_it_without_a_chain(tmp_path: Path) -> None:
    spec = with_methods(tmp_path / "spec.toml", defence="median", optimiser="fedavg")
    arguments = ["create-project", str(spec), "--deposit", "1ether", "--home", str(tmp_path)]
    with pytest.raises(InputError, match=r"no defence 'median'"):
        cli.main(arguments, standalone_mode=False, obj={})
    with_methods(spec, defence="coordinate-median")
    with pytest.raises(InputError, match=r"no proof covers methods\.defence"):
        cli.main(arguments, standalone_mode=False, obj={})


def test_what_is_left_out_can_be_proven(tmp_path: Path) -> None:
    Methods().require_proofs()
    assert read_specification(EXAMPLES / "digits.toml").methods == Methods()
    written = with_methods(
        tmp_path / "spec.toml",
        contribution="exact-shapley",
        defence="multi-krum",
        step="mean",
        optimiser="fedavg",
    )
    older = read_specification(written).methods
    assert older == Methods("exact-shapley", "multi-krum", "mean")
    older.require_proofs()
    with pytest.raises(InputError, match="values means of coalitions"):
        read_specification(with_methods(tmp_path / "spec.toml", contribution="exact-shapley"))
    with pytest.raises(InputError, match=r"unknown entry methods\.rate"):
        read_specification(with_methods(tmp_path / "spec.toml", rate="1"))
