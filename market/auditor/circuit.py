"""Claims that audits of either kind of project make: the circuit, reveals, the next model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from market.auditor.claim import Claim, claim
from market.chain.logs import RevealEvent
from market.chain.market import Market
from market.chain.terms import Terms
from market.chain.verifier import verifier_artifact, verifier_code_hash
from zk.commit import zero_point
from zk.curve import linear_combination
from zk.field import Point
from zk.keys import Keys
from zk.opening import tau


def circuit_claims(market: Market, terms: Terms, keys: Keys) -> Iterator[Claim]:
    """Keys and verifier, derived here, are those that the terms and the registry name."""
    artifact = verifier_artifact(keys)
    derived = verifier_code_hash(artifact)
    address = market.verifier_of(terms.circuit, terms.verifier_code_hash)
    on_chain = market.code_hash(address).hex() if address else "no verifier"
    compared: dict[str, tuple[object, object]] = {
        "verification key, settings and SRS are the named ones": (
            keys.identity.hex(),
            terms.circuit.hex(),
        ),
        "the zero vector's commitment is right": (zero_point(keys), terms.zero),
        "the verifier's code follows from the circuit and the SRS": (
            derived.hex(),
            terms.verifier_code_hash.hex(),
        ),
        "that code stands where the registry says": (on_chain, derived.hex()),
        "published deltas are checked against this SRS and this circuit's vectors": (
            (terms.tau, terms.logrows, terms.entries),
            (tau(keys.srs), keys.logrows, keys.shape.vector_length),
        ),
    }
    for text, (found, expected) in compared.items():
        yield claim("circuit", text, found, expected)


def reveal_claims(reveals: Sequence[RevealEvent]) -> Iterator[Claim]:
    """Nobody revealed what another had."""
    takers: dict[Point, tuple[str, int]] = {}
    for reveal in reveals:
        taker = takers.setdefault(reveal.point, (reveal.trainer, reveal.round))
        yield claim(
            f"round {reveal.round}",
            f"the delta of {reveal.trainer} is its own",
            taker,
            (reveal.trainer, reveal.round),
        )


def next_model(
    zero: Point, model: Point, deltas: Sequence[Point], weights: Sequence[int]
) -> Point | str:
    """The commitment of w + sum of weights[i] * D_i: commitments are affine, C(v) = A v + zero."""
    if len(deltas) != len(weights):
        return f"{len(weights)} weights for {len(deltas)} deltas"
    return linear_combination([model, *deltas, zero], [1, *weights, -sum(weights)])
