"""What one trainer earns that joins under several names, where anybody may join."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Copies:
    """One measured case: a trainer's copies beside seven trainers that are as good.

    Args:
        copies: of the one.
        alike: what they took of the money, in percent, where all have data of one distribution.
        unlike: the same with labels skewed by Dirichlet(0.5).
    """

    copies: int
    alike: int
    unlike: int


FAIR_PERCENT = 12.5
"""What the one would take under one name: an eighth."""
MEASURED = (
    Copies(2, 21, 20),
    Copies(4, 34, 27),
    Copies(8, 48, 37),
    Copies(16, 63, 45),
    Copies(24, 72, 50),
)
"""Digits, 4 rounds, 20 seeds, the default rules: `python -m benchmarks.pay`, docs/results.md."""


def measured_up_to(slots: int) -> tuple[Copies, ...]:
    """The cases that a round of so many slots has room for."""
    return tuple(case for case in MEASURED if case.copies < slots)
