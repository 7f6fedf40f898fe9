"""Model files put together by hand, so that any part of them can be wrong."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

CANONICAL: dict[str, Any] = {"sort_keys": True, "separators": (",", ":")}


def text(value: Any) -> str:
    """The canonical JSON of a value, NaN and infinity as Python writes them."""
    return json.dumps(value, **CANONICAL)


@dataclass
class Draft:
    """A file in parts. As it comes it is a good one: two linear layers with a frozen offset.

    Args:
        graph: what becomes the text in the metadata.
        metadata: beside that text.
        tensors: entries of the header.
        data: the tensors' bytes.
    """

    graph: Any = field(
        default_factory=lambda: {
            "frozen": ["offset"],
            "input": {"dtype": "F32", "shape": [6]},
            "nodes": [
                node("aten.add.Tensor", self=0, other="offset", alpha=1),
                linear(1, "first"),
                node("aten.relu.default", self=2),
                linear(3, "second"),
            ],
        }
    )
    metadata: Any = field(default_factory=lambda: {"format": "market-model", "version": "1"})
    tensors: Any = field(default_factory=dict)
    data: bytes = b""

    def __post_init__(self) -> None:
        if not self.tensors:
            generator = np.random.default_rng(0)
            shapes = {
                "first.bias": (4,),
                "first.weight": (4, 6),
                "offset": (6,),
                "second.bias": (3,),
                "second.weight": (3, 4),
            }
            for name, shape in shapes.items():
                self.add(name, "F32", generator.normal(size=shape).astype("<f4"))

    def add(self, name: str, dtype: str, values: np.ndarray) -> None:
        """Puts a tensor behind those that are there."""
        start = len(self.data)
        self.data += values.tobytes()
        offsets = [start, len(self.data)]
        self.tensors[name] = {"dtype": dtype, "shape": list(values.shape), "data_offsets": offsets}

    def header(self) -> bytes:
        """The header's text, padded."""
        metadata = self.metadata
        if isinstance(metadata, dict) and "graph" not in metadata and self.graph is not None:
            metadata = {**metadata, "graph": text(self.graph)}
        entries = {**self.tensors, "__metadata__": metadata}
        raw = text(entries).encode("utf-8", "surrogatepass")
        return raw + b" " * (-len(raw) % 8)

    def file(self) -> bytes:
        """The whole file."""
        return framed(self.header(), self.data)


def framed(header: bytes, data: bytes = b"") -> bytes:
    """A header with its length in front and the tensors' bytes behind."""
    return len(header).to_bytes(8, "little") + header + data


def changed(change: Callable[[Draft], Any]) -> bytes:
    """The good file with one change."""
    draft = Draft()
    change(draft)
    return draft.file()


def replaced(path: str, value: Any) -> bytes:
    """The good file with one entry of its graph replaced, such as `nodes.1.arguments.bias`."""
    draft = Draft()
    *steps, last = path.split(".")
    place = draft.graph
    for step in steps:
        place = place[int(step)] if isinstance(place, list) else place[step]
    place[int(last) if isinstance(place, list) else last] = copy.deepcopy(value)
    return draft.file()


def node(op: str, **arguments: Any) -> dict[str, Any]:
    """One node of a graph."""
    return {"op": op, "arguments": arguments}


def linear(source: int, name: str) -> dict[str, Any]:
    """A node that is a linear layer."""
    return node("aten.linear.default", input=source, weight=f"{name}.weight", bias=f"{name}.bias")


def appended(*nodes: dict[str, Any]) -> bytes:
    """The good file, whose outcome number 4 of shape (batch, 3) more nodes follow on."""
    return changed(lambda draft: draft.graph["nodes"].extend(nodes))
