"""What an evaluator does in a round: loss before and after, and the round's quadratic yardstick.

    network = Network(module, weights, coordinates, Loss.CROSS_ENTROPY)
    found = measure(network, Rows(X, y), own, last, before, grid)

It needs torch, coordinates, losses and the proof's grid: no chain and no storage. docs/any-model.md
says what it is for.
"""

from market.measurement.agreement import Distance, Measured, Tolerance, agrees, distance
from market.measurement.assessment import Assessment, assess, undone
from market.measurement.expansion import Expansion, energy, expand
from market.measurement.losses import gradient_at, losses_at
from market.measurement.measure import Measurement, measure
from market.measurement.network import Network
from market.measurement.point import expansion_point
from market.measurement.quantised import Quantised, quantised
from market.measurement.rows import Rows

__all__ = [
    "Assessment",
    "Distance",
    "Expansion",
    "Measured",
    "Measurement",
    "Network",
    "Quantised",
    "Rows",
    "Tolerance",
    "agrees",
    "assess",
    "distance",
    "energy",
    "expand",
    "expansion_point",
    "gradient_at",
    "losses_at",
    "measure",
    "quantised",
    "undone",
]
