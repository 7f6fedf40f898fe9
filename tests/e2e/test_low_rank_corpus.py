"""Forgeries of the low-rank statement, on a chain and off it: none is accepted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from tests.folding import FoldingChain
from tests.forgeries.claims import contribution, outliers
from tests.forgeries.forgery import Forgery, Shown
from tests.forgeries.low_rank import low_rank, play
from tests.forgeries.proofs import proofs
from tests.forgeries.scene import Scene
from tests.forgeries.trial import off_chain, try_all
from tests.forgeries.vectors import vectors
from zk.prove import verify

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
    honest = [scene.honest, scene.following, *scene.true.values()]
    shown: list[Forgery] = [each.as_claimed("its own round") for each in honest]
    shown += [Shown("its own outputs", each.proof) for each in (*honest, *scene.false.values())]
    assert off_chain(shown, scene.keys) == [True] * len(shown)
    assert chain.accepted(shown) == [True] * len(shown)
    for keys, foreign in scene.foreign.values():
        assert verify(foreign.proof, keys)


@pytest.mark.parametrize(
    "corpus", [outliers, contribution, vectors, proofs, low_rank], ids=lambda each: each.__name__
)
def test_every_forgery_is_refused(
    scene: Scene, chain: FoldingChain, corpus: Callable[[Scene], Iterator[Forgery]]
) -> None:
    controls: list[Forgery] = [
        scene.honest.as_claimed("honest"),
        Shown("honest", scene.honest.proof),
        scene.following.as_claimed("honest"),
    ]
    forged = corpus(scene)
    if corpus is not low_rank:
        forged = thinned(forged)
    trial = try_all(forged, controls, chain, scene.keys)
    print("\n" + trial.table(corpus.__name__))
    assert not trial.on_chain
    assert not trial.off_chain
    assert trial.tried.total() >= FEWEST


def thinned(corpus: Iterator[Forgery]) -> Iterator[Forgery]:
    seen = Counter[str]()
    for forgery in corpus:
        if seen[forgery.kind] % KEPT == 0:
            yield forgery
        seen[forgery.kind] += 1
