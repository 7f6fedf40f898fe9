"""Proving on the machines of a Ray cluster that the user names.

A worker gets the statement, and of its keys no more than what they follow from: it finds them by
the same content hash in its own machine's cache, or derives them there once. Only the SRS is sent,
to machines that do not have it. A worker whose keys differ proves nothing.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from circuits.shape import Shape
from market.errors import MarketError, ProofError, TransportError
from market.ray_cluster import connect
from zk.keys import derive_keys
from zk.parallel import Job, Outcome, Statement
from zk.plan import Plan
from zk.prove import Proof
from zk.srs import add_srs, find_srs


@dataclass(frozen=True)
class _Circuit:
    """What keys follow from, and what they must turn out to be."""

    shape: Shape
    plan: Plan
    srs_sha256: str
    identity: bytes


class RayProvers:
    """Each job a task of a Ray cluster; needs the package `ray`.

    Workers import this package, so install it there too, in the same version. Ray places tasks by
    the memory that they are forecast to take; on each machine they queue as all proofs do.

    Args:
        address: host:port of the cluster, or 'auto' for the one this machine belongs to; 'local'
            starts one here that ends with this process.
        cpus: of each task. A proof uses all cores it finds, whatever it asks for.
        retries: of a task whose worker died.

    Raises:
        InputError: ray is not installed.
        TransportError: the cluster does not answer.
    """

    def __init__(self, address: str, *, cpus: float = 1.0, retries: int = 1) -> None:
        self._ray = connect(address)
        self._task = self._ray.remote(num_cpus=cpus, max_retries=retries)(_prove_there)

    def run(self, jobs: Sequence[Job], timeout: float) -> list[Outcome]:
        """One outcome for each job, in order.

        Args:
            timeout: seconds for all of them together, deriving keys on the workers included.
        """
        deadline = time.monotonic() + timeout
        sent: dict[str, Any] = {}
        tasks = []
        for job in jobs:
            srs = job.keys.srs
            if srs.sha256 not in sent:
                sent[srs.sha256] = self._ray.put(srs.path.read_bytes())
            circuit = _Circuit(job.keys.shape, job.keys.plan, srs.sha256, job.keys.identity)
            task = self._task.options(memory=job.keys.memory_bytes)
            # In a list, so that a worker fetches it only if it has to.
            tasks.append(task.remote(job.statement, circuit, [sent[srs.sha256]], timeout))
        return [self._outcome(task, timeout, deadline) for task in tasks]

    def _outcome(self, task: Any, timeout: float, deadline: float) -> Outcome:
        try:
            found = self._ray.get(task, timeout=max(0.0, deadline - time.monotonic()))
        except self._ray.exceptions.GetTimeoutError:
            self._ray.cancel(task, force=True)
            return ProofError(
                f"the Ray cluster made no proof within {timeout:.0f} s",
                "has one of its machines the cores and the memory? `ray status` tells",
            )
        except self._ray.exceptions.RayError as error:
            cause = getattr(error, "cause", None)
            if isinstance(cause, MarketError):
                return cause
            return TransportError(f"a task of the Ray cluster failed: {error}")
        if not isinstance(found, Outcome):
            return TransportError(f"a worker answered with a {type(found).__name__}")
        return found


def _prove_there(
    statement: Statement, circuit: _Circuit, srs_data: list[Any], left: float
) -> Proof:
    """Runs on a worker."""
    import ray

    deadline = time.monotonic() + left
    srs = find_srs(circuit.srs_sha256)
    if srs is None:
        srs = add_srs(ray.get(srs_data[0]), circuit.srs_sha256)
    keys = derive_keys(circuit.shape, srs, circuit.plan)
    if keys.identity != circuit.identity:
        raise ProofError(
            "this worker derives other keys", "install the same version on all machines"
        )
    return statement(keys, deadline - time.monotonic())
