"""The folded statement with real proofs: rounds of several sizes, and what cannot be proven.

`test_corpus` has the forgeries.
"""

from __future__ import annotations

import pytest

from circuits.shape import FoldedShape
from market.errors import ProofError
from tests.folding import FoldedRound, FoldingChain
from zk.folding import holds
from zk.keys import circuit_logrows, derive_keys
from zk.plan import Plan
from zk.prove import Proof
from zk.srs import development_srs

pytestmark = [pytest.mark.e2e, pytest.mark.proof]

PLAN = Plan(freivalds=False)


@pytest.fixture(scope="module")
def played() -> FoldedRound:
    shape = FoldedShape(slots=4, features=4, classes=2)
    keys = derive_keys(shape, development_srs(circuit_logrows(shape, PLAN)), PLAN)
    return FoldedRound.draw(keys, n=3)


def test_true_claims_are_accepted_off_chain_and_on_it(
    played: FoldedRound, chain: FoldingChain, proof: Proof
) -> None:
    assert holds(proof, played.binding, played.claims, played.keys)
    assert chain.holds(played.binding, proof, played.claims)


def test_a_round_that_fills_the_slots_settles_with_the_same_keys(
    played: FoldedRound, chain: FoldingChain
) -> None:
    full = FoldedRound.draw(played.keys, n=4, seed=1)
    assert chain.holds(full.binding, full.prove(), full.claims)


def test_a_vector_that_is_not_the_committed_one_cannot_be_proven(played: FoldedRound) -> None:
    other = [entry + 1 if entry < 0 else entry - 1 for entry in played.deltas[1]]
    with pytest.raises(ProofError, match="not the products"):
        played.with_vector(1, other).prove()
