"""An evaluator's service, and an arbiter's where arbiters measure.

The chain is the authority: whether this account is asked, and for which model, follows from the
phase it shows. A killed service goes on where it was: what it said stands in its journal, salts
included.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from market.chain.market import Market
from market.chain.measuring import Measurement, MeasuringLogs, Sitting
from market.chain.state import Phase, ProjectState
from market.contribution.lowrank import LowRankStatistics
from market.errors import ContractError, InputError, StorageError
from market.evaluator.bench import Bench, Own
from market.evaluator.record import Journal, Kept
from market.identity import announce, encryption_key
from market.measured.manifest import SealedYardstick, fetch_manifest, fetch_yardstick
from market.measured.project import MeasuredProject
from market.measurement import Assessment, Measured, Quantised, agrees
from market.progress import Progress
from market.project import connect_peers
from market.storage.base import Storage
from market.vectors import salted
from market.waiting import Patience, Vigil, advance_if_due, at_work
from zk.commit import commit
from zk.field import Point

POLL_SECONDS = 0.5
FETCH_SECONDS = 20.0
FETCH_SHARE = 0.25
"""Of a window to measure in: the longest that all that others said is fetched for, once."""
MISSING_SECONDS = 15.0
"""Before what did not come is asked for again."""
PATIENCE = 4
"""Seconds that others get to move an overdue project on before an evaluator does."""


@dataclass(frozen=True)
class Question:
    """What this account is asked.

    Args:
        number: measurements before the one that is meant.
        sitting: as whom.
        judges: who is asked with it, in the order of the terms.
    """

    number: int
    sitting: Sitting
    judges: tuple[str, ...]


class EvaluatorService:
    """Measures one project's models until it is closed.

    Args:
        market: signs as an evaluator or an arbiter.
        storage: the account's IPFS node.
        home: its directory.
        project: the project, checked.
        bench: measures models.
        progress: told what happens.

    Raises:
        InputError: the account is neither evaluator nor arbiter of the project.
    """

    def __init__(
        self,
        market: Market,
        storage: Storage,
        home: Path,
        project: MeasuredProject,
        bench: Bench,
        progress: Progress,
    ) -> None:
        terms = project.terms
        if market.address not in (*terms.evaluators, *terms.arbiters):
            raise InputError(
                f"{market.address} is neither an evaluator nor an arbiter of this project",
                f"use the key of {' or '.join((*terms.evaluators, *terms.arbiters))}",
            )
        self._market, self._storage, self._home = market, storage, home
        self._project, self._bench, self._progress = project, bench, progress
        self._key = encryption_key(home)
        self._journal = Journal(home, project.id)
        self._patience, self._vigil = Patience(progress), Vigil(progress)
        self._own: dict[tuple[int, bytes], Own] = {}
        self._handed: set[Point] = set()
        self._doubted: set[Measurement] = set()
        self._missing: dict[Measurement, float] = {}

    def run(self) -> ProjectState:
        """Serves until the project is closed, and returns its last state.

        Raises:
            FundsError: the account cannot pay gas.
            ChainError: the node is dead.
        """
        announce(self._market, self._storage, self._home, "")
        while True:
            state = self._patience.ask(lambda: self._market.project(self._project.id))
            if state.phase.closed:
                self._progress("closed", phase=state.phase.name.lower())
                return state
            with at_work(self._progress):
                self._step(state)
                self._vigil.look(state, self._market.connection.now)
            time.sleep(POLL_SECONDS)

    def _step(self, state: ProjectState) -> None:
        question = self._question(state)
        if question is not None:
            self._answer(state, question)
        if state.phase in (Phase.REVEAL, Phase.SETTLE, Phase.ANSWER):
            self._hand_over(state)
        advance_if_due(self._market, self._project.terms, state, self._progress, PATIENCE)

    def _question(self, state: ProjectState) -> Question | None:
        """What is asked of this account now."""
        terms, number = self._project.terms, state.measure.number
        if state.phase is Phase.MEASURE:
            sitting = Sitting.ARBITER if state.measure.deposed else Sitting.EVALUATOR
        elif state.phase is Phase.AUDIT:
            sitting = Sitting.ARBITER
            if state.measure.demanded_in == state.epoch + 1:
                number, sitting = number - 1, Sitting.ON_DEMAND
        else:
            return None
        by_arbiters = sitting is not Sitting.EVALUATOR and bool(terms.arbiters)
        judges = terms.arbiters if by_arbiters else terms.evaluators
        return Question(number, sitting, judges) if self._market.address in judges else None

    def _answer(self, state: ProjectState, question: Question) -> None:
        seed = self._seed(state)
        if seed is None:
            return
        id, terms = self._project.id, self._project.terms
        on_demand = question.sitting is Sitting.ON_DEMAND
        seat = state.epoch if on_demand else question.number
        said = self._market.said(id, seat, question.sitting, self._market.address)
        own = self._measured(state, question.number, seed)
        chosen = self._chosen(state, question, own, seed)
        if said == chosen.digest():
            return
        self._storage.add(self._sealed(seed, question.number).for_judges)
        self._market.measure(terms, question.number, chosen)
        self._progress(
            "attested",
            number=question.number,
            loss=-chosen.utility / self._project.document.grid.utility_unit,
            own=chosen.cid == self._kept(question.number, seed).measurement.cid,
        )

    def _seed(self, state: ProjectState) -> bytes | None:
        """Of the open coordinates; None while the block that decides is not there."""
        if any(state.measure.seed):
            return state.measure.seed
        if self._market.height() <= state.measure.seed_block:
            return None
        try:
            self._market.draw_coordinates(self._project.terms)
        except ContractError:
            return None  # another was faster
        return None

    def _measured(self, state: ProjectState, number: int, seed: bytes) -> Own:
        """This machine's measurement, and on disk what it would say."""
        key = (number, seed)
        if key not in self._own:
            connect_peers(self._market, self._storage, self._project.terms.aggregators)
            self._progress("measuring", number=number)
            start = time.monotonic()
            own = self._bench.measure(state, number, seed)
            self._own = {key: own}
            self._progress(
                "measured",
                number=number,
                loss=-own.attested.assessment.utility / self._project.document.grid.utility_unit,
                seconds=round(time.monotonic() - start, 2),
            )
        if self._journal.read(number, seed) is None:
            self._journal.write(number, self._say(self._own[key], seed))
        return self._own[key]

    def _say(self, own: Own, seed: bytes) -> Kept:
        """What this account says, unless another's is the same."""
        shape = self._project.document.shape
        statistics = own.attested.yardstick.statistics
        vector = salted(statistics.entries, shape.statistics_length)
        assessment = own.attested.assessment
        sealed = self._seal(vector)
        measurement = Measurement(
            commit(vector, self._project.keys),
            assessment.utility,
            assessment.spread,
            self._storage.add(sealed.manifest.encode()),
        )
        return Kept(seed, tuple(vector), measurement)

    def _chosen(
        self, state: ProjectState, question: Question, own: Own, seed: bytes
    ) -> Measurement:
        """The first that agrees with this machine's: in an audit what was attested, else by the
        order of the terms, so that all who measured the same come to say the same."""
        logs = self._market.measuring(self._project.id)
        mine = self._kept(question.number, seed).measurement
        for said in self._said(state, question, logs):
            if said == mine or self._is_mine(said, own, question):
                return said
        return mine

    def _said(
        self, state: ProjectState, question: Question, logs: MeasuringLogs
    ) -> Sequence[Measurement]:
        found = []
        if state.phase is Phase.AUDIT and question.number in logs.measured:
            found.append(logs.measured[question.number])
        newest = {
            each.account: each.measurement
            for each in logs.attested
            if each.number == question.number and each.account in question.judges
        }
        return [*found, *(newest[judge] for judge in question.judges if judge in newest)]

    def _is_mine(self, said: Measurement, own: Own, question: Question) -> bool:
        """Whether another measured the same, within what the document allows."""
        if said in self._doubted or time.monotonic() < self._missing.get(said, 0.0):
            return False
        document, number = self._project.document, question.number
        # All of them together leave most of the window to say one's own in.
        window = min(self._project.terms.measure_seconds, self._project.terms.audit_seconds)
        seconds = min(FETCH_SECONDS, window * FETCH_SHARE / len(question.judges) / 2)
        try:
            manifest = fetch_manifest(self._storage, said.cid, seconds)
            vector = fetch_yardstick(
                self._storage,
                manifest.judges,
                said.yardstick,
                self._key,
                document.shape,
                document.grid,
                self._project.keys,
                seconds,
            )
        except StorageError as error:
            self._missing[said] = time.monotonic() + MISSING_SECONDS
            self._progress("unusable", number=number, reason=error.message)
            return False
        if self._seal(vector).manifest != manifest:
            # Its aggregators would be given something else, or nothing.
            reasons: tuple[str, ...] = ("its envelopes are not those of its yardstick",)
        else:
            statistics = LowRankStatistics.opened(vector, document.shape, document.grid)
            theirs = Measured(
                Assessment(said.utility, said.spread),
                Quantised(statistics, own.attested.yardstick.halvings),
            )
            reasons = agrees(own.expansion, own.attested.assessment, theirs, document.tolerance)
        if not reasons:
            self._take_over(number, said, vector)
            return True
        self._doubted.add(said)
        self._progress("disagreed", number=number, reasons=list(reasons))
        return False

    def _take_over(self, number: int, said: Measurement, vector: list[int]) -> None:
        """Keeps what another said: whoever attested it can hand it out."""
        state = self._market.project(self._project.id)
        self._journal.write(number, Kept(state.measure.seed, tuple(vector), said))

    def _hand_over(self, state: ProjectState) -> None:
        """Puts the open round's yardstick where aggregators find it: all have committed."""
        number, point = state.measure.number - 1, state.measure.yardstick
        if point in self._handed:
            return
        kept = self._journal.read(number, state.measure.seed)
        # Whoever has it only after a demand hands it out then.
        if kept is not None and kept.measurement.yardstick == point:
            self._storage.add(self._seal(kept.vector).for_aggregators)
            self._handed.add(point)
            self._progress("handed over", number=number)

    def _kept(self, number: int, seed: bytes) -> Kept:
        kept = self._journal.read(number, seed)
        if kept is None:
            raise StorageError(f"the journal of measurement {number} is gone", "measure again")
        return kept

    def _sealed(self, seed: bytes, number: int) -> SealedYardstick:
        return self._seal(self._kept(number, seed).vector)

    def _seal(self, vector: Sequence[int]) -> SealedYardstick:
        terms = self._project.terms
        judges = self._keys((*terms.evaluators, *terms.arbiters))
        return SealedYardstick.of(vector, judges, self._keys(terms.aggregators))

    def _keys(self, accounts: Sequence[str]) -> list[bytes]:
        """The encryption keys that accounts announced, of those that did.

        Raises:
            StorageError: none did.
        """
        found = [self._market.announcement(account) for account in dict.fromkeys(accounts)]
        keys = [each.encryption_key for each in found if each is not None]
        if not keys:
            raise StorageError(
                f"none of {', '.join(accounts)} has announced an encryption key",
                "each named account's operator runs `market announce` first",
            )
        return keys
