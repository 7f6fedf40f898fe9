"""A bought network as a file that other programs read: weights with input and class names."""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from market.data.form import to_dict
from market.errors import InputError
from market.measured.document import MeasuredDocument
from market.models import Model
from market.models.container import encode
from market.models.likeness import example
from market.models.writer import write_model


def _metadata(document: MeasuredDocument) -> dict[str, str]:
    """What a file says of itself: the project, and what rows and outputs are."""
    return {
        "project": document.name,
        "schema": json.dumps(to_dict(document.schema), sort_keys=True),
        "loss": document.recipe.loss.value,
    }


def _tensors(network: Model, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    buffers = {name: buffer.detach().cpu() for name, buffer in network.named_buffers()}
    return {**{name: each.detach().cpu() for name, each in weights.items()}, **buffers}


def as_torch(network: Model, weights: Mapping[str, Tensor], document: MeasuredDocument) -> bytes:
    """A `.pt` that `torch.load(..., weights_only=True)` takes: `state_dict` and `metadata`."""
    buffer = io.BytesIO()
    content = {"state_dict": _tensors(network, weights), "metadata": _metadata(document)}
    torch.save(content, buffer)
    return buffer.getvalue()


def as_safetensors(
    network: Model, weights: Mapping[str, Tensor], document: MeasuredDocument
) -> bytes:
    """Tensors by their names in the owner's module."""
    return encode(_metadata(document), _tensors(network, weights))


def as_market(network: Model, weights: Mapping[str, Tensor], document: MeasuredDocument) -> bytes:  # noqa: ARG001
    """A model file, as `market export-model` writes one: graph and weights."""
    return write_model(network.about.graph, _tensors(network, weights))


def as_onnx(network: Model, weights: Mapping[str, Tensor], document: MeasuredDocument) -> bytes:
    """Graph and weights, with a batch of any size.

    Raises:
        InputError: the network has an operation that ONNX cannot say.
    """
    import onnx

    own = {name: each.detach().clone() for name, each in network.named_parameters()}
    buffer = io.BytesIO()
    try:
        network.load_state_dict({**network.state_dict(), **_tensors(network, weights)})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                network.eval(),
                (example(network, 2),),
                buffer,
                dynamo=False,
                input_names=["rows"],
                output_names=["outputs"],
                dynamic_axes={"rows": {0: "batch"}, "outputs": {0: "batch"}},
            )
    except (RuntimeError, ValueError, TypeError) as error:
        reason = str(error).partition("\n")[0]
        raise InputError(
            f"the network cannot be written as ONNX: {reason}", "export .pt or .safetensors"
        ) from error
    finally:
        network.load_state_dict({**network.state_dict(), **own})
    model = onnx.load_from_string(buffer.getvalue())
    for key, value in _metadata(document).items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    return bytes(model.SerializeToString())


FORMS: Mapping[str, Callable[[Model, Mapping[str, Tensor], MeasuredDocument], bytes]] = {
    ".pt": as_torch,
    ".safetensors": as_safetensors,
    ".onnx": as_onnx,
    ".market": as_market,
}
"""Writers by the ending of a file's name."""
