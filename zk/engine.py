"""Runs EZKL in a process of its own.

A crash, a Rust panic or an out-of-memory kill there is an error here, never the end of the
service that asked; and EZKL's EVM functions are known to take the interpreter with them at exit.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from market.errors import ProofError
from market.process import die_with_parent
from zk.admission import VARIABLE

_REFUSED = ("memory allocation of", "MemoryError")
"""How Rust and Python begin to say so."""


@dataclass(frozen=True)
class Run:
    """What one operation cost.

    Args:
        value: its JSON result.
        seconds: wall clock, without starting the process.
        peak_bytes: largest resident memory of the process.
    """

    value: Any
    seconds: float
    peak_bytes: int


def run(operation: str, timeout: float = 1800.0, **arguments: str | int | bool | list[str]) -> Run:
    """Runs `operation` of `zk.worker` to its end.

    Args:
        timeout: seconds after which the process is killed.

    Raises:
        ProofError: the operation failed, the process died, or the time was up.
    """
    with tempfile.TemporaryDirectory(prefix="zk-") as folder:
        request, answer = Path(folder, "request.json"), Path(folder, "answer.json")
        request.write_text(json.dumps({"operation": operation, "arguments": arguments}))
        try:
            done = subprocess.run(
                [sys.executable, "-m", "zk.worker", str(request), str(answer)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                timeout=timeout,
                check=False,
                preexec_fn=die_with_parent,
            )
        except subprocess.TimeoutExpired as error:
            raise ProofError(f"{operation} did not end within {timeout:.0f} s") from error
        # The result counts, not the exit code: EZKL can crash after the work is done.
        if not answer.exists():
            raise _death(operation, done)
        result = json.loads(answer.read_text())
    if "error" in result:
        raise ProofError(f"{operation} failed: {result['error'][:300]}")
    return Run(result["value"], result["seconds"], result["peak_bytes"])


def _death(operation: str, done: subprocess.CompletedProcess[bytes]) -> ProofError:
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    # The kernel kills where the machine has no memory left, Rust aborts where a limit is reached.
    refused = [line for line in lines if line.startswith(_REFUSED)]
    if done.returncode == -signal.SIGKILL or refused:
        detail = f": {refused[0][:300]}" if refused else ""
        return ProofError(
            f"{operation} was killed, most likely for want of memory{detail}",
            f"free some, or set {VARIABLE} so that fewer proofs run at a time",
        )
    died = f"signal {-done.returncode}" if done.returncode < 0 else ""
    return ProofError(f"{operation} failed: {died or (lines or [''])[-1][:300]}")
