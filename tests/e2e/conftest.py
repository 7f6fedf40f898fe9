"""One market with real proofs for all tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.stage import Delta, Stage


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    stage = Stage(tmp_path_factory.mktemp("stage"))
    yield stage
    stage.close()


@pytest.fixture(scope="module")
def deltas(stage: Stage) -> list[Delta]:
    """One for each trainer."""
    return [stage.delta(seed) for seed in range(3)]
