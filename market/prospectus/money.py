"""What a project's rounds could pay, and what comes of its budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from market.game import Payment, Purse
from market.game.purse import BASIS_POINTS

_QUARTERS = 4


@dataclass(frozen=True)
class RoundMoney:
    """What a round can pay its trainers, in the smallest unit.

    Args:
        number: from 0.
        certain: evenly, to those whose work counts, whatever is gained.
        most: that included, if the rounds before it paid as little as they could.
    """

    number: int
    certain: int
    most: int

    def as_json(self) -> dict[str, Any]:
        """For programs; money as texts."""
        return {
            "round": self.number,
            "certain_wei": str(self.certain),
            "most_wei": str(self.most),
        }


@dataclass(frozen=True)
class Ending:
    """What comes of the budget if so much of the expected gain is reached.

    Args:
        percent: of the expected gain.
        trainers: what they get, where every round is settled.
        returned: to the owner.
    """

    percent: int
    trainers: int
    returned: int

    def as_json(self) -> dict[str, Any]:
        """For programs; money as texts."""
        return {
            "percent": self.percent,
            "trainers_wei": str(self.trainers),
            "returned_wei": str(self.returned),
        }


def rounds_of(purse: Purse) -> tuple[RoundMoney, ...]:
    """The rounds that are left."""
    numbers = range(purse.round, purse.rounds)
    if purse.payment != Payment.PER_ROUND:
        return tuple(RoundMoney(n, purse.attendance, purse.largest) for n in numbers)
    least = purse.largest * purse.attendance_bps // BASIS_POINTS
    return tuple(RoundMoney(n, least, replace(purse, round=n).largest) for n in numbers)


def endings_of(purse: Purse) -> tuple[Ending, ...]:
    """From nothing gained to all that is expected.

    A project that pays every round alike pays all of it, unless nobody's work counts.
    """
    even = purse.budget * purse.attendance_bps // BASIS_POINTS
    endings = []
    for quarter in range(_QUARTERS + 1):
        if purse.payment == Payment.PER_ROUND:
            paid = purse.budget if quarter else even
        else:
            paid = even + purse.for_gain * quarter // _QUARTERS
        endings.append(Ending(100 * quarter // _QUARTERS, paid, purse.budget - paid))
    return tuple(endings)


def alike(rounds: Sequence[RoundMoney]) -> list[tuple[RoundMoney, RoundMoney]]:
    """First and last of each run of rounds that can pay the same."""
    runs = [list(run) for _, run in groupby(rounds, key=lambda each: (each.certain, each.most))]
    return [(run[0], run[-1]) for run in runs]
