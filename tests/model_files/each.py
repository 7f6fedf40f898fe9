"""A good file for each operation that a model may have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from market.models.operations import OPERATIONS
from tests.model_files.draft import Draft, node

_FLAT: tuple[int, ...] = (3, 4)
_WAVE: tuple[int, ...] = (4, 8)
_IMAGE: tuple[int, ...] = (4, 6, 6)

_WINDOW: dict[str, Any] = {"kernel_size": [2], "stride": [2], "padding": [1], "ceil_mode": True}
_WINDOWS: dict[str, Any] = {
    name: _WINDOW[name] * 2 for name in ("kernel_size", "stride", "padding")
}
_CONV: dict[str, Any] = {"stride": [1], "dilation": [2], "groups": 2, "bias": "four"}
_REDUCED: dict[str, Any] = {"dim": [-1], "keepdim": True}
_SCALED: dict[str, Any] = {"weight": "four", "bias": "four", "eps": 1e-5}

ROWS: dict[str, tuple[int, ...]] = {
    "conv1d": _WAVE, "conv2d": _IMAGE, "max_pool1d": _WAVE, "max_pool2d": _IMAGE,
    "avg_pool1d": _WAVE, "avg_pool2d": _IMAGE, "adaptive_avg_pool1d": _WAVE,
    "adaptive_avg_pool2d": _IMAGE, "batch_norm": _WAVE, "group_norm": _WAVE,
}  # fmt: skip
"""Shapes of one row where they are not 3 x 4."""

ARGUMENTS: dict[str, dict[str, Any]] = {
    "gelu": {"approximate": "tanh"},
    "leaky_relu": {"negative_slope": 0.1},
    "elu": {"alpha": 1, "scale": 1, "input_scale": 1},
    "softplus": {"beta": 1, "threshold": 20},
    "hardtanh": {"min_val": -1, "max_val": 1},
    "clamp": {"min": -0.5, "max": None},
    "pow.Tensor_Scalar": {"exponent": 2},
    "softmax": {"dim": -1},
    "log_softmax": {"dim": 1},
    "add": {"alpha": 2},
    "sub": {"alpha": 1},
    "rsub": {"alpha": 1},
    "linear": {"weight": "square", "bias": "four"},
    "matmul": {"other": "square"},
    "conv1d": {"weight": "kernel", **_CONV, "padding": [1]},
    "conv2d": {
        "weight": "kernels", **_CONV, "stride": [1, 1], "dilation": [2, 1], "padding": [1, 1],
    },
    "embedding": {"padding_idx": -1},
    "batch_norm": {**_SCALED, "running_mean": "mean", "running_var": "spread"},
    "layer_norm": {**_SCALED, "normalized_shape": [4]},
    "group_norm": {**_SCALED, "num_groups": 2},
    "rms_norm": {"weight": "four", "normalized_shape": [4], "eps": None},
    "max_pool1d": {**_WINDOW, "dilation": [1]},
    "max_pool2d": {**_WINDOW, **_WINDOWS, "dilation": [1, 1]},
    "avg_pool1d": {**_WINDOW, "count_include_pad": True},
    "avg_pool2d": {**_WINDOW, **_WINDOWS, "count_include_pad": False},
    "adaptive_avg_pool1d": {"output_size": [3]},
    "adaptive_avg_pool2d": {"output_size": [4, 2]},
    "reshape": {"shape": [{"batch": 1}, -1]},
    "expand": {"size": [{"batch": 1}, 3, 4]},
    "permute": {"dims": [0, 2, 1]},
    "transpose": {"dim0": 1, "dim1": 2},
    "unsqueeze": {"dim": 1},
    "squeeze.dim": {"dim": 1},
    "squeeze.dims": {"dim": [1, 2]},
    "select": {"dim": 1, "index": -1},
    "slice": {"dim": 2, "start": 1, "end": None, "step": 2},
    "cat": {"tensors": [0, 0], "dim": 1},
    "stack": {"tensors": [0, 0], "dim": 1},
    "pad": {"pad": [1, 2], "mode": "constant", "value": 0.5},
    "mean": _REDUCED,
    "sum": _REDUCED,
    "amax": _REDUCED,
    "amin": _REDUCED,
    "linalg_vector_norm": {**_REDUCED, "ord": 2},
    "var.dim": {**_REDUCED, "unbiased": True},
    "var.correction": {**_REDUCED, "correction": 0},
    "max.dim": {"dim": 1, "keepdim": False},
    "min.dim": {"dim": 1, "keepdim": True},
    "where": {"condition": "mask"},
    "masked_fill": {"mask": "mask", "value": -3},
    "to": {"dtype": "F64"},
}  # fmt: skip
"""By the operation's name or the first part of it; tensors and numbers that are missing are filled
in."""


def each() -> Iterator[tuple[str, bytes]]:
    """The operation's name and a file that does little else."""
    for name in OPERATIONS:
        yield name, _file(name)


def _file(name: str) -> bytes:
    operation = OPERATIONS[name]
    short = name.removeprefix("aten.").removesuffix(".default")
    first = short.split(".")[0]
    given = ARGUMENTS.get(short, ARGUMENTS.get(first, {}))
    if name == "aten.conv1d.padding" or name == "aten.conv2d.padding":
        given = {**given, "padding": "same"}
    if first == "embedding":
        given = {**given, "weight": "square", "indices": "places"}
    missing: dict[str, Any] = {"self": 0, "input": 0, "condition": "mask"}
    missing["other"] = 0.5 if short.endswith(".Scalar") else "row"
    arguments = {
        entry: given[entry] if entry in given else missing[entry] for entry in operation.arguments
    }
    if first.startswith("logical"):
        nodes = [node("aten.gt.Scalar", self=0, other=0), node(name, **_of_truths(arguments))]
    else:
        nodes = [node(name, **arguments)]
    if operation.whole and not operation.moves:
        nodes.append(node("aten.to.dtype", self=len(nodes), dtype="F32"))
    if first == "embedding":
        nodes.append(node("aten.add.Tensor", self=0, other=len(nodes), alpha=1))
    return _drawn(nodes, ROWS.get(first, _FLAT))


def _of_truths(arguments: dict[str, Any]) -> dict[str, Any]:
    return {entry: 1 if entry == "self" else "mask" for entry in arguments}


def _drawn(nodes: list[dict[str, Any]], shape: tuple[int, ...]) -> bytes:
    """The file of these nodes, with those of the tensors that they name."""
    normal = np.random.default_rng(0).normal
    whole = {"mask": np.arange(4) % 2 == 0, "places": np.array([2, 0, 3])}
    floats = {
        "four": normal(size=4), "kernel": normal(size=(4, 2, 3)), "mean": normal(size=4),
        "kernels": normal(size=(4, 2, 3, 3)), "row": normal(size=(3, 4)),
        "spread": 1 + normal(size=4) ** 2, "square": normal(size=(4, 4)), "unit": np.ones(1),
    }  # fmt: skip
    # Every file has a tensor, also where the operation takes none.
    nodes = [*nodes, node("aten.mul.Tensor", self=len(nodes), other="unit")]
    named = str(nodes)
    used = [tensor for tensor in (*whole, *floats) if f"'{tensor}'" in named]
    draft = Draft(tensors={"filled below": None})
    draft.graph = {
        "frozen": sorted({"mask", "mean", "places", "spread"} & set(used)),
        "input": {"dtype": "F32", "shape": list(shape)},
        "nodes": nodes,
    }
    draft.tensors = {}
    for tensor in sorted(used, key=lambda each: (each != "places", each == "mask", each)):
        if tensor in floats:
            draft.add(tensor, "F32", floats[tensor].astype("<f4"))
        else:
            values = whole[tensor]
            draft.add(tensor, "BOOL" if values.dtype == bool else "I64", values)
    return draft.file()
