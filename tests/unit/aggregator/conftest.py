"""A world whose vectors are neither sealed nor encoded, and are committed to in miniature."""

from __future__ import annotations

import pytest

from market.aggregator import deltas as fetching
from market.aggregator import models as modelling
from tests.aggregator import World, point_of


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(fetching, "_opened", lambda _p, _r, sealed, _k: sealed)
    monkeypatch.setattr(modelling, "commit", point_of)
    monkeypatch.setattr(modelling, "encode", lambda vector: vector)
    return World()
