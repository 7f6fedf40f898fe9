"""Forgeries of the low-rank statement, on a chain and off it: none is accepted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from tests.folding import FoldingChain
from tests.forgeries.claims import contribution, outliers
from tests.forgeries.forgery import Forgery
from tests.forgeries.low_rank import low_rank, play
from tests.forgeries.proofs import proofs
from tests.forgeries.scene import Scene
from tests.forgeries.trial import assert_honest_ones_hold, assert_none_is_accepted
from tests.forgeries.vectors import vectors

pytestmark = [pytest.mark.e2e, pytest.mark.proof]

FEWEST = 300
KEPT = 3
"""One in so many of what the full-rank statement is tried with too, but the first of every kind."""


@pytest.fixture(scope="module")
def scene() -> Scene:
    return play()


@pytest.fixture(scope="module")
def chain(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FoldingChain]:
    chain = FoldingChain(tmp_path_factory.mktemp("corpus"), scene.keys)
    yield chain
    chain.stop()


def test_what_liars_make_their_forgeries_of_is_valid(scene: Scene, chain: FoldingChain) -> None:
    assert_honest_ones_hold(scene, chain)


@pytest.mark.parametrize(
    "corpus", [outliers, contribution, vectors, proofs, low_rank], ids=lambda each: each.__name__
)
def test_every_forgery_is_refused(
    scene: Scene, chain: FoldingChain, corpus: Callable[[Scene], Iterator[Forgery]]
) -> None:
    forged = corpus(scene) if corpus is low_rank else thinned(corpus(scene))
    assert_none_is_accepted(scene, chain, corpus.__name__, forged, FEWEST)


def thinned(corpus: Iterator[Forgery]) -> Iterator[Forgery]:
    seen = Counter[str]()
    for forgery in corpus:
        if seen[forgery.kind] % KEPT == 0:
            yield forgery
        seen[forgery.kind] += 1
