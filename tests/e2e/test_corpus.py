"""A thousand forgeries and more of every statement, on a chain and off it: none is accepted."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.folding import FoldedRound, FoldingChain
from tests.forgeries.claims import contribution, outliers
from tests.forgeries.entries import entries, entry_changed
from tests.forgeries.forgery import Forgery
from tests.forgeries.proofs import proofs
from tests.forgeries.scene import SHAPE, SLOTS, Scene, play
from tests.forgeries.trial import assert_honest_ones_hold, assert_none_is_accepted
from tests.forgeries.vectors import vectors
from zk.field import R

pytestmark = [pytest.mark.e2e, pytest.mark.proof]

FEWEST = 1000


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
    "corpus", [outliers, contribution, vectors, entries, proofs], ids=lambda each: each.__name__
)
def test_every_forgery_is_refused(
    scene: Scene, chain: FoldingChain, corpus: Callable[[Scene], Iterator[Forgery]]
) -> None:
    assert_none_is_accepted(scene, chain, corpus.__name__, corpus(scene), FEWEST)


@pytest.mark.parametrize("place", [0, SHAPE.parameters - 1, SHAPE.parameters])
def test_forged_entries_come_with_the_true_claims_about_them(scene: Scene, place: int) -> None:
    for slot in range(SLOTS):
        binding, claims = entry_changed(scene, slot, place, R // 2)
        round = scene.honest.round
        vector = list(round.deltas[slot])
        vector[place] = R // 2
        made = round.with_vector(slot, vector)
        made = FoldedRound.of(scene.keys, made.statistics, made.model, made.deltas)
        assert binding == made.binding
        assert list(claims) == [claim % R for claim in made.claims]
