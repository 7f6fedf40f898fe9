"""A bought network as a file that other programs read: weights with input and class names."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from market.data.form import to_dict
from market.measured.document import MeasuredDocument
from market.models import Model
from market.models.container import encode
from market.models.writer import write_model

Writer = Callable[[Model, Mapping[str, Tensor], MeasuredDocument], bytes]


def as_torch(network: Model, weights: Mapping[str, Tensor], document: MeasuredDocument) -> bytes:
    """A `.pt` that `torch.load(..., weights_only=True)` takes: `state_dict` and `metadata`."""
    buffer = io.BytesIO()
    # Each with memory of its own: of a part of a larger tensor torch would write the whole.
    tensors = {name: each.clone() for name, each in _tensors(network, weights).items()}
    torch.save({"state_dict": tensors, "metadata": _metadata(document)}, buffer)
    return buffer.getvalue()


def as_safetensors(
    network: Model, weights: Mapping[str, Tensor], document: MeasuredDocument
) -> bytes:
    """Tensors by their names in the owner's module."""
    return encode(_metadata(document), _tensors(network, weights))


def as_market(
    network: Model,
    weights: Mapping[str, Tensor],
    document: MeasuredDocument,  # noqa: ARG001
) -> bytes:
    """A model file, as `market export-model` writes one: graph and weights, and no more.

    Raises:
        InputError: a weight is NaN or infinite.
    """
    return write_model(network.about.graph, _tensors(network, weights))


def as_onnx(network: Model, weights: Mapping[str, Tensor], document: MeasuredDocument) -> bytes:
    """Graph and weights, for a batch of any size.

    Raises:
        InputError: the network does something that ONNX cannot say.
    """
    # Seconds, and the other forms need none of it.
    from market.models.onnx_file import write_onnx

    return write_onnx(Model(network.about, _tensors(network, weights)), _metadata(document))


FORMS: Mapping[str, Writer] = {
    ".pt": as_torch,
    ".safetensors": as_safetensors,
    ".onnx": as_onnx,
    ".market": as_market,
}
"""Writers by the ending of a file's name."""


def _metadata(document: MeasuredDocument) -> dict[str, str]:
    """What a file says of itself: the project, and what rows and outputs are."""
    return {
        "project": document.name,
        "schema": json.dumps(to_dict(document.schema), sort_keys=True),
        "loss": document.recipe.loss.value,
    }


def _tensors(network: Model, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """All that the graph uses: the given weights, and the network's own frozen tensors."""
    both = {**dict(network.named_buffers()), **weights}
    return {name: each.detach().cpu() for name, each in both.items()}
