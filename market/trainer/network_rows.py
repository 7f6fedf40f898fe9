"""What a round of a network did to a trainer's own rows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from market.coordinates import Weights
from market.data.rows import Rows
from market.local_training import outputs_of
from market.measured.project import MeasuredProject
from market.objectives.losses import row_losses
from market.yardstick.own_rows import LeaveRule, RoundMeasure


class NetworkMeasure(RoundMeasure[Weights]):
    """Of networks, by the project's loss.

    Args:
        project: the project, checked.
        rows: the trainer's own.
        rule: when to leave.
    """

    def __init__(self, project: MeasuredProject, rows: Rows, rule: LeaveRule | None = None) -> None:
        super().__init__(project.document.grid.utility_unit, rule)
        self._network, self._rows = project.network, rows
        self._loss = project.document.recipe.loss

    def losses(self, model: Weights) -> npt.NDArray[np.float64]:
        """(n,) of each row, in the loss's own unit.

        Raises:
            InputError: weights, rows and network do not go together.
        """
        # Once a round: wherever the trainer trains, what it knows is compared in one place.
        held = {name: weight.cpu() for name, weight in model.items()}
        outputs = outputs_of(self._network, held, self._rows.X)
        _, y = self._rows.tensors()
        found = row_losses(self._loss, torch.from_numpy(outputs).double(), y)
        return np.asarray(found.numpy(), dtype=np.float64)
