"""Low-rank rounds with real proofs, through the contract's own Folding and RoundGame."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from eth_utils.abi import function_signature_to_4byte_selector
from web3.exceptions import ContractCustomError

from circuits.lowrank_shape import LowRankShape
from market.chain.verifier import verifier_artifact
from market.contribution.claims import game_of_claims
from market.contribution.grid import Grid, Step
from market.contribution.lowrank import STATS_BITS, LowRankStatistics, step_value
from market.errors import InputError, ProofError
from market.game.in_run import weighted_value
from tests.folding import FoldedRound, FoldingChain
from tests.forgeries.prover import ROOT_OF_MINUS_ONE
from zk.field import R, signed
from zk.folding import holds
from zk.keys import circuit_logrows, derive_keys
from zk.plan import SPARE_ROWS
from zk.planner import choose
from zk.prove import Proof
from zk.srs import development_srs

pytestmark = [pytest.mark.e2e, pytest.mark.proof]

SHAPE = LowRankShape(slots=4, features=9, rank=4)
GRID = Grid(4, stats_bits=STATS_BITS, moves=Step.EXACT)


@pytest.fixture(scope="module")
def played() -> FoldedRound:
    keys = derive_keys(SHAPE, development_srs(circuit_logrows(SHAPE)))
    return FoldedRound.draw(keys, n=3)


@pytest.fixture(scope="module")
def chain(played: FoldedRound, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FoldingChain]:
    chain = FoldingChain(tmp_path_factory.mktemp("low-rank"), played.keys)
    yield chain
    chain.stop()


@pytest.fixture(scope="module")
def proof(played: FoldedRound) -> Proof:
    return played.prove()


def test_true_claims_are_accepted_off_chain_and_on_it(
    played: FoldedRound, chain: FoldingChain, proof: Proof
) -> None:
    assert played.binding.model == played.binding.zero
    assert holds(proof, played.binding, played.claims, played.keys)
    assert chain.holds(played.binding, proof, played.claims)
    wrong = [*played.claims]
    wrong[0] += 1  # <B 0, B 0>
    assert not chain.holds(played.binding, proof, wrong)


def test_a_round_that_fills_the_slots_settles_with_the_same_keys(
    played: FoldedRound, chain: FoldingChain
) -> None:
    full = FoldedRound.draw(played.keys, n=SHAPE.slots, seed=1)
    assert chain.holds(full.binding, full.prove(), full.claims)


def test_the_contract_reads_the_game_about_the_origin(
    played: FoldedRound, chain: FoldingChain
) -> None:
    """With no allowance for rounding: a root has no negative squares."""
    game, n = chain.game(played.claims, 3), 3
    own = game_of_claims(played.claims, n)
    assert (game.G, game.b, game.U) == (own.G, own.b, 0)
    statistics = LowRankStatistics.opened(played.statistics, SHAPE, GRID)
    weights, doubled = [2**19, 3, 2**20], [2 * each for each in game.b]
    for members in ([0], [1, 2], [0, 1, 2]):
        step = [
            sum(weights[i] * played.deltas[i][place] for i in members)
            for place in range(SHAPE.features)
        ]
        assert weighted_value(game.G, doubled, weights, members) == step_value(statistics, step)


def test_a_root_of_negative_numbers_is_proven_and_refused(
    played: FoldedRound, chain: FoldingChain
) -> None:
    """In the field its claims are true. Who opens it refuses it, and so does the contract."""
    end = SHAPE.root_length
    scaled = [entry * ROOT_OF_MINUS_ONE % R for entry in played.statistics[:end]]
    statistics = [*scaled, *played.statistics[end:]]
    made = FoldedRound.of(played.keys, statistics, played.model, played.deltas)
    claims = [signed(claim % R) for claim in made.claims]
    assert claims[4] == -played.claims[4] < 0
    assert chain.holds(made.binding, made.prove(), claims)
    with pytest.raises(ContractCustomError) as refusal:
        chain.game(claims, 3)
    selector = function_signature_to_4byte_selector("NegativeCurvature(uint256)")
    assert str(refusal.value.data).startswith("0x" + selector.hex())
    with pytest.raises(InputError, match="so large"):
        LowRankStatistics.opened(statistics, SHAPE, GRID)


def test_what_is_not_committed_cannot_be_proven(played: FoldedRound) -> None:
    other = [entry + 1 if entry < 0 else entry - 1 for entry in played.deltas[1]]
    with pytest.raises(ProofError, match="not the products"):
        played.with_vector(1, other).prove()


@pytest.mark.parametrize("place", [0, SHAPE.features])
def test_a_model_that_is_not_zero_cannot_be_proven(played: FoldedRound, place: int) -> None:
    """Not in a salt either."""
    model = [int(each == place) for each in range(SHAPE.vector_length)]
    made = FoldedRound.of(played.keys, played.statistics, model, played.deltas)
    with pytest.raises(ProofError, match="not the products"):
        made.prove()


def test_keys_are_as_high_and_verifiers_as_large_as_forecast(played: FoldedRound) -> None:
    expected, keys = choose(SHAPE), played.keys
    assert keys.logrows == expected.logrows
    assert keys.rows <= expected.rows + SPARE_ROWS
    assert keys.proof_bytes == expected.proof_bytes
    code = len(verifier_artifact(keys).deployed_bytecode)
    assert expected.code_bytes == pytest.approx(code, rel=0.01)


def test_a_circuit_filled_to_its_forecast_can_be_set_up() -> None:
    """Were fewer rows counted than the engine fills, setting up would fail here."""
    shape = LowRankShape(slots=32, features=930)
    expected = choose(shape)
    assert (expected.logrows, expected.plan.inner_columns) == (15, 3)
    assert 2**expected.logrows - expected.rows < 100
    keys = derive_keys(shape, development_srs(circuit_logrows(shape)))
    assert keys.logrows == expected.logrows
