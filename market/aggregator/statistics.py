"""The validation statistics of a linear project: fetched, checked, and what they say of a round."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from circuits.shape import FoldedShape, triangle_places
from market.contribution.claims import claims_of
from market.errors import StorageError
from market.project import FETCH_SECONDS, Project
from market.storage.base import Storage
from market.storage.envelope import MAX_OVERHEAD_BYTES, open_envelope
from market.vectors import ENTRY_BYTES, curvature_and_target, decode, matrix
from zk.commit import commit
from zk.field import R

STATISTICS_BOUND = 1 << 80
"""No honest entry of H or c comes near it."""
CURVATURE_BOUND, TARGET_BOUND = 1 << 60, 1 << 140
"""Of C sum |H_ij| and sum |c_i|.

Below them no deltas in range and no model below `MODEL_BOUND` make claims that the contract refuses
(contracts/src/libraries/RoundGame.sol): no statistics can trap an aggregator's stake.
"""


def fetch_statistics(storage: Storage, project: Project, private_key: bytes) -> list[int]:
    """Opens the triangle of H and c, salted, and holds them against the commitment in the terms.

    Raises:
        StorageError: they cannot be fetched, were sealed to somebody else, or are not the
            committed ones; do not stake on this project.
    """
    length = project.document.shape.statistics_length
    sealed = storage.get(
        project.document.statistics_cid, length * ENTRY_BYTES + MAX_OVERHEAD_BYTES, FETCH_SECONDS
    )
    statistics = decode(open_envelope(sealed, private_key), length, STATISTICS_BOUND)
    if commit(statistics, project.keys) != project.terms.statistics:
        raise StorageError("the validation statistics are not the ones that the terms commit to")
    check_statistics(statistics, project.document.shape)
    return statistics


def check_statistics(statistics: Sequence[int], shape: FoldedShape) -> None:
    """Refuses numbers that could make a round impossible to settle.

    Args:
        statistics: the upper triangle of H, c, salts.

    Raises:
        StorageError: they are that large.
    """
    triangle, end = shape.triangle_length, shape.triangle_length + shape.parameters
    curvature, target = statistics[:triangle], statistics[triangle:end]
    places = np.array(triangle_places(shape.features))
    H = np.array(curvature, dtype=np.float64)[places]
    # Rounding moves each entry by at most a half, and so an eigenvalue by at most features / 2.
    if np.linalg.eigvalsh(H)[0] < -shape.features:
        raise StorageError(
            "the validation statistics are no squares of any rows: rounds could be refused",
            "do not stake on this project",
        )
    # Each entry of the triangle stands in H at most twice.
    weight = 2 * shape.classes * sum(map(abs, curvature))
    if weight >= CURVATURE_BOUND or sum(map(abs, target)) >= TARGET_BOUND:
        raise StorageError(
            "the validation statistics are so large that the contract would refuse true claims",
            "do not stake on this project",
        )


def claims_about(
    statistics: Sequence[int], shape: FoldedShape, model: list[int], deltas: Sequence[list[int]]
) -> list[int]:
    """The true claims about a round, as words."""
    w, *sent = (matrix(vector, shape.features, shape.classes) for vector in (model, *deltas))
    return [claim % R for claim in claims_of(*curvature_and_target(statistics, shape), w, sent)]
