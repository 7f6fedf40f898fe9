"""What coordinates are measured against: places by one permutation, columns of norm 1.

Neither folds exactly. Does what makes folding exact and generation cheap cost accuracy?
"""

from __future__ import annotations

import math

import torch

from market.coordinates import Coordinates
from market.coordinates.sketch import Sketch


class Scattered(Sketch):
    @property
    def scale(self) -> float:
        return math.sqrt(self.share / self.shape.numel())


def scattered(shapes: dict[str, torch.Size], k: int, seed: bytes) -> Coordinates:
    plain = Coordinates.of(shapes, k, seed)
    generator = torch.Generator().manual_seed(int.from_bytes(seed[:6], "little"))
    sketches = []
    for each in plain.sketches:
        places = torch.randperm(each.shape.numel(), generator=generator) % each.share
        columns = places.to(torch.int32)
        sketches.append(
            Scattered(each.name, each.shape, each.share, each.exponent, columns, each.signs)
        )
    return Coordinates(tuple(sketches), plain.device)
