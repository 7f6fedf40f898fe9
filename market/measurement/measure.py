"""An evaluator's work in a round, from rows and network to the integers that it attests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from market.contribution.grid import Grid
from market.measurement.agreement import Measured
from market.measurement.assessment import assess
from market.measurement.expansion import RANK, Expansion, expand
from market.measurement.losses import losses_at
from market.measurement.network import Network
from market.measurement.point import expansion_point
from market.measurement.quantised import quantised
from market.measurement.rows import Rows
from market.measurement.spectrum import MEMORY


@dataclass(frozen=True, eq=False)
class Measurement:
    """What an evaluator knows of a model.

    Args:
        losses: (s,) float64, of each row: kept for the spread of the next measurement.
        expansion: as floats, to hold others' against.
        attested: as integers.
    """

    losses: Tensor
    expansion: Expansion
    attested: Measured


def measure(
    network: Network,
    rows: Rows,
    own: Callable[[], Tensor],
    last: Tensor | None,
    before: Tensor | None,
    grid: Grid,
    rank: int = RANK,
    memory: int = MEMORY,
) -> Measurement:
    """Loss, spread and yardstick of a model, by the recipe that everybody repeats.

    Args:
        network: the model of the round in its coordinates.
        rows: validation rows, in the order of their commitment.
        own: the evaluator's own step, by the trainers' recipe and the terms' seed.
        last: the last round's theta-bar (k,); None in the first round.
        before: the rows' losses under the model before; None of the first model.
        grid: of the project.

    Raises:
        InputError: as `expansion_point`, `expand` and `quantised`.
    """
    losses = losses_at(network, rows)
    expansion = expand(network, rows, expansion_point(own, last), rank, memory)
    attested = Measured(assess(losses, before, grid), quantised(expansion, grid))
    return Measurement(losses, expansion, attested)
