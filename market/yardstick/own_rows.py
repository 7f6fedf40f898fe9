"""What a round did to a trainer's own rows, beside what was proven of the owner's.

A trainer cannot see the validation rows. If they measure nothing that it knows, its own rows say
so, round by round; they also differ where its data are unlike everybody's, so leaving is for the
trainer to choose.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

from market.errors import InputError
from market.specification.document import Document

M = TypeVar("M")


@dataclass(frozen=True)
class LeaveRule:
    """When a trainer leaves by itself.

    Args:
        rounds: in a row that its own rows lost; 0 for never.
        errors: standard errors by which a round must have lost to count.

    Raises:
        InputError: a number below zero, or no number.
    """

    rounds: int = 0
    errors: float = 3.0

    def __post_init__(self) -> None:
        if self.rounds < 0 or not 0 <= self.errors < math.inf:
            raise InputError(f"leaving after {self.rounds} rounds by {self.errors} errors")


@dataclass(frozen=True)
class Finding:
    """One round on the trainer's own rows.

    Args:
        own: gain in utility on its rows: how much the mean squared residual fell.
        error: its standard error.
        proven: the gain on the owner's rows, as the contract computed it, or as was attested.
        losing: rounds in a row, this one included, that lost by more than the rule's errors.
        leaves: whether the rule says to leave before the next commit.
    """

    own: float
    error: float
    proven: float
    losing: int
    leaves: bool

    @property
    def sentence(self) -> str:
        """For people."""
        return (
            f"{self.proven:+.4f} on the owner's rows, {self.own:+.4f} on your own "
            f"(standard error {self.error:.4f})"
        )


class RoundMeasure(ABC, Generic[M]):
    """Looks at each settled round in turn; of models of type M.

    Args:
        unit: of the integer utility.
        rule: when to leave.
    """

    def __init__(self, unit: int, rule: LeaveRule | None) -> None:
        self._unit = unit
        self._rule = rule or LeaveRule()
        self._losing = 0

    @abstractmethod
    def losses(self, model: M) -> npt.NDArray[np.float64]:
        """(n,) of each of the trainer's rows; utility is their mean, negated, up to a constant.

        Raises:
            InputError: the model is of another shape than the project's.
        """

    def look(self, before: M, after: M, said_gain: int) -> Finding:
        """What a round did.

        Args:
            before: the model that the round started from.
            after: the one it ended with.
            said_gain: by the contract, in units of the integer utility.

        Raises:
            InputError: as `losses`.
        """
        gains = self.losses(before) - self.losses(after)
        own = float(gains.mean())
        error = float(gains.std(ddof=1) / math.sqrt(len(gains))) if len(gains) > 1 else math.inf
        lost = own < -self._rule.errors * error
        self._losing = self._losing + 1 if lost else 0
        leaves = 0 < self._rule.rounds <= self._losing
        return Finding(own, error, said_gain / self._unit, self._losing, leaves)


class OwnMeasure(RoundMeasure[npt.NDArray[np.float64]]):
    """Of linear models, (F, C).

    Args:
        document: of the project: scaling, grid, classes.
        X: (n, F - 1) the trainer's raw rows.
        y: (n,) their labels.
        rule: when to leave.

    Raises:
        InputError: no rows, or of another shape.
    """

    def __init__(
        self,
        document: Document,
        X: npt.NDArray[np.float64],
        y: npt.NDArray[np.int64],
        rule: LeaveRule | None = None,
    ) -> None:
        if len(y) == 0:
            raise InputError("there are no rows to measure a round on")
        self._rows = document.scaling.design(X)
        self._targets = np.eye(document.classes)[y]
        super().__init__(document.grid.utility_unit, rule)

    def losses(self, model: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """(n,) squared residuals of each row.

        Raises:
            InputError: a model of another shape.
        """
        shape = (self._rows.shape[1], self._targets.shape[1])
        if model.shape != shape:
            raise InputError(f"a model of shape {model.shape}, not {shape}")
        return np.asarray(((self._targets - self._rows @ model) ** 2).sum(axis=1))
