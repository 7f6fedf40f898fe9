"""Three-sigma rule on distances: rows farther from the middle than the distances' own spread
explains are dropped.

With mean and standard deviation nothing is ever dropped among 10 rows or fewer: no value lies more
than (n - 1) / sqrt(n) deviations from the mean of its own sample, and that is below 3. (FedML's
`three_sigma` defences allow half a deviation instead, and so drop honest rows in every round.)
Median and median absolute deviation, times 1.4826 for its ratio to sigma in a Gaussian, do not
have this hole: Leys et al., "Detecting outliers: do not use standard deviation around the mean,
use absolute deviation around the median", JESP 2013.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from market.robust.aggregate import Aggregate, average_of, check_deltas, check_positive
from market.robust.distances import norms
from market.robust.median import median_rows

GAUSSIAN = 1.4826


def three_sigma(deltas: npt.ArrayLike, deviations: float = 3.0) -> Aggregate:
    """The mean of the rows whose distance to the coordinate median is not an outlier.

    Args:
        deltas: (n, d), n >= 3; tolerates fewer attackers than half.
        deviations: how many to allow; only above, as nobody is too near.

    Raises:
        InputError: n < 3, entries that are not finite, or `deviations` not above 0.
    """
    rows = check_deltas(deltas, least=3)
    check_positive("deviations", deviations)
    distances = norms(rows - median_rows(rows))
    middle = np.median(distances)
    spread = GAUSSIAN * np.median(np.abs(distances - middle))
    return average_of(rows, np.flatnonzero(distances <= middle + deviations * spread))
