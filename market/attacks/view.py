"""What an attacker sees when it makes its update: the threat model, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from market.errors import InputError

Floats = npt.NDArray[np.float64]


class Knowledge(Enum):
    """Whose honest deltas of the round an attacker knows."""

    OWN = "its own"
    COLLUDERS = "those that it and the other attackers would send if honest"
    EVERYONE = "those of all honest clients, too"


@dataclass(frozen=True)
class View:
    """One attacker's view of one round.

    Args:
        own: (d,) what it would send if it were honest.
        known: (k, d) the honest deltas that its `Knowledge` covers.
        previous: (d,) how the global model moved in the round before; zeros in the first.
        clients: n, in the round, attackers included.
        attackers: f of them.
        slot: which attacker it is, 0 to f - 1.
        seed: of the round; the same for all attackers, so that they can agree on a draw.
    """

    own: Floats
    known: Floats
    previous: Floats
    clients: int
    attackers: int
    slot: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        d = len(self.own)
        if self.own.shape != (d,) or self.previous.shape != (d,) or self.known.shape[1:] != (d,):
            raise InputError(
                f"own {self.own.shape}, known {self.known.shape} and previous "
                f"{self.previous.shape} do not fit together"
            )
        if not 1 <= self.attackers <= self.clients or not 0 <= self.slot < self.attackers:
            raise InputError(
                f"attacker {self.slot} of {self.attackers} among {self.clients} clients"
            )
