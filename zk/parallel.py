"""Independent statements, proven at the same time where memory admits it."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from market.errors import InputError, MarketError
from zk.keys import Keys
from zk.prove import Proof

Statement = Callable[[Keys, float], Proof]
"""Proves with these keys within that many seconds: `partial(prove, inputs)`, or `prove_folded` with
all arguments but the last two."""


@dataclass(frozen=True)
class Job:
    """A statement and the keys of its circuit."""

    statement: Statement
    keys: Keys


Outcome = Proof | MarketError
"""What became of a job."""


class Provers(Protocol):
    """Where jobs run."""

    def run(self, jobs: Sequence[Job], timeout: float) -> list[Outcome]:
        """One outcome for each job, in order; see `prove_all`."""


class LocalProvers:
    """On this machine, each proof in a process of its own.

    Args:
        most: proofs at the same time; the number of cores if not given. Memory may admit fewer.

    Raises:
        InputError: `most` is below 1.
    """

    def __init__(self, most: int | None = None) -> None:
        self._most = (os.cpu_count() or 1) if most is None else most
        if self._most < 1:
            raise InputError(f"{self._most} proofs at the same time prove nothing")

    def run(self, jobs: Sequence[Job], timeout: float) -> list[Outcome]:
        waiting = queue.SimpleQueue[int]()
        finished = queue.SimpleQueue[tuple[int, Outcome | BaseException]]()
        for index in range(len(jobs)):
            waiting.put(index)
        given_up = threading.Event()

        def work() -> None:
            while not given_up.is_set():
                try:
                    index = waiting.get_nowait()
                except queue.Empty:
                    return
                finished.put((index, _outcome(jobs[index], timeout)))

        # Daemons: an interrupt ends this process at once, and with it its provers.
        for _ in range(min(self._most, len(jobs))):
            threading.Thread(target=work, daemon=True).start()
        outcomes: dict[int, Outcome] = {}
        try:
            while len(outcomes) < len(jobs):
                index, outcome = finished.get()
                if not isinstance(outcome, Outcome):
                    raise outcome
                outcomes[index] = outcome
        finally:
            given_up.set()
        return [outcomes[index] for index in range(len(jobs))]


def prove_all(
    jobs: Sequence[Job], timeout: float = 1800.0, provers: Provers | None = None
) -> list[Outcome]:
    """Proves independent statements; one that fails does not touch the others.

    Args:
        timeout: seconds for each job from when it is taken up, waiting for memory included.
        provers: this machine's if not given.

    Returns:
        In the order of the jobs, each one's proof or what went wrong with it.
    """
    return (provers or LocalProvers()).run(jobs, timeout)


def _outcome(job: Job, timeout: float) -> Outcome | BaseException:
    try:
        return job.statement(job.keys, timeout)
    except BaseException as error:  # raised in the caller's thread, unless it is a MarketError
        return error
