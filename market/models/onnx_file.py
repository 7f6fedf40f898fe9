"""A model as ONNX, for programs that read that format: graph, weights, and any size of a batch."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
import torch
from onnx.reference import ReferenceEvaluator

from market.errors import InputError
from market.models.graph import Node
from market.models.interpreter import first_line, run_overload, steps
from market.models.likeness import close, example
from market.models.model import Model

INPUT, OUTPUT = "rows", "outputs"
_OPSET = 18
_TRACED, _TRIED = 2, 3
"""Rows that the graph is traced on, and others that it must hold for: a batch that was written as
a constant shows."""
_OTHERS = "write .pt, .safetensors or .market"


def write_onnx(model: Model, metadata: Mapping[str, str]) -> bytes:
    """The file's bytes, held against the model on a few random rows before they are given.

    Args:
        model: on the CPU.
        metadata: texts that the file carries.

    Raises:
        InputError: the model does something that ONNX cannot say, or says otherwise.
    """
    buffer = io.BytesIO()
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            # Where it fails it prints its graph: not among the results of a command.
            torch._C._jit_set_onnx_log_output_stream("stderr")
            torch.onnx.export(
                _Traceable(model.about, _tensors(model)).eval(),
                (example(model, _TRACED),),
                buffer,  # type: ignore[arg-type]
                dynamo=False,
                opset_version=_OPSET,
                input_names=[INPUT],
                output_names=[OUTPUT],
                dynamic_axes={INPUT: {0: "batch"}, OUTPUT: {0: "batch"}},
            )
            written = onnx.load_from_string(buffer.getvalue())
            for key, value in metadata.items():
                entry = written.metadata_props.add()
                entry.key, entry.value = key, value
            onnx.checker.check_model(written, full_check=True)
            rows = example(model, _TRIED, seed=1)
            (raw,) = ReferenceEvaluator(written).run([OUTPUT], {INPUT: rows.numpy()})
            given = torch.as_tensor(raw)
    # torch's exporter, the checker and the evaluator each raise their own kinds.
    except Exception as error:
        raise InputError(
            f"the network cannot be written as ONNX: {first_line(error)}", _OTHERS
        ) from error
    with torch.no_grad():
        wanted = model(rows)
    if not close(given, wanted):
        raise InputError("what is written as ONNX does not give what the network gives", _OTHERS)
    return bytes(written.SerializeToString())


class _Traceable(Model):
    """The model in words that torch's exporter follows with a batch of any size."""

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        for step in steps(self.about.graph, self._weight, rows, self._done, _run):
            outcome = step.outcome
        return outcome


def _tensors(model: Model) -> dict[str, torch.Tensor]:
    return {
        name: each.detach() for name, each in (*model.named_parameters(), *model.named_buffers())
    }


def _run(node: Node, arguments: dict[str, Any]) -> Any:
    """An operation, where its overload would take a size for a constant or leave it open."""
    match node.operation:
        case "aten.reshape.default":
            return arguments["self"].reshape(arguments["shape"])
        case "aten.expand.default":
            return arguments["self"].expand(arguments["size"])
        case "aten.squeeze.dim" | "aten.squeeze.dims":
            # The exporter writes a branch for an extent that might be another, and the branch that
            # is never taken does not pass the checks of those who read it.
            tensor, named = arguments["self"], arguments["dim"]
            dims = [named] if isinstance(named, int) else named
            places = {dim % tensor.dim() for dim in dims}
            for place in sorted(places, reverse=True):
                if tensor.shape[place] == 1:
                    tensor = tensor.select(place, 0)
            return tensor
        case "aten.rms_norm.default":
            tensor, eps = arguments["input"], arguments["eps"]
            last = [-1 - place for place in range(len(arguments["normalized_shape"]))]
            squares = (tensor * tensor).mean(last, keepdim=True)
            smallest = torch.finfo(tensor.dtype).eps if eps is None else eps
            normal = tensor * torch.rsqrt(squares + smallest)
            weight = arguments["weight"]
            return normal if weight is None else normal * weight
        case "aten.adaptive_avg_pool1d.default" | "aten.adaptive_avg_pool2d.default":
            tensor, sizes = arguments["self"], arguments["output_size"]
            extents = [int(extent) for extent in tensor.shape[-len(sizes) :]]
            if any(extent % size for extent, size in zip(extents, sizes, strict=True)):
                return _pooled(tensor, extents, sizes)
    return run_overload(node, arguments)


def _pooled(tensor: torch.Tensor, extents: list[int], sizes: list[int]) -> torch.Tensor:
    """Adaptive pooling as products: of windows of different lengths ONNX knows nothing."""
    means = [
        _means(extent, size).to(tensor.dtype) for extent, size in zip(extents, sizes, strict=True)
    ]
    tensor = tensor.matmul(means[-1])
    return tensor if len(means) == 1 else means[0].T.matmul(tensor)


def _means(extent: int, size: int) -> torch.Tensor:
    """(extent, size): how much of each entry is in each window."""
    found = torch.zeros(extent, size, dtype=torch.float64)
    for window in range(size):
        first, end = window * extent // size, -(-(window + 1) * extent // size)
        found[first:end, window] = 1 / (end - first)
    return found
