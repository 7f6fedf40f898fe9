"""An evaluator's own measurement of a model, by the recipe that the project states."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from market.chain.state import ProjectState
from market.coordinates import Coordinates, Weights
from market.data.rows import Rows as LabelledRows
from market.errors import InputError
from market.local_training import train
from market.measured.lineage import Networks
from market.measured.project import MeasuredProject
from market.measurement import (
    Expansion,
    Measured,
    Network,
    Rows,
    assess,
    expand,
    expansion_point,
    losses_at,
    quantised,
    undone,
)


@dataclass(frozen=True, eq=False)
class Own:
    """What this machine measured.

    Args:
        expansion: as floats, to hold others' against.
        attested: as integers.
        undone: whether the newest model is worse beyond chance: the yardstick is then that of the
            one before, which goes on.
    """

    expansion: Expansion
    attested: Measured
    undone: bool


class Bench:
    """Measures the models of one project on one set of rows.

    Args:
        project: the project, checked.
        networks: its models.
        rows: validation rows, in the order in which they were committed to.
        device: where to work.
    """

    def __init__(
        self,
        project: MeasuredProject,
        networks: Networks,
        rows: LabelledRows,
        device: torch.device | str = "cpu",
    ) -> None:
        self._project, self._networks, self._rows = project, networks, rows
        X, y = rows.tensors(device)
        self._validation = Rows(X, y)

    def measure(self, state: ProjectState, number: int, seed: bytes) -> Own:
        """The model after `number` rounds, and the yardstick of the round that follows.

        Args:
            state: while that model is the newest.
            seed: of the coordinates of the round that follows.

        Raises:
            StorageError, ChainError: as `Networks.after`.
            InputError: nothing finite can be measured.
        """
        coordinates = self._networks.coordinates(seed)
        newest = self._networks.candidate(state, number)
        losses, before = self._losses(newest, coordinates), None
        assessment = assess(losses, None, self._project.document.grid)
        base, lost = newest, False
        if number:
            previous = self._networks.after(state, number - 1)
            before = self._losses(previous, coordinates)
            assessment = assess(losses, before, self._project.document.grid)
            # On demand the round is open, and the contract has decided.
            if state.measure.number > number:
                lost = self._networks.was_undone(number - 1)
            else:
                lost = undone(state.utility, assessment)
            base = previous if lost else newest
        expansion = expand(
            self._network(base, coordinates),
            self._validation,
            expansion_point(
                lambda: self._step(base, coordinates, number), self._last(state, number)
            ),
            self._project.document.rank,
        )
        yardstick = quantised(expansion, self._project.document.grid)
        return Own(expansion, Measured(assessment, yardstick), lost)

    def _losses(self, weights: Weights, coordinates: Coordinates) -> Tensor:
        return losses_at(self._network(weights, coordinates), self._validation)

    def _network(self, weights: Weights, coordinates: Coordinates) -> Network:
        loss = self._project.document.recipe.loss
        return Network(self._project.network.eval(), weights, coordinates, loss)

    def _step(self, weights: Weights, coordinates: Coordinates, number: int) -> Tensor:
        """A step by the trainers' recipe on the validation rows, with a seed that all know.

        At the first round's learning rate whatever has become of it: its direction is what counts,
        and who is asked on demand is to make the same. A recipe by which it diverges is expanded at
        the model itself: whoever could not measure would be silent, which costs the owner most.
        """
        recipe = replace(self._project.document.recipe, privacy=None, early_stopping=None)
        rounds = self._project.terms.rounds
        try:
            trained = train(
                self._project.network,
                weights,
                coordinates,
                self._rows.X,
                self._rows.y,
                recipe,
                seed=number,
                round=min(number, rounds - 1),
                rounds=rounds,
            )
        except InputError:
            return torch.zeros(coordinates.k, dtype=torch.float64, device=coordinates.device)
        return torch.from_numpy(trained.theta).to(coordinates.device)

    def _last(self, state: ProjectState, number: int) -> Tensor | None:
        """theta-bar of the round before, in real numbers; None before the first."""
        if number == 0:
            return None
        move = self._networks.last_move(state, number)
        unit = self._project.document.grid.model_unit
        return torch.tensor([each / unit for each in move], dtype=torch.float64)
