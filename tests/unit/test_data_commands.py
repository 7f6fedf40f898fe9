"""Which rows `market create-project` and `market join` take, up to where a chain is needed."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Never

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from market.chain.state import Standing
from market.cli.context import Settings
from market.cli.main import cli
from market.errors import InputError

SPEC = """
[project]
name = "pets"
aggregators = ["0x1111111111111111111111111111111111111111"]
rounds = 2
slots = 5
[data]
features = 2
classes = 3
validation = "rows.parquet"
scaling = "standardise"
"""
X = np.random.default_rng(0).normal(size=(30, 2))
Y = np.arange(30) % 3


class ReachedError(Exception):
    """The rows were read; what follows needs a chain."""


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    market = SimpleNamespace(
        address="0x" + "11" * 20,
        holdings=lambda *_: 10**24,
        trainer=lambda *_: SimpleNamespace(standing=Standing.NONE),
        created=lambda *_: SimpleNamespace(
            terms=SimpleNamespace(invited=bytes(32), is_measured=False)
        ),
    )
    monkeypatch.setattr(Settings, "account", lambda _: market)
    monkeypatch.setattr(Settings, "market", lambda *_, **__: market)
    monkeypatch.setattr(Settings, "storage", lambda _: nullcontext())


@pytest.fixture
def join(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Joins a project of the columns "age" and "weight", and gives the rows to train on."""
    document = SimpleNamespace(features=2, classes=3, columns=("age", "weight"))
    project = SimpleNamespace(document=document, terms=None)
    monkeypatch.setattr("market.cli.trainer.open_project", lambda *_: project)
    tables: list[Any] = []

    def reached(_project: Any, table: Any, *_: Any) -> Never:
        tables.append(table)
        raise ReachedError

    monkeypatch.setattr("market.cli.trainer.Workshop", reached)

    def joined(path: Path) -> Any:
        options = ["--data", str(path), "--home", str(tmp_path), "--device", "cpu"]
        arguments = ["join", "0x" + "22" * 32, "--accept-terms", *options]
        with pytest.raises(ReachedError):
            cli.main(arguments, standalone_mode=False, obj={})
        return tables.pop()

    return joined


def test_a_trainer_joins_with_columns_in_any_order(tmp_path: Path, join: Any) -> None:
    columns = {"label": Y, "weight": X[:, 1], "name": ["x"] * 30, "age": X[:, 0]}
    pq.write_table(pa.table(columns), tmp_path / "rows.parquet")
    names = list(columns)
    lines = [",".join(names), *map(_line, zip(*columns.values(), strict=True))]
    (tmp_path / "rows.csv").write_text("\n".join(lines))
    for name in ("rows.parquet", "rows.csv"):
        table = join(tmp_path / name)
        assert table.X.tobytes() == X.tobytes()
        assert table.y.tolist() == Y.tolist()


def _line(cells: tuple[Any, ...]) -> str:
    return ",".join(cell if isinstance(cell, str) else repr(cell.item()) for cell in cells)


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"age": X[:, 0], "wieght": X[:, 1], "label": Y}, "there is 'wieght', expected a column"),
        ({"age": X[:, 0], "weight": X[:, 1]}, "expected a column 'label'"),
        ({"age": X[:, 0], "weight": ["x"] * 30, "label": Y}, "'x' is no number"),
        ({"age": X[:, 0], "weight": X[:, 1], "label": Y + 1}, "no class: '3' in rows 2 and 9 more"),
        ({"age": X[:, 0], "weight": np.full(30, np.inf), "label": Y}, "'inf' is out of range"),
    ],
    ids=["name", "no label", "text", "class", "infinite"],
)
def test_a_trainer_is_told_what_does_not_fit(
    tmp_path: Path, join: Any, columns: dict[str, Any], says: str
) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table(columns), path)
    with pytest.raises(InputError) as caught:
        join(path)
    assert says in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.fixture
def create(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Creates a project up to its circuit, and gives the scaled rows that its gain is from."""
    (tmp_path / "spec.toml").write_text(SPEC)
    designs: list[Any] = []

    def gain(design: Any, *_: Any) -> float:
        designs.append(design)
        return 0.5

    def reached(*_: Any) -> Never:
        raise ReachedError

    monkeypatch.setattr("market.owner.create.announced_keys", lambda *_: [])
    monkeypatch.setattr("market.owner.create.expected_gain", gain)
    monkeypatch.setattr("market.owner.create.srs_for", reached)

    def created() -> Any:
        spec = str(tmp_path / "spec.toml")
        arguments = ["create-project", spec, "--deposit", "1ether", "--home", str(tmp_path)]
        with pytest.raises(ReachedError):
            cli.main(arguments, standalone_mode=False, obj={})
        return designs.pop()

    return created


def test_an_owner_validates_on_parquet(tmp_path: Path, create: Any) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"label": Y, "age": X[:, 0], "weight": X[:, 1]}), path)
    design = create()
    scaled = (X - X.mean(axis=0)) / X.std(axis=0)
    assert np.abs(design[:, :2] - scaled).max() < 1e-9


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"age": X[:, 0], "label": Y}, "expected 2 feature columns and a label, got 1"),
        ({"age": X[:, 0], "weight": X[:, 1], "animal": Y}, "expected 2 feature columns"),
        ({"age": X[:, 0], "weight": [None] * 30, "label": Y}, "the cell is empty"),
        ({"age": X[:, 0], "w" * 61: X[:, 1], "label": Y}, "has more than 60 characters"),
    ],
    ids=["few", "no label", "missing", "long name"],
)
def test_an_owner_is_told_what_does_not_fit(
    tmp_path: Path, create: Any, columns: dict[str, Any], says: str
) -> None:
    pq.write_table(pa.table(columns), tmp_path / "rows.parquet")
    with pytest.raises(InputError) as caught:
        create()
    assert says in str(caught.value)
    assert "rows.parquet" in str(caught.value)
