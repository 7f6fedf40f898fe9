"""A round proven before anything is staked: who cannot prove loses the stake."""

from __future__ import annotations

from market.aggregator.basis import Basis
from market.chain.state import ProjectState
from market.errors import ProofError
from market.vectors import salted
from zk.binding import Binding
from zk.commit import commit
from zk.folding import holds, prove_folded

_DELTAS = 3


def rehearse(basis: Basis, state: ProjectState) -> float:
    """Proves a round of random deltas as a real one, and verifies it as the contract would.

    The owner may have made the SRS: one can be made under which keys, commitments and a verifier
    follow, and no proof ever holds. And this machine may be too slow, or its engine broken.

    Returns:
        The seconds that proving took.

    Raises:
        ProofError: proving failed, took more than half of the window to settle in, or the proof
            does not hold.
    """
    terms, keys = basis.project.terms, basis.project.keys
    statistics, model = basis.rehearsal(state)
    length = basis.project.shape.vector_length
    deltas = [salted((), length) for _ in range(_DELTAS)]
    points = tuple(commit(delta, keys) for delta in deltas)
    binding = Binding(terms.zero, commit(statistics, keys), commit(model, keys), points)
    claims = basis.claims(statistics, model, deltas)
    proof = prove_folded(
        statistics, model, deltas, binding, claims, keys, timeout=float(terms.settle_seconds)
    )
    if not holds(proof, binding, claims, keys):
        raise ProofError(
            "a proof under the project's SRS does not hold", "do not stake on this project"
        )
    if 2 * proof.seconds > terms.settle_seconds:
        raise ProofError(
            f"a proof takes {proof.seconds:.0f} s of the {terms.settle_seconds} to settle in",
            "use a faster machine, or do not stake on this project",
        )
    return proof.seconds
