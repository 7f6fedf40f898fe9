"""From deltas to the arguments of a settlement: prove, judge, move the model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from market import durable
from market.aggregator.basis import Basis
from market.aggregator.models import step
from market.chain.logs import RevealEvent, Settlement
from market.chain.state import ProjectState
from market.contribution.claims import game_of
from market.errors import InputError, ProofError
from market.game import Verdict, judge
from market.judging import rule_of
from market.project import Opened
from market.storage.base import Storage
from market.vectors import encode
from zk.binding import Binding, Folded
from zk.commit import commit
from zk.folding import prove_folded, statement
from zk.prove import Proof


@dataclass(frozen=True)
class Prepared:
    """A settlement ready to be sent, and what making it cost.

    Args:
        settlement: the arguments of the call.
        verdict: what it will decide.
        seconds: of proving.
        peak_bytes: of proving.
        proof_bytes: length of the whole proof.
    """

    settlement: Settlement
    verdict: Verdict
    seconds: float
    peak_bytes: int
    proof_bytes: int


def prove_round(
    basis: Basis,
    state: ProjectState,
    statistics: list[int],
    model: list[int],
    reveals: Sequence[RevealEvent],
    deltas: Sequence[list[int]],
    journal: ProofJournal,
) -> tuple[Proof, list[int]]:
    """The round's proof, from the journal if it was made before a crash, and what it proves.

    Raises:
        ProofError: proving failed, or the proof speaks of other points than were revealed.
    """
    keys = basis.project.keys
    points = tuple(reveal.point for reveal in reveals)
    zero = basis.project.terms.zero
    binding = Binding(zero, basis.point(state), commit(model, keys), points)
    claims = basis.claims(statistics, model, deltas)
    epoch = reveals[0].epoch
    proof = journal.read(epoch)
    # One from before the chain was reorganised may be about other reveals.
    if proof is None or proof != statement_of(proof, binding, claims):
        proof = prove_folded(statistics, model, deltas, binding, claims, keys)
        if proof != statement_of(proof, binding, claims):
            raise ProofError("the proof is about other commitments than were revealed")
        journal.write(epoch, proof)
    return proof, claims


def statement_of(proof: Proof, binding: Binding, claims: list[int]) -> Proof:
    """What the contract would ask the verifier about instead of `proof`."""
    due = statement(binding, Folded.of(proof.data), claims)
    return replace(proof, data=due.data, instances=due.instances)


def prepare(
    storage: Storage,
    project: Opened,
    state: ProjectState,
    model: list[int],
    reveals: Sequence[RevealEvent],
    deltas: Sequence[list[int]],
    proof: Proof,
    claims: Sequence[int],
) -> Prepared:
    """Judges the round as the contract will, and publishes the model that follows."""
    game = game_of(claims, len(reveals))
    addresses = [int(reveal.trainer, 16) for reveal in reveals]
    verdict = judge(game, addresses, rule_of(project.terms, state))
    moved = step(model, deltas, verdict.weights)
    settlement = Settlement(storage.add(encode(moved)), Folded.of(proof.data), tuple(claims))
    return Prepared(settlement, verdict, proof.seconds, proof.peak_bytes, len(proof.data))


class ProofJournal:
    """Finished proofs of one project, so that a crash before settling costs no second proof."""

    def __init__(self, home: Path, project: bytes) -> None:
        self._folder = home / "proofs" / project.hex()

    def write(self, epoch: int, proof: Proof) -> None:
        durable.write_json(
            self._path(epoch),
            {
                "proof": proof.data.hex(),
                "instances": [str(value) for value in proof.instances],
                "seconds": proof.seconds,
                "peak_bytes": proof.peak_bytes,
            },
        )

    def read(self, epoch: int) -> Proof | None:
        """The epoch's proof; None if there is none, or the file is damaged."""
        path = self._path(epoch)
        if not path.exists():
            return None
        try:
            raw = durable.read_json(path)
            return Proof(
                data=bytes.fromhex(raw["proof"]),
                instances=[int(value) for value in raw["instances"]],
                seconds=float(raw["seconds"]),
                peak_bytes=int(raw["peak_bytes"]),
            )
        except (InputError, KeyError, TypeError, ValueError):
            return None

    def _path(self, epoch: int) -> Path:
        return self._folder / f"{epoch}.json"
