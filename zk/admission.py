"""Admits proofs to this machine's memory, those of all processes together.

A prover that needs more memory than there is gets killed after minutes of work, or something else
does. So every proof takes a ticket in one queue of the machine (of the cache, precisely: processes
that share it share the queue) and starts when its memory and that of all tickets before it fit the
budget. Tickets before one only ever leave, so that

- what runs is always a first part of the queue, within the budget,
- a large proof gets its turn: nobody overtakes it,
- who was admitted stays so, and nothing has to be recorded but the queue.

A ticket is a file that its holder keeps locked. The kernel unlocks it when the holder dies, however
it dies, and the next to look removes it.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO

from market.errors import InputError, ProofError
from zk.cache import cache_root, lock_if_free, locked

VARIABLE = "MARKET_PROVER_MEMORY"

SHARE = 0.75
"""Of the machine's memory, for all proofs together where the user names no budget."""

_POLL_SECONDS = 0.1
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]i?B|B)?")
_UNITS = {"B": 1} | {
    f"{letter}{suffix}": base**power
    for power, letter in enumerate("KMGT", start=1)
    for suffix, base in (("B", 1000), ("iB", 1024))
}
_GROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Budget:
    """What proofs may take.

    Args:
        together: bytes of all that run at the same time.
        alone: bytes of one; larger ones are refused, those above `together` run by themselves.
    """

    together: int
    alone: int


def budget() -> Budget:
    """MARKET_PROVER_MEMORY, else a share of the machine's memory.

    Raises:
        InputError: the variable is no amount.
    """
    chosen = os.environ.get(VARIABLE)
    if chosen:
        amount = parse_bytes(chosen)
        return Budget(amount, amount)
    total = machine_bytes()
    return Budget(int(SHARE * total), total)


def budget_for(need: int) -> Budget:
    """The budget, if a proof of `need` bytes can ever be admitted.

    Raises:
        InputError: MARKET_PROVER_MEMORY is no amount.
        ProofError: there is not so much memory.
    """
    limits = budget()
    if need > limits.alone:
        raise ProofError(
            f"a proof takes {_gib(need)} of memory, and there is {_gib(limits.alone)}",
            f"use a larger machine, or raise {VARIABLE} if it has more",
        )
    return limits


def parse_bytes(text: str) -> int:
    """An amount like `16GiB`, `500 MB` or `1073741824`.

    Raises:
        InputError: it is something else, or nothing.
    """
    found = _AMOUNT.fullmatch(text.strip())
    amount = int(Fraction(found[1]) * _UNITS[found[2] or "B"]) if found else 0
    if amount == 0:
        raise InputError(f"{VARIABLE} is {text!r}, no amount of memory", "write for example 16GiB")
    return amount


def machine_bytes() -> int:
    """Memory of this machine, or of a control group that limits this process to less."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    groups = Path("/proc/self/cgroup")
    for line in groups.read_text().splitlines() if groups.exists() else []:
        _, controllers, group = line.split(":", 2)
        if controllers == "":  # the second version of control groups
            root, name = _GROUPS, "memory.max"
        elif "memory" in controllers.split(","):
            root, name = _GROUPS / "memory", "memory.limit_in_bytes"
        else:
            continue
        inner = root / group.lstrip("/")
        for path in (each / name for each in (inner, *inner.parents)):
            if path.is_file() and (limit := path.read_text().strip()).isdigit():
                total = min(total, int(limit))
    return total


@contextmanager
def admitted(need: int, timeout: float) -> Iterator[float]:
    """Waits until `need` bytes are free for a proof, and holds them during the block.

    Args:
        need: bytes, as forecast.
        timeout: seconds to wait at most.

    Yields:
        The seconds that are left of `timeout`.

    Raises:
        InputError: MARKET_PROVER_MEMORY is no amount.
        ProofError: there will never be so much memory, or there was not in time.
    """
    start = time.monotonic()
    deadline = start + timeout
    limits = budget_for(need)
    with _ticket(min(need, limits.together)) as ticket:
        while (before := ticket.before()) + ticket.size > limits.together:
            if (now := time.monotonic()) >= deadline:
                raise ProofError(
                    f"waited {now - start:.0f} s for {_gib(need)} of memory; "
                    f"proofs before this one need {_gib(before)} of {_gib(limits.together)}",
                    f"prove less at a time, or raise {VARIABLE}",
                )
            time.sleep(_POLL_SECONDS)
        yield max(0.0, deadline - time.monotonic())


@dataclass(frozen=True)
class _Ticket:
    """A place in the queue: NUMBER-BYTES is the file's name."""

    path: Path

    @property
    def number(self) -> int:
        return int(self.path.name.partition("-")[0])

    @property
    def size(self) -> int:
        return int(self.path.name.partition("-")[2])

    def before(self) -> int:
        """Bytes of the tickets before this one."""
        with locked("proofs"):
            return sum(each.size for each in _living() if each.number < self.number)


@contextmanager
def _ticket(size: int) -> Iterator[_Ticket]:
    with locked("proofs"):
        last = max((each.number for each in _living()), default=0)
        ticket = _Ticket(_queue() / f"{last + 1:012d}-{size}")
        file = ticket.path.open("w")
        lock_if_free(file)
    try:
        yield ticket
    finally:
        with locked("proofs"):
            ticket.path.unlink(missing_ok=True)
            file.close()


def _living() -> list[_Ticket]:
    """The queue, less the tickets of the dead; the caller holds its lock."""
    found = []
    for path in _queue().iterdir():
        file: IO[str]
        with path.open("r") as file:
            if lock_if_free(file):
                path.unlink()
            else:
                found.append(_Ticket(path))
    return found


def _queue() -> Path:
    folder = cache_root() / "proofs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _gib(amount: int) -> str:
    return f"{amount / (1 << 30):.2f} GiB"
