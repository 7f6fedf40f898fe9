"""Reading a model file that a stranger may have made.

A file ends as a `Model` or in an InputError. Nothing of it is ever executed or evaluated: it holds
numbers, names of operations from a list, and their arguments. Checks come in the order of what they
cost: sizes before bytes, bytes before JSON, JSON before shapes, shapes before tensors.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
from pathlib import Path

import torch

from market.errors import InputError
from market.models.container import Header, read_header, read_tensors
from market.models.graph import Graph, parse_graph
from market.models.indices import vocabulary
from market.models.model import About, Model
from market.models.sizes import sizes_of
from market.models.strict_json import canonical, parse

FORMAT = "market-model"
VERSION = "1"


def read_model(path: Path) -> Model:
    """The model that a file holds.

    Raises:
        InputError: it cannot be read, or is not exactly what `market export-model` would have
            written.
    """
    try:
        # Without waiting: a pipe that somebody put there has no writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise InputError(f"{path} is no file")
            return _read(file, status.st_size)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
    except InputError as error:
        raise InputError(f"{path}: {error.message}", error.hint) from error


def parse_model(data: bytes) -> Model:
    """The model that these bytes are.

    Raises:
        InputError: as for `read_model`.
    """
    return _read(io.BytesIO(data), len(data))


def _read(file: io.BufferedIOBase, size: int) -> Model:
    header = read_header(file, size)
    graph = _graph(header)
    sizes = sizes_of(graph, header.tensors)
    tensors = read_tensors(file, header, graph.frozen)
    fingerprint = hashlib.sha256(header.encode())
    for tensor in tensors.values():
        fingerprint.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    about = About(graph, sizes, vocabulary(graph, tensors), fingerprint.hexdigest())
    return Model(about, tensors)


def _graph(header: Header) -> Graph:
    metadata = header.metadata
    if metadata.get("format") != FORMAT:
        raise InputError("this is no model of the market", "make one with `market export-model`")
    if metadata.get("version") != VERSION:
        raise InputError(
            f"the model is of version {metadata.get('version', '')[:20]!r}",
            f"{VERSION} is read here",
        )
    if set(metadata) != {"format", "version", "graph"}:
        raise InputError("__metadata__ holds more or less than format, version and graph")
    text = metadata["graph"].encode("utf-8", "surrogatepass")
    graph = parse_graph(parse(text, "graph"))
    if canonical(graph.as_json()) != text:
        raise InputError(
            "the graph is not written as a model's is", "its order, spaces or numbers differ"
        )
    stored = header.tensors
    if graph.weights() != set(stored):
        odd = sorted(graph.weights() ^ set(stored))[0]
        raise InputError(f"{odd} is used but not stored, or stored but not used")
    for name in graph.frozen:
        if name not in stored:
            raise InputError(f"{name} is frozen and not there")
    whole = [name for name, each in stored.items() if each.dtype in ("I64", "I32", "BOOL")]
    if not set(whole) <= set(graph.frozen):
        raise InputError("whole numbers cannot be trained, and some are not among the frozen")
    return graph
