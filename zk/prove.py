"""Proving and verifying the round statement."""

from __future__ import annotations

import itertools
import json
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from market.errors import ProofError
from zk import engine
from zk.admission import admitted
from zk.field import Point, R, from_felt, to_felt, to_felts
from zk.keys import Keys, intact


@dataclass(frozen=True)
class Proof:
    """A proof as the verifier contract takes it.

    Args:
        data: the whole proof; starts with the points of the committed inputs, 64 bytes each.
        instances: the public outputs, field elements.
        seconds: what witness and proof took.
        peak_bytes: largest resident memory of the prover.
    """

    data: bytes
    instances: list[int]
    seconds: float = 0.0
    peak_bytes: int = 0

    def points(self, count: int) -> list[Point]:
        """The points of the first `count` inputs."""
        return [Point.from_bytes(self.data[64 * i : 64 * i + 64]) for i in range(count)]


def prove(inputs: Sequence[Sequence[int]], keys: Keys, timeout: float = 1800.0) -> Proof:
    """Proves the statement about the integer vectors `inputs`, in the order of the shape.

    Waits until the machine has memory for it; see `zk.admission`.

    Args:
        timeout: seconds, waiting included.

    Raises:
        InputError: MARKET_PROVER_MEMORY is no amount of memory.
        ProofError: a vector has the wrong length, an entry of a delta is out of range, there is
            not enough memory, the time was up, or the prover failed.
    """
    deadline = time.monotonic() + timeout
    lengths = [len(vector) for vector in inputs]
    if lengths != keys.shape.input_lengths:
        raise ProofError(f"inputs have lengths {lengths}, expected {keys.shape.input_lengths}")
    keys = intact(keys)
    with (
        admitted(keys.memory_bytes, deadline - time.monotonic()) as left,
        tempfile.TemporaryDirectory(prefix="zk-") as folder,
    ):
        data, witness, output = (Path(folder, name) for name in ("data", "witness", "proof"))
        data.write_text(json.dumps({"input_data": [to_felts(vector) for vector in inputs]}))
        done = engine.run(
            "prove",
            timeout=left,
            data=str(data),
            compiled=str(keys.circuit),
            witness=str(witness),
            vk=str(keys.vk),
            pk=str(keys.pk),
            srs=str(keys.srs.path),
            proof=str(output),
        )
        written = json.loads(output.read_text())
    return Proof(
        data=bytes(written["proof"]),
        instances=[from_felt(text) for group in written["instances"] for text in group],
        seconds=done.seconds,
        peak_bytes=done.peak_bytes,
    )


def verify(proof: Proof, keys: Keys) -> bool:
    """Whether the proof holds, checked off chain. Never raises for a bad proof."""
    try:
        return verify_all([proof], keys)[0]
    except ProofError:
        return False


def verify_all(proofs: Sequence[Proof], keys: Keys, timeout: float = 120.0) -> list[bool]:
    """Which of the proofs hold, checked off chain in one process (30 ms each).

    The engine takes bytes that follow a proof; the verifier contract does not, nor does this.

    Raises:
        ProofError: the process died or took longer than `timeout` seconds.
    """
    length = keys.proof_bytes
    sound = [
        len(proof.data) == length and all(0 <= value < R for value in proof.instances)
        for proof in proofs
    ]
    with tempfile.TemporaryDirectory(prefix="zk-") as folder:
        path = Path(folder, "proofs")
        with path.open("w") as file:
            for proof in itertools.compress(proofs, sound):
                instances = [to_felt(value) for value in proof.instances]
                json.dump({"proof": list(proof.data), "instances": [instances]}, file)
                file.write("\n")
        done = engine.run(
            "verify",
            timeout=timeout,
            proofs=str(path),
            settings=str(keys.settings),
            vk=str(keys.vk),
            srs=str(keys.srs.path),
        )
    held = iter(done.value)
    return [each and bool(next(held)) for each in sound]
