"""The fixed-point grid that models, deltas and validation statistics live on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from circuits.shape import DELTA_BOUND
from market.choice import Choice
from market.contribution.exact import Integers, as_integers, round_to_integers
from market.errors import InputError


class Step(Choice):
    """How the selected deltas move the model."""

    MEAN = 0, "mean"
    EXACT = 1, "exact"
    BOUNDED = 2, "bounded"


EXACT_LATTICE = 1 << 20
"""Fine enough for weights that are no fractions of a count."""


def lattice_of(slots: int, step: Step) -> int:
    """What a delta's integers are counted in within a model's: L."""
    return math.lcm(*range(1, slots + 1)) if step == Step.MEAN else EXACT_LATTICE


@dataclass(frozen=True)
class Grid:
    """How real numbers become integers in one project.

    A delta D is the integer array Q = round(D * 2**scale_bits). A model w is the integer array
    W = w * 2**scale_bits * lattice, so that integer weights in units of 1 / lattice add deltas to
    a model without rounding. For the mean the lattice is divisible by every possible number m of
    selected trainers; for the exact step it is a power of two.

    Args:
        slots: the most trainers that a round can hold.
        scale_bits: fractional bits of models and deltas.
        stats_bits: further fractional bits of the validation statistics.
        moves: how the model moves.
    """

    slots: int
    scale_bits: int = 13
    stats_bits: int = 13
    moves: Step = Step.MEAN

    def __post_init__(self) -> None:
        if not 1 <= self.slots <= 1024:
            raise InputError(f"a round has between 1 and 1024 slots, not {self.slots}")
        if not (1 <= self.scale_bits <= 32 and 1 <= self.stats_bits <= 32):
            raise InputError("scale_bits and stats_bits lie between 1 and 32")

    @property
    def lattice(self) -> int:
        """lcm(1, ..., slots) for the mean, 2**20 for the exact step."""
        return lattice_of(self.slots, self.moves)

    @property
    def model_unit(self) -> int:
        """The integer that stands for 1.0 in a model."""
        return self.lattice << self.scale_bits

    @property
    def utility_unit(self) -> int:
        """The integer that stands for 1.0 in a utility: 2**(stats + 2 * scale) * lattice**2."""
        return self.lattice**2 << (self.stats_bits + 2 * self.scale_bits)

    def quantise(self, delta: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.int64], int]:
        """The integer delta of the same shape, and how many entries had to be clipped.

        Raises:
            InputError: an entry is NaN or infinite.
        """
        if not np.isfinite(delta).all():
            raise InputError("the delta holds NaN or infinity", "lower the learning rate")
        limit = DELTA_BOUND - 1
        scaled = np.rint(delta * 2.0**self.scale_bits)
        clipped = int(np.count_nonzero(np.abs(scaled) > limit))
        return np.clip(scaled, -limit, limit).astype(np.int64), clipped

    def model(self, weights: npt.NDArray[np.float64]) -> Integers:
        """The integer model nearest to the float `weights`."""
        return round_to_integers(weights * float(self.model_unit))

    def weights(self, model: Integers) -> npt.NDArray[np.float64]:
        """The float weights of an integer `model`."""
        return np.asarray(model / self.model_unit, dtype=np.float64)

    def step(
        self,
        model: Integers,
        deltas: Sequence[Integers],
        weights: Sequence[int] | None = None,
    ) -> Integers:
        """W' = W + sum_i weights_i Q_i: the model moved by integer deltas.

        Args:
            model: (F, C), and so each delta.
            deltas: n of them.
            weights: n, in units of 1 / lattice; those of the mean, lattice / n, if not given.

        Raises:
            InputError: there are no deltas, more than the grid has slots, or other weights.
        """
        if not 1 <= len(deltas) <= self.slots:
            raise InputError(f"cannot add {len(deltas)} deltas in {self.slots} slots")
        if weights is None:
            if self.moves != Step.MEAN:
                raise InputError("this grid's steps have weights of their own")
            weights = [self.lattice // len(deltas)] * len(deltas)
        if len(weights) != len(deltas):
            raise InputError(f"{len(weights)} weights for {len(deltas)} deltas")
        moved = model.astype(object)
        for weight, delta in zip(weights, deltas, strict=True):
            moved = moved + int(weight) * delta.astype(object)
        return as_integers(moved)
