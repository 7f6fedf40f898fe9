"""Sets a circuit up, and says how many rows it fills: the engine only logs it.

    python -m benchmarks.aggregate.layout COMPILED VK PK SRS

A process of its own, since the engine may take the interpreter with it.
"""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys

from market.errors import ProofError

_ROWS = re.compile(r"\(rows=(\d+), ")


def set_up(compiled: str, vk: str, pk: str, srs: str) -> int:
    """Writes both keys, and returns the rows that are filled.

    Raises:
        ProofError: the engine failed.
    """
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.aggregate.layout", compiled, vk, pk, srs],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    text = done.stdout.decode(errors="replace")
    found = _ROWS.findall(text)
    if done.returncode != 0 or not found:
        raise ProofError(f"the circuit cannot be set up: {text[-300:]}")
    return int(found[-1])


if __name__ == "__main__":
    logging.basicConfig(level=logging.DEBUG, stream=sys.stdout, format="%(message)s")
    import ezkl

    circuit, verification, proving, reference = sys.argv[1:]
    ezkl.setup(circuit, verification, proving, reference)  # type: ignore[call-arg]
    sys.stdout.flush()
    os._exit(0)
