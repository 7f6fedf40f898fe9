"""Robust aggregation: n deltas in, one delta out, whatever some of the clients send.

The functions here work on arrays, (n, d). `market.robust.rules` fills in their options and keeps
their state between rounds; `market.robust.flower` makes any of those a Flower strategy.
"""

from market.robust.aggregate import Aggregate
from market.robust.bulyan import bulyan
from market.robust.centred_clipping import centred_clipping
from market.robust.flame import flame
from market.robust.fltrust import fltrust
from market.robust.foolsgold import foolsgold
from market.robust.geometric_median import geometric_median
from market.robust.krum import krum, multi_krum
from market.robust.mean import mean
from market.robust.median import coordinate_median
from market.robust.norm_clipping import norm_clipping
from market.robust.proven_value import Measured, proven_value
from market.robust.three_sigma import three_sigma
from market.robust.trimmed_mean import trimmed_mean

__all__ = [
    "Aggregate",
    "Measured",
    "bulyan",
    "centred_clipping",
    "coordinate_median",
    "flame",
    "fltrust",
    "foolsgold",
    "geometric_median",
    "krum",
    "mean",
    "multi_krum",
    "norm_clipping",
    "proven_value",
    "three_sigma",
    "trimmed_mean",
]
