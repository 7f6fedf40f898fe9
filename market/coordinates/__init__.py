"""Move a model of any size by k numbers: w + S theta, with S from a seed.

    coordinates = Coordinates.of(shapes_of(module), k=512, seed=seed)
    functional_call(module, coordinates.at(weights, theta), inputs)

A library of its own: needs torch, and nothing else of the market.
"""

from market.coordinates.coordinates import Coordinates, Weights
from market.coordinates.digest import digest
from market.coordinates.lineage import Lineage, Move
from market.coordinates.parameters import Shapes, shapes_of

__all__ = ["Coordinates", "Lineage", "Move", "Shapes", "Weights", "digest", "shapes_of"]
