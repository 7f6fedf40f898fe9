"""Re-checking a project from the chain and IPFS alone.

Nothing that anybody says is taken for granted: keys and verifier code are derived from the
circuits and the SRS, every proof is verified off chain, and every selection, score, payout and
model commitment is computed again.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from pathlib import Path

from market.auditor.circuit import circuit_claims, next_model, reveal_claims
from market.auditor.claim import Audit, claim
from market.auditor.conduct import conduct_claims
from market.auditor.entries import Booked
from market.auditor.evidence import Evidence
from market.auditor.ledger import Ledger
from market.auditor.money import money_claims
from market.auditor.proven import judge_again, verdicts
from market.auditor.rounds import Course, follow
from market.auditor.verdicts import verdict_claims
from market.chain.logs import SettledRound, Settlement
from market.chain.market import Market
from market.contribution.grid import Step, lattice_of
from market.errors import MarketError
from market.progress import Progress, silent
from market.project import Project, connect_peers, fetch_document, fetch_srs
from market.storage.base import Storage
from zk.binding import Binding
from zk.commit import commit
from zk.field import Point
from zk.folding import statement
from zk.keys import derive_keys
from zk.prove import verify


class Auditor:
    """Audits one project.

    Args:
        market: reads the chain; needs no account.
        storage: the auditor's own IPFS node.
        deep: derive keys and verifier code again, whatever this machine has cached.
        progress: told what is derived and checked; the claims are in the result.
    """

    def __init__(
        self, market: Market, storage: Storage, deep: bool = False, progress: Progress = silent
    ) -> None:
        self._market = market
        self._storage = storage
        self._deep = deep
        self._progress = progress
        self._audit = Audit()

    def run(self, id: bytes) -> Audit:
        """Checks everything about the project that has happened so far.

        Raises:
            NotFoundError: there is no such project.
            StorageError: what the audit needs cannot be fetched.
            ChainError: the node is dead.
        """
        created = self._market.created(id)
        terms = created.terms
        self._claim("project", "the terms hash to the project's id", self._market.id_of(terms), id)
        people = [terms.owner, *terms.aggregators, *self._market.joined(id)]
        connect_peers(self._market, self._storage, people)
        document = fetch_document(self._storage, created)
        self._claim("project", "the specification is the one that the terms name", True)
        srs = fetch_srs(self._storage, document.srs_sha256, document.srs_cid)
        self._progress("keys", **asdict(document.shape), derived_anew=self._deep)
        if not self._deep:
            return self._check(Project(created, derive_keys(document.shape, srs), document))
        with tempfile.TemporaryDirectory(prefix="audit-") as folder:
            keys = derive_keys(document.shape, srs, fresh_in=Path(folder))
            return self._check(Project(created, keys, document))

    def _check(self, project: Project) -> Audit:
        created, terms, id = project.created, project.terms, project.id
        self._audit.claims += circuit_claims(self._market, terms, project.keys)
        self._claim(
            "project", "models are on the grid that the terms' step needs", *_lattices(project)
        )

        # Others reveal, settle and withdraw meanwhile: books and balances are those of one block.
        self._market = self._market.at_newest_block()

        self._audit.claims += reveal_claims(self._market.all_reveals(id))
        history = self._market.history(id)
        course = follow(history, terms)
        read = cache(lambda transaction: self._market.settlement(transaction, terms))
        ledger = Ledger.replay(created, history, verdicts(terms, read))
        # Asked for now: a node does not keep the state of old blocks for long.
        money = list(money_claims(self._market, ledger))
        model = terms.model
        for expected, booked in enumerate(ledger.rounds):
            found = booked.found
            subject = f"round {found.round}"
            self._progress("checking", round=found.round, trainers=len(found.trainers))
            self._claim(subject, "rounds are settled in order", found.round, expected)
            self._check_round(project, booked, course, model, read)
            model = found.model
        self._check_models(project, [booked.found for booked in ledger.rounds])
        self._audit.claims += conduct_claims(ledger, history, self._evidence(project))
        self._audit.claims += money
        return self._audit

    def _evidence(self, project: Project) -> Evidence:
        market = self._market
        return Evidence(
            commit=lambda vector: commit(vector, project.keys),
            seconds_of=market.block_seconds,
            hash_of=market.block_hash,
            invitation_of=lambda sent: market.invitation(sent, project.terms),
        )

    def _check_round(
        self,
        project: Project,
        booked: Booked,
        course: Course,
        model: Point,
        read: Callable[[str], Settlement],
    ) -> None:
        terms, keys, found = project.terms, project.keys, booked.found
        subject = f"round {found.round}"
        points = course.standing_of(found)
        self._claim(
            subject,
            "the settled trainers are those whose reveals stand, in their order",
            list(found.trainers),
            list(points),
        )
        self._claim(
            subject,
            "the next model is this one, moved by the weighted deltas",
            found.model,
            next_model(terms.zero, model, list(points.values()), found.weights),
        )
        settlement = read(found.transaction)
        binding = Binding(terms.zero, terms.statistics, model, tuple(points.values()))
        try:
            proof = statement(binding, settlement.folded, settlement.claims)
            self._claim(
                subject,
                "the proof about exactly these commitments verifies",
                verify(proof, keys),
                True,
            )
            verdict = judge_again(terms, settlement, found, booked.purse)
        except MarketError as error:
            self._claim(subject, "the proven numbers are a game", error.message, "")
            return
        self._audit.claims += verdict_claims(terms, booked, verdict)

    def _check_models(self, project: Project, settled: list[SettledRound]) -> None:
        for found in settled:
            try:
                project.fetch_model(self._storage, found.model_cid, found.model)
                problem = ""
            except MarketError as error:
                problem = error.message
            self._claim(
                f"round {found.round}",
                "the published model is the committed one",
                problem,
                "",
            )

    def _claim(self, subject: str, text: str, found: object, expected: object = True) -> None:
        self._audit.claims.append(claim(subject, text, found, expected))


def _lattices(project: Project) -> tuple[int, int]:
    """Of the document's grid, and of the terms'."""
    terms = project.terms
    return project.document.grid.lattice, lattice_of(terms.slots, Step(terms.step))
