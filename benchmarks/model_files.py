"""Model files beside .pt2 and ONNX: `python -m benchmarks.model_files [--json FILE]`.

Bytes, the best of three times to write and to read, how far outcomes, gradients and Jacobians are
from the module's, and which hostile files run code in whose reader. ONNX is measured where `onnx`
is installed.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, jacrev, jvp, vmap
from torch.nn.attention import SDPBackend, sdpa_kernel

from benchmarks.tables import Row, publish
from market.models import export_model, parse_model
from market.models.likeness import example
from tests.model_files.samples import SAMPLES, Sample, made
from tests.model_files.traced import traced

Weights = dict[str, Tensor]

_TRIES = 3
_ROWS = 4


def wide() -> nn.Module:
    """1.9 million weights."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(784, 1024), nn.ReLU(), nn.Linear(1024, 1024), nn.ReLU(), nn.Linear(1024, 10)
    )


MODELS: dict[str, Sample] = {
    name: Sample(lambda name=name: made(name), SAMPLES[name].shape, SAMPLES[name].dtype)  # type: ignore[misc]
    for name in ("perceptron", "residual", "encoder")
}
MODELS["wide"] = Sample(wide, (784,))


@dataclass(frozen=True)
class Format:
    """A way to keep a model.

    Args:
        write: a module and some of its rows as bytes.
        read: bytes as a module; None where the format has no module to give.
    """

    write: Callable[[nn.Module, Tensor], bytes]
    read: Callable[[bytes], Any]


def _write_market(module: nn.Module, rows: Tensor) -> bytes:
    return export_model(module, tuple(rows.shape[1:]), rows.dtype).data


def _write_pt2(module: nn.Module, rows: Tensor) -> bytes:
    batch = torch.export.Dim("batch", min=1, max=4096)
    program = torch.export.export(module, (rows,), dynamic_shapes=({0: batch},))
    file = io.BytesIO()
    torch.export.save(program, file)
    return file.getvalue()


def _read_pt2(data: bytes) -> nn.Module:
    return torch.export.load(io.BytesIO(data)).module()


def _write_onnx(module: nn.Module, rows: Tensor) -> bytes:
    file = io.BytesIO()
    names = {"input_names": ["rows"], "dynamic_axes": {"rows": {0: "batch"}}}
    torch.onnx.export(module, (rows,), file, dynamo=False, opset_version=17, **names)
    return file.getvalue()


def _read_onnx(data: bytes) -> Any:
    import onnx
    from onnx.reference import ReferenceEvaluator

    return ReferenceEvaluator(onnx.load_model_from_string(data))


FORMATS = {
    ".market": Format(_write_market, parse_model),
    ".pt2": Format(_write_pt2, _read_pt2),
    "ONNX": Format(_write_onnx, _read_onnx),
}


def formats() -> list[Row]:
    """Each model in each format."""
    found = []
    for name, sample in MODELS.items():
        module = sample.make().eval()
        rows = example(parse_model(_write_market(module, _zeros(sample))), _ROWS)
        for kind, each in FORMATS.items():
            if kind == "ONNX" and find_spec("onnx") is None:
                continue
            found.append({"model": name, "format": kind, **_measured(module, rows, each)})
    return found


def _zeros(sample: Sample) -> Tensor:
    return torch.zeros((_ROWS, *sample.shape), dtype=sample.dtype)


def _measured(module: nn.Module, rows: Tensor, kept: Format) -> Row:
    try:
        data, written = _best(lambda: kept.write(module, rows))
    except Exception as error:
        return {**dict.fromkeys(_COLUMNS, "-"), "bytes": f"not written: {type(error).__name__}"}
    again, read = _best(lambda: kept.read(data))
    row: Row = {"bytes": len(data), "write (s)": written, "read (s)": read}
    if not isinstance(again, nn.Module):
        outcome = torch.from_numpy(again.run(None, {"rows": rows.numpy()})[0])
        return {**row, "forward": _far(outcome, module(rows)), **dict.fromkeys(_COLUMNS[4:], "no")}
    row["forward"] = _far(again(rows), module(rows))
    for column, transform in (("grad", _grad), ("jvp", _jvp), ("vmap(jacrev)", _jacobian)):
        try:
            found = transform(again, _weights(module), rows)
        except Exception as error:
            row[column] = f"no: {type(error).__name__}"
            continue
        # Torch's fused attention kernels have no derivatives of all kinds.
        with sdpa_kernel(SDPBackend.MATH):
            row[column] = _far(found, transform(module, _weights(module), rows))
    return row


_COLUMNS = ("bytes", "write (s)", "read (s)", "forward", "grad", "jvp", "vmap(jacrev)")


def _best(work: Callable[[], Any]) -> tuple[Any, float]:
    taken = []
    for _ in range(_TRIES):
        start = time.perf_counter()
        result = work()
        taken.append(time.perf_counter() - start)
    return result, min(taken)


def _weights(module: nn.Module) -> Weights:
    return {name: each.detach() for name, each in module.named_parameters()}


def _grad(module: nn.Module, weights: Weights, rows: Tensor) -> Tensor:
    found = grad(lambda w: functional_call(module, w, (rows,)).square().sum())(weights)
    return _flat(found)


def _jvp(module: nn.Module, weights: Weights, rows: Tensor) -> Tensor:
    tangent: Tensor = jvp(lambda w: functional_call(module, w, (rows,)), (weights,), (weights,))[1]
    return tangent


def _jacobian(module: nn.Module, weights: Weights, rows: Tensor) -> Tensor:
    # Of the biases alone: the whole is rows by outcomes by weights.
    some = {name: each for name, each in weights.items() if each.dim() == 1}

    def one(some: Weights, row: Tensor) -> Tensor:
        outcome: Tensor = functional_call(module, {**weights, **some}, (row[None],))[0]
        return outcome

    return _flat(vmap(jacrev(one), (None, 0))(some, rows))


def _flat(found: Weights) -> Tensor:
    return torch.cat([found[name].reshape(-1) for name in sorted(found)])


def _far(given: Tensor, wanted: Tensor) -> float:
    return float((given - wanted).abs().max() / wanted.abs().max())


_RUNS = {
    "torch.export.load": "import io, sys, torch\n"
    "torch.export.load(io.BytesIO(sys.stdin.buffer.read())).module()(torch.zeros(4, 4))",
    "parse_model": "import sys\nfrom market.models import parse_model\n"
    "parse_model(sys.stdin.buffer.read())",
}


def hostile() -> list[Row]:
    """What files of `tests/model_files/traced.py` do in a process that reads them and, where that
    succeeds, calls the model once."""
    rows = []
    for name, data in traced():
        row: Row = {"file": name}
        for reader, script in _RUNS.items():
            with tempfile.TemporaryDirectory() as folder:
                done = subprocess.run(
                    [sys.executable, "-W", "ignore", "-c", script],
                    input=data,
                    cwd=folder,
                    env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
                    capture_output=True,
                )
                ran = any(Path(folder).iterdir())
            row[reader] = "runs code" if ran else "read" if done.returncode == 0 else "refused"
        rows.append(row)
    return rows


@click.command()
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Also write a file.")
def main(json_path: Path | None) -> None:
    """Measures formats of models."""
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    torch.backends.mha.set_fastpath_enabled(False)  # it has no forward-mode derivative
    if find_spec("onnx") is None:
        click.echo("onnx is not installed: not measured")
    publish({"Formats": formats(), "Hostile .pt2 files": hostile()}, json_path)


if __name__ == "__main__":
    main()
