"""What all tests of a module share: one market with real proofs, or one round and its proof."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.stage import Delta, Stage
from tests.folding import FoldedRound, FoldingChain
from zk.prove import Proof


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    stage = Stage(tmp_path_factory.mktemp("stage"))
    yield stage
    stage.close()


@pytest.fixture(scope="module")
def deltas(stage: Stage) -> list[Delta]:
    """One for each trainer."""
    return [stage.delta(seed) for seed in range(3)]


@pytest.fixture(scope="module")
def chain(played: FoldedRound, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FoldingChain]:
    """With a verifier of the module's round."""
    chain = FoldingChain(tmp_path_factory.mktemp("folding"), played.keys)
    yield chain
    chain.stop()


@pytest.fixture(scope="module")
def proof(played: FoldedRound) -> Proof:
    """Of the module's round."""
    return played.prove()
