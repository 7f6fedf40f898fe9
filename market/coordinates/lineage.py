"""A model's lineage: every model from the first one, the seeds, and what each round moved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from market.coordinates.coordinates import Coordinates, Weights
from market.coordinates.scope import EVERYTHING


@dataclass(frozen=True)
class Move:
    """What a round did to the model.

    Args:
        seed: 32 bytes, of the round's coordinates.
        theta_bar: k integers in the lineage's unit.
    """

    seed: bytes
    theta_bar: Sequence[int]


@dataclass(frozen=True)
class Lineage:
    """What stays the same from round to round.

    Args:
        k: coordinates of a round.
        unit: the integer that stands for 1.0 in every theta-bar.
        scope: patterns of the traded tensors' names.
        device: where to work; the bytes do not depend on it.
    """

    k: int
    unit: int
    scope: Sequence[str] = EVERYTHING
    device: torch.device | str = "cpu"

    def coordinates(self, weights: Mapping[str, Tensor], seed: bytes) -> Coordinates:
        """Those in which a round moves these weights.

        Raises:
            InputError: as `Coordinates.of`.
        """
        shapes = {name: weight.shape for name, weight in weights.items()}
        return Coordinates.of(shapes, self.k, seed, self.scope, self.device)

    def models(self, start: Mapping[str, Tensor], moves: Iterable[Move]) -> Iterator[Weights]:
        """w_1, w_2, ... from w_0 = `start`: a model for each move, one after another.

        Raises:
            InputError: a move of another length or beyond the range, weights of another type.
        """
        weights = dict(start)
        for move in moves:
            coordinates = self.coordinates(weights, move.seed)
            weights = coordinates.fold(weights, move.theta_bar, self.unit)
            yield weights
