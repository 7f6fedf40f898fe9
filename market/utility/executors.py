"""Where coalition values are computed: in this process, or spread over a Ray cluster."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from market.errors import MarketError, TransportError
from market.ray_cluster import connect
from market.valuation.game import Coalitions, Floats, ValueFunction


class Executor(Protocol):
    """Computes the values of coalitions."""

    def run(self, value: ValueFunction, coalitions: Coalitions) -> Floats:
        """value(coalitions), (m,)."""


class Local:
    """In this process."""

    def run(self, value: ValueFunction, coalitions: Coalitions) -> Floats:
        return np.asarray(value(coalitions), dtype=np.float64)


class RayCluster:
    """Blocks of coalitions as tasks of a Ray cluster; needs the package `ray`.

    The function and what it refers to are sent once; workers import this package, so install it
    there too.

    Args:
        address: host:port of the cluster, or 'auto' for the one this machine belongs to; 'local'
            starts one here that ends with this process.
        block: coalitions in a task.
        deadline: seconds that a batch may take.
        gpus: of each task.
        retries: of a task whose worker died.

    Raises:
        InputError: ray is not installed.
        TransportError: the cluster does not answer.
    """

    def __init__(
        self,
        address: str = "auto",
        *,
        block: int = 64,
        deadline: float = 3600.0,
        gpus: float = 0.0,
        retries: int = 3,
    ) -> None:
        self._ray = connect(address)
        self._block, self._deadline = block, deadline
        self._task = self._ray.remote(num_gpus=gpus, max_retries=retries)(_values)
        self._sent: tuple[ValueFunction, Any] | None = None

    def run(self, value: ValueFunction, coalitions: Coalitions) -> Floats:
        """value(coalitions), (m,), in order.

        Raises:
            MarketError: what the function raised in a worker.
            TransportError: a task failed otherwise or the deadline passed.
        """
        if self._sent is None or self._sent[0] is not value:
            self._sent = (value, self._ray.put(value))
        blocks = [
            coalitions[start : start + self._block]
            for start in range(0, len(coalitions), self._block)
        ]
        tasks = [self._task.remote(self._sent[1], block) for block in blocks]
        try:
            parts = self._ray.get(tasks, timeout=self._deadline)
        except self._ray.exceptions.RayError as error:
            for task in tasks:
                self._ray.cancel(task)
            cause = getattr(error, "cause", None)
            if isinstance(cause, MarketError):
                raise cause from error
            raise TransportError(f"Ray did not value {len(coalitions)} coalitions: {error}") from (
                error
            )
        return np.concatenate(parts)


def spread(value: ValueFunction, executor: Executor) -> ValueFunction:
    """`value`, computed by `executor`; pass it to `Game`."""
    return lambda coalitions: executor.run(value, coalitions)


def _values(value: ValueFunction, coalitions: Coalitions) -> Floats:
    return np.asarray(value(coalitions), dtype=np.float64)
