"""Other circuits of the same sizes and the same SRS, so that all commitments are alike."""

from __future__ import annotations

import json
import shutil
import tempfile
import warnings
from dataclasses import replace
from pathlib import Path
from unittest import mock

import torch

from circuits.bounds import identity
from circuits.folded import FoldedRound
from circuits.lowrank import LowRankRound
from circuits.lowrank_shape import LowRankShape
from circuits.shape import FoldedShape
from market import durable
from zk import engine
from zk.cache import cache_root, locked
from zk.inventory import Inventory
from zk.keys import Keys
from zk.plan import canonical
from zk.planner import choose


def without_range_check(keys: Keys) -> Keys:
    """Of the statement whose entries are not looked up."""
    return _cached(keys, "unchecked", table_start=None)


def with_table_from(keys: Keys, start: int) -> Keys:
    """Of the statement whose table starts at another integer."""
    return _cached(keys, f"table-{start}", table_start=start)


def _cached(keys: Keys, name: str, table_start: int | None) -> Keys:
    final = cache_root() / "forgeries" / f"{keys.folder.name}-{name}"
    final.parent.mkdir(parents=True, exist_ok=True)
    with locked(final.name):
        if not final.exists():
            building = Path(tempfile.mkdtemp(prefix=f".{final.name}-", dir=final.parent))
            try:
                _make(keys, building, table_start)
                building.rename(final)
            finally:
                shutil.rmtree(building, ignore_errors=True)
    settings = json.loads((final / "settings.json").read_text())
    return replace(keys, folder=final, rows=int(settings["num_rows"]), setup_seconds=0.0)


def _make(keys: Keys, folder: Path, table_start: int | None) -> None:
    """As `zk.keys` makes them, but for the change."""
    path = {
        name: str(folder / name)
        for name in ("circuit.onnx", "settings.json", "circuit.ezkl", "vk", "pk", "Verifier.sol")
    }
    _export(keys, path["circuit.onnx"], checked=table_start is not None)
    start = keys.shape.table_start if table_start is None else table_start
    engine.run(
        "settings",
        model=path["circuit.onnx"],
        output=path["settings.json"],
        run_args=choose(keys.shape).plan.run_args(keys.logrows, start),
    )
    drawn = json.loads((folder / "settings.json").read_text())
    rows = int(json.loads(keys.settings.read_text())["num_rows"])
    durable.write_bytes(folder / "settings.json", canonical(drawn, rows))
    engine.run(
        "compile",
        model=path["circuit.onnx"],
        compiled=path["circuit.ezkl"],
        settings=path["settings.json"],
    )
    srs = str(keys.srs.path)
    engine.run("setup", compiled=path["circuit.ezkl"], vk=path["vk"], pk=path["pk"], srs=srs)
    engine.run(
        "solidity",
        vk=path["vk"],
        settings=path["settings.json"],
        solidity=path["Verifier.sol"],
        abi=str(folder / "Verifier.abi"),
        srs=srs,
    )
    Inventory.take(folder, 0.0)


def _export(keys: Keys, path: str, checked: bool) -> None:
    shape = keys.shape
    assert isinstance(shape, FoldedShape)
    drawn: FoldedRound | LowRankRound = (
        LowRankRound(shape) if isinstance(shape, LowRankShape) else FoldedRound(shape)
    )
    lookup = identity if checked else _unchanged
    with mock.patch(f"{type(drawn).__module__}.identity", lookup), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the older exporter, which the engine reads
        torch.onnx.export(drawn, drawn.example_inputs(), path, dynamo=False, opset_version=17)


def _unchanged(values: torch.Tensor) -> torch.Tensor:
    return values
