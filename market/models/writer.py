"""Writing a module as a model file: the owner's side, on the machine that has the module's code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import fx, nn
from torch.export import ExportedProgram
from torch.export.graph_signature import InputKind, OutputKind, TensorArgument

from market.errors import InputError
from market.models.arguments import Outcome, Weight
from market.models.container import check_numbers, encode
from market.models.dtypes import NAMES
from market.models.graph import Graph, Rows
from market.models.likeness import check_likeness
from market.models.lowering import Lowering, prune
from market.models.model import Model
from market.models.names import check_name
from market.models.reader import FORMAT, VERSION, parse_model
from market.models.strict_json import canonical
from market.models.tracing import trace


@dataclass(frozen=True)
class Exported:
    """A module as data.

    Args:
        data: the file's bytes; equal modules give equal bytes.
        model: what they are read as.
        notes: what the owner should know of the difference, in words.
    """

    data: bytes
    model: Model
    notes: tuple[str, ...]


def export_model(
    module: nn.Module, shape: tuple[int, ...], dtype: torch.dtype = torch.float32
) -> Exported:
    """Writes a module: its forward in eval mode, and its weights as they are.

    The file is read back and must give what the module gives.

    Args:
        module: on the CPU; its forward takes one tensor of (batch, *shape) and gives one of floats.
        shape: of one row.
        dtype: of rows.

    Raises:
        InputError: the module cannot be traced, does what a model file cannot say, or is beyond the
            bounds of `market.models.limits`.
    """
    if any(each.device.type != "cpu" for each in (*module.parameters(), *module.buffers())):
        raise InputError("the module is not on the CPU", "call .cpu() on it before")
    program = trace(module, shape, dtype)
    lowering = Lowering({})
    weights: dict[str, torch.Tensor] = {}
    for node, name, tensor in _placeholders(program, module):
        if tensor is None:
            lowering.values[node] = Outcome(0)
        elif name is None:
            lowering.values[node] = tensor
        else:
            lowering.values[node] = Weight(check_name(name))
            weights[name] = tensor
    for node in program.graph.nodes:
        if node.op == "call_function":
            lowering.lower(node)
    nodes = prune(lowering.nodes, _outcome(program, lowering))
    taken = sorted(lowering.constants.keys() & weights.keys())
    if taken:
        raise InputError(f"a tensor of the module is named {taken[0]}", "that name is taken")
    weights |= lowering.constants
    used = Graph(Rows(NAMES.get(dtype, str(dtype)), shape), nodes, ()).weights()
    weights = {name: tensor for name, tensor in weights.items() if name in used}
    frozen = tuple(sorted(name for name, each in weights.items() if not _trained(each)))
    graph = Graph(Rows(NAMES.get(dtype, str(dtype)), shape), nodes, frozen)
    data = write_model(graph, weights)
    model = parse_model(data)
    check_likeness(module, model)
    return Exported(data, model, tuple(_notes(module, model)))


def write_model(graph: Graph, weights: Mapping[str, torch.Tensor]) -> bytes:
    """The file of a graph with these weights.

    Raises:
        InputError: there are no weights, or one of them is NaN or infinite.
    """
    if not weights:
        raise InputError("the model has no weights")
    for name, tensor in weights.items():
        check_numbers(name, tensor, mask=name in graph.frozen)
    text = canonical(graph.as_json()).decode("ascii")
    return encode({"format": FORMAT, "version": VERSION, "graph": text}, weights)


def _trained(tensor: torch.Tensor) -> bool:
    return isinstance(tensor, nn.Parameter) and tensor.requires_grad


def _placeholders(
    program: ExportedProgram, module: nn.Module
) -> list[tuple[fx.Node, str | None, torch.Tensor | None]]:
    """What stands for each input of the traced graph: a name and a tensor, a constant without a
    name, or the rows, which are neither."""
    everything = {**dict(module.named_buffers()), **dict(module.named_parameters())}
    # A tensor that has two names keeps the first, so that what is tied stays tied.
    first: dict[int, str] = {}
    places: dict[int, str] = {}
    for name, tensor in everything.items():
        first.setdefault(id(tensor), name)
        place = places.setdefault(tensor.untyped_storage().data_ptr(), name)
        if place != name and tensor.numel():
            raise InputError(
                f"{place} and {name} share memory", "clone one of them, or tie them whole"
            )
    aliases: dict[str, torch.Tensor] = {
        **dict(module.named_parameters(remove_duplicate=False)),
        **dict(module.named_buffers(remove_duplicate=False)),
    }
    found: list[tuple[fx.Node, str | None, torch.Tensor | None]] = []
    nodes = {node.name: node for node in program.graph.nodes if node.op == "placeholder"}
    for spec in program.graph_signature.input_specs:
        node, target = nodes[spec.arg.name], spec.target
        if spec.kind in (InputKind.PARAMETER, InputKind.BUFFER) and target is not None:
            tensor = aliases[target]
            found.append((node, first[id(tensor)], tensor))
        elif spec.kind == InputKind.CONSTANT_TENSOR and target is not None:
            constant = program.constants[target]
            assert isinstance(constant, torch.Tensor)
            found.append((node, None, constant))
        elif spec.kind == InputKind.USER_INPUT:
            found.append((node, None, None))
        else:
            raise InputError(f"the model uses {spec.arg.name}, which is no tensor")
    return found


def _outcome(program: ExportedProgram, lowering: Lowering) -> Outcome:
    outputs = program.graph_signature.output_specs
    for each in outputs:
        if each.kind != OutputKind.USER_OUTPUT:
            raise InputError(
                f"the forward changes {each.target or 'its own state'}", "a model keeps no state"
            )
    if len(outputs) != 1 or not isinstance(outputs[0].arg, TensorArgument):
        raise InputError("the forward does not give one tensor", "return the predictions alone")
    name = outputs[0].arg.name
    value = next(each for node, each in lowering.values.items() if node.name == name)
    if not isinstance(value, Outcome) or value.number == 0:
        raise InputError("the forward computes nothing from its rows")
    return value


def _notes(module: nn.Module, model: Model) -> list[str]:
    notes = []
    kinds = [type(each).__name__ for each in module.modules()]
    attention = [each for each in module.modules() if isinstance(each, nn.MultiheadAttention)]
    if any("Dropout" in kind for kind in kinds) or any(each.dropout for each in attention):
        notes.append("dropout is left out: trainers train without it")
    if any("BatchNorm" in kind for kind in kinds):
        notes.append(
            "batch norm uses its stored statistics: they are frozen, its weights are trained"
        )
    kept = {name for name, _ in (*model.named_parameters(), *model.named_buffers())}
    for name, parameter in module.named_parameters():
        if name not in kept:
            notes.append(f"{name} is left out: the forward does not use it")
        elif not parameter.requires_grad:
            notes.append(f"{name} is frozen: it does not require a gradient")
    for name, _ in module.named_parameters(remove_duplicate=False):
        if name not in dict(module.named_parameters()):
            notes.append(f"{name} is another name for a tensor of the model, and stays tied to it")
    return notes
