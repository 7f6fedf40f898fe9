"""The public side of a specification, for tests that look at a part of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from market.datasets.preprocessing import Scaling
from market.specification.document import Document
from market.training.plan import TrainingPlan


def document(scaling: Scaling, **changes: Any) -> Document:
    """Of a project on the 64 pixels and 10 digits, with five places a round and no content ids."""
    digits = Document(
        name="digits",
        features=64,
        classes=10,
        scaling=scaling,
        training=TrainingPlan(),
        columns=(),
        slots=5,
        step="exact",
        scale_bits=13,
        stats_bits=13,
        statistics_cid="",
        rows_cid="",
        srs_sha256="",
        srs_cid="",
    )
    return replace(digits, **changes)
