"""The process in which EZKL runs: `python -m zk.worker REQUEST ANSWER`, both JSON files."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from circuits.lowrank_shape import LowRankShape
from circuits.shape import FoldedShape, Shape


def _export(shape: list[str], statement: str, path: str) -> None:
    import torch

    from circuits.enumeration import EnumerationStatement
    from circuits.folded import FoldedRound
    from circuits.lowrank import LowRankRound
    from circuits.round import RoundStatement

    sizes = [int(size) for size in shape]
    drawn: FoldedRound | LowRankRound | EnumerationStatement | RoundStatement
    if statement == "folded":
        drawn = FoldedRound(FoldedShape(*sizes))
    elif statement == "lowrank":
        drawn = LowRankRound(LowRankShape(*sizes))
    elif statement == "enumeration":
        drawn = EnumerationStatement(Shape(*sizes))
    else:
        drawn = RoundStatement(Shape(*sizes))
    example = drawn.example_inputs()
    with warnings.catch_warnings():
        # EZKL reads the graphs of the older exporter.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(drawn, example, path, dynamo=False, opset_version=17)


def _settings(model: str, output: str, run_args: str) -> None:
    import ezkl

    arguments = ezkl.PyRunArgs()
    for name, value in json.loads(run_args).items():
        setattr(arguments, name, tuple(value) if isinstance(value, list) else value)
    ezkl.gen_settings(model, output, py_run_args=arguments)


def _compile(model: str, compiled: str, settings: str) -> None:
    import ezkl

    ezkl.compile_circuit(model, compiled, settings)


def _setup(compiled: str, vk: str, pk: str, srs: str) -> None:
    import ezkl

    ezkl.setup(compiled, vk, pk, srs)  # type: ignore[call-arg]


def _srs(path: str, logrows: int) -> None:
    import ezkl

    ezkl.gen_srs(path, logrows)


def _download(path: str, logrows: int) -> None:
    import ezkl

    async def fetch() -> Any:
        return await ezkl.get_srs(settings_path=None, logrows=logrows, srs_path=path)

    asyncio.run(fetch())


def _prove(data: str, compiled: str, witness: str, vk: str, pk: str, srs: str, proof: str) -> None:
    import ezkl

    ezkl.gen_witness(data, compiled, witness, vk, srs)
    ezkl.prove(witness, compiled, pk, proof, srs)


def _verify(proofs: str, settings: str, vk: str, srs: str) -> list[bool]:
    """Of each line of `proofs`, a proof's JSON, whether it holds."""
    # Most of the time goes into reading the key, which a second thread makes slower.
    os.environ["RAYON_NUM_THREADS"] = "1"
    import ezkl

    held, single = [], f"{proofs}.single"
    for line in Path(proofs).read_text().splitlines():
        Path(single).write_text(line)
        try:
            held.append(bool(ezkl.verify(single, settings, vk, srs)))  # type: ignore[call-arg]
        except BaseException:  # how it says no; a Rust panic is not an Exception
            held.append(False)
    return held


def _solidity(vk: str, settings: str, solidity: str, abi: str, srs: str) -> None:
    import ezkl

    async def create() -> Any:
        return await ezkl.create_evm_verifier(vk, settings, solidity, abi, srs)  # type: ignore[call-arg]

    try:
        asyncio.run(create())
    except RuntimeError:
        # It writes the source, then looks for a compiler online; ours compiles the source later.
        if not Path(solidity).exists():
            raise


OPERATIONS: dict[str, Callable[..., Any]] = {
    "export": _export,
    "settings": _settings,
    "compile": _compile,
    "setup": _setup,
    "srs": _srs,
    "prove": _prove,
    "download": _download,
    "verify": _verify,
    "solidity": _solidity,
}


def main(request_path: str, answer_path: str) -> None:
    with contextlib.suppress(OSError):  # where memory runs out, this process goes first
        Path("/proc/self/oom_score_adj").write_text("1000")
    request = json.loads(Path(request_path).read_text())
    start = time.monotonic()
    try:
        value = OPERATIONS[request["operation"]](**request["arguments"])
        result: dict[str, Any] = {"value": value}
    except BaseException as error:  # a Rust panic is not an Exception
        result = {"error": f"{error}" or type(error).__name__}
    result["seconds"] = time.monotonic() - start
    result["peak_bytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    temporary = Path(f"{answer_path}.part")
    temporary.write_text(json.dumps(result))
    temporary.rename(answer_path)
    os._exit(0)  # the interpreter's own shutdown crashes after EZKL's EVM functions


if __name__ == "__main__":
    main(*sys.argv[1:])
