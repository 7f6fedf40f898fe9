"""The command that writes a PyTorch module as data."""

from __future__ import annotations

import sys
from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Any

import click
from torch import nn

from market import durable
from market.cli.output import Output, columns
from market.errors import InputError
from market.models import Exported, export_model
from market.models.dtypes import DTYPES, INPUTS, NAMES

_READABLE = 0o644
_HINT = "give it as MODULE:NAME, a module in this folder or installed, and a name in it"


class Extents(click.ParamType[tuple[int, ...]]):
    """Sizes with an x between them, such as 1x28x28."""

    name = "shape"

    def convert(
        self, value: Any, parameter: click.Parameter | None, context: click.Context | None
    ) -> tuple[int, ...]:
        if isinstance(value, tuple):
            return value
        parts = value.split("x")
        if not all(part.isascii() and part.isdigit() and len(part) < 11 for part in parts):
            self.fail(f"{value!r} is no shape: write 1x28x28, or 20", parameter, context)
        return tuple(map(int, parts))


@click.command(
    "export-model",
    epilog="Example: market export-model my_models:small_cnn --input 1x28x28 --out model.market",
)
@click.argument("model", metavar="MODULE:NAME")
@click.option(
    "--input", "shape", type=Extents(), required=True, help="Shape of one row, without the batch."
)
@click.option(
    "--dtype",
    type=click.Choice(INPUTS),
    default="F32",
    show_default=True,
    help="Of rows; I64 for words.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    metavar="FILE",
    help="Where it goes; a file that is there is replaced.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
@click.pass_context
def export_model_command(
    context: click.Context,
    /,
    model: str,
    shape: tuple[int, ...],
    dtype: str,
    out: Path,
    as_json: bool,
) -> None:
    """Write a PyTorch model as a file that holds its operations and weights, and no code.

    NAME is an nn.Module, or a function without arguments that makes one. Its forward takes one
    batch of rows and gives one tensor. It is written as it is in eval mode. Anyone can read the
    file without running anything of yours; docs/model-files.md describes it.
    """
    context.ensure_object(dict)["output"] = output = Output(as_json)
    exported = export_model(_module(model), shape, DTYPES[dtype])
    durable.write_bytes(out, exported.data, _READABLE)
    told = _told(exported)
    rows = [(name.replace("_", " "), _words(value)) for name, value in told.items() if value != []]
    output.result("\n".join([str(out), *columns(rows)]), {"file": str(out), **told})


def _module(target: str) -> nn.Module:
    """The module that a target names.

    Raises:
        InputError: it cannot be imported or made, or is no `nn.Module`.
    """
    place, _, name = target.partition(":")
    if not place or not name:
        raise InputError(f"{target} names no model", _HINT)
    sys.path.insert(0, str(Path.cwd()))
    try:
        found: Any = import_module(place)
        for part in name.split("."):
            found = getattr(found, part)
        # A class of modules is called too: it may need no arguments.
        made = found if isinstance(found, nn.Module) else found()
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        raise InputError(f"cannot make {target}: {what}", _HINT) from error
    finally:
        sys.path.pop(0)
    if not isinstance(made, nn.Module):
        raise InputError(f"{target} is no nn.Module but {type(made).__name__}", _HINT)
    return made


def _told(exported: Exported) -> dict[str, Any]:
    model, about = exported.model, exported.model.about
    operations = Counter(
        node.operation.removeprefix("aten.").removesuffix(".default") for node in about.graph.nodes
    )
    return {
        "sha256": about.fingerprint,
        "bytes": len(exported.data),
        "input": [about.graph.rows.dtype, *about.graph.rows.shape],
        "output": [NAMES[about.sizes.dtype], *about.sizes.outcome],
        "parameters": sum(each.numel() for each in model.parameters()),
        "trained_tensors": len(list(model.parameters())),
        "frozen_tensors": len(about.graph.frozen),
        "operations": dict(sorted(operations.items())),
        "bytes_a_row": about.sizes.row_bytes,
        "multiplications_a_row": about.sizes.row_work,
        "notes": list(exported.notes),
    }


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{count} {name}" for name, count in value.items())
    if isinstance(value, list):
        strings = all(isinstance(each, str) for each in value)
        return "; ".join(value) if strings else f"{value[0]} {'x'.join(map(str, value[1:]))}"
    return f"{value:,}" if isinstance(value, int) else str(value)
