"""An aggregator's service: stakes on a project, invites trainers, proves and settles each round.

Several may serve one project: the one in office acts, the others keep what they need to succeed it.
"""

from __future__ import annotations

import time
from pathlib import Path

from market.aggregator.basis import Basis
from market.aggregator.deltas import FETCH_SECONDS, fetch_deltas
from market.aggregator.proving import (
    ProofJournal,
    prepare,
    prove_round,
)
from market.aggregator.rehearsal import rehearse
from market.chain.logs import RevealEvent
from market.chain.market import Market
from market.chain.state import Phase, ProjectState
from market.errors import (
    ChainError,
    ContractError,
    InputError,
    MarketError,
    StorageError,
    TransportError,
)
from market.flower.coordinator import Coordinator
from market.flower.records import Outcome
from market.identity import announce, encryption_key
from market.progress import Progress
from market.project import connect_peers
from market.receipt import read_receipt
from market.storage.base import Storage
from market.waiting import Enforcer, Patience, Vigil, advance_if_due
from market.windows import check_aggregator_windows
from zk.admission import budget_for
from zk.field import Point
from zk.opening import unpack

POLL_SECONDS = 0.2
STANDBY_PATIENCE = 2
"""Seconds that the one in office gets to move an overdue project on before another does."""
CHALLENGE_SHARE = 0.25
"""Share of the settle window in which deltas are looked for before they are demanded on chain."""
CHALLENGE_SECONDS = 30
"""And the longest that this is: a trainer that is up serves its delta within seconds."""
MOST_PEERS = 64
"""Trainers that are dialled before a round; those that reveal are dialled when they do."""
_RETRY_SECONDS = 2.0
_FLOWER_RETRY_SECONDS = 30.0
"""Between calls to a Flower that fails: each may take long, and a settlement does not need it."""


class AggregatorService:
    """Serves one project until it is closed.

    Args:
        market: signs as the aggregator.
        storage: the aggregator's IPFS node.
        home: the aggregator's directory.
        basis: what rounds of the project are settled by.
        coordinator: Flower's side.
        progress: told what happens.

    Raises:
        InputError: the account is not the project's aggregator.
    """

    def __init__(
        self,
        market: Market,
        storage: Storage,
        home: Path,
        basis: Basis,
        coordinator: Coordinator,
        progress: Progress,
    ) -> None:
        project = basis.project
        if market.address not in project.terms.aggregators:
            raise InputError(
                f"{market.address} is not an aggregator of this project",
                f"use the key of {' or '.join(project.terms.aggregators)}",
            )
        self._market = market
        self._storage = storage
        self._project = project
        self._basis = basis
        self._coordinator = coordinator
        self._progress = progress
        self._patience = Patience(progress)
        self._vigil = Vigil(progress)
        self._key = encryption_key(home)
        self._home = home
        self._journal = ProofJournal(home, project.id)
        self._enforcer = Enforcer(market, project.id, project.terms, progress)
        self._prepared_epoch = -1
        self._unmeasured = -1
        self._invited_at = 0.0
        self._flower_again = 0.0
        self._deltas: dict[Point, list[int]] = {}
        self._complained: set[Point] = set()

    def run(self) -> ProjectState:
        """Serves until the project is closed, and returns its last state.

        Raises:
            StorageError: the owner's statistics or the model cannot be had, or are not the
                committed ones.
            ProofError: this machine cannot prove, or no proof under the project's SRS holds.
            InputError: MARKET_PROVER_MEMORY is no amount of memory, or the terms leave too little
                time to settle.
            TransportError: Flower does not start, and nothing is staked yet.
            FundsError: the account cannot pay the stake.
            ChainError: the node is dead.
        """
        budget_for(self._project.keys.memory_bytes)  # who cannot prove would lose the stake
        announce(self._market, self._storage, self._home, self._coordinator.address)
        self._basis.open()
        self._bond()
        while True:
            state = self._patience.ask(lambda: self._market.project(self._project.id))
            if state.phase.closed:
                self._enforcer.finish(state)
                self._progress("closed", phase=state.phase.name.lower())
                return state
            try:
                self._step(state)
                self._vigil.look(state, self._market.connection.now)
            except MarketError as error:
                self._progress("failed", reason=str(error))
                time.sleep(_RETRY_SECONDS)
            time.sleep(POLL_SECONDS)

    def _bond(self) -> None:
        """Stakes, unless a stake stands: as the one in office, or to succeed it."""
        project, me = self._project, self._market.address
        state = self._market.project(project.id)
        if state.phase.closed or self._market.aggregator_stake(project.id, me):
            return
        check_aggregator_windows(project.terms)
        self._coordinator.nodes()  # starts Flower; from here on, rounds go on without it
        self._progress("rehearsing")
        self._progress("rehearsed", seconds=round(rehearse(self._basis, state), 2))
        self._market.bond(project.terms)
        self._progress("bonded", stake=str(project.terms.aggregator_stake))

    def _step(self, state: ProjectState) -> None:
        in_office = state.aggregator == self._market.address
        if state.phase is Phase.COMMIT:
            self._prepare(state, in_office)
        if in_office and state.phase in (Phase.COMMIT, Phase.REVEAL):
            self._read_receipts(state)
        if state.phase in (Phase.REVEAL, Phase.SETTLE, Phase.ANSWER, Phase.AUDIT):
            reveals = self._market.reveals(self._project.id, state.epoch)
            missing = self._fetch(reveals)
            if in_office and state.phase is Phase.SETTLE:
                self._require_standing(state, reveals)
                if missing:
                    self._challenge(state, reveals, missing)
                elif self._is_measurable(state):
                    self._settle(state, reveals)
                    return
        self._enforcer.look(state)
        patience = 0 if in_office else STANDBY_PATIENCE
        advance_if_due(self._market, self._project.terms, state, self._progress, patience)

    def _prepare(self, state: ProjectState, in_office: bool) -> None:
        """At the opening of a round: who is not in office only makes sure that it could be."""
        if self._prepared_epoch == state.epoch:
            return
        self._basis.model(state)
        if in_office:
            self._invite(state)
        self._deltas.clear()
        self._prepared_epoch = state.epoch

    def _invite(self, state: ProjectState) -> None:
        trainers = self._market.joined(self._project.id)[:MOST_PEERS]
        connect_peers(self._market, self._storage, trainers)
        self._invited_at = time.monotonic()
        try:
            self._coordinator.send(
                {
                    "project": "0x" + self._project.id.hex(),
                    "round": state.round,
                    "epoch": state.epoch,
                    "learning_rate": state.learning_rate,
                    "deadline": state.deadline,
                }
            )
        except TransportError as error:
            self._do_without_flower(error)
            return
        self._progress("invited", round=state.round, epoch=state.epoch)

    def _do_without_flower(self, error: TransportError) -> None:
        """Trainers start by themselves; the coordinator invites them once Flower is back."""
        self._flower_again = time.monotonic() + _FLOWER_RETRY_SECONDS
        self._progress("failed", reason=str(error))

    def _read_receipts(self, state: ProjectState) -> None:
        if time.monotonic() < self._flower_again:
            return
        try:
            replies = self._coordinator.receipts()
        except TransportError as error:
            self._do_without_flower(error)
            return
        for reply in replies:
            elapsed = time.monotonic() - self._invited_at
            if reply.outcome is not Outcome.ANSWERED:
                self._progress("no receipt", node=str(reply.node), reason=reply.error)
                continue
            try:
                receipt = read_receipt(self._project.id, reply.record)
            except MarketError as error:
                self._progress("no receipt", node=str(reply.node), reason=error.message)
                continue
            self._progress(
                "receipt",
                trainer=receipt.trainer,
                round=state.round,
                flower_seconds=round(receipt.waited_seconds, 3),
                receipt_seconds=round(elapsed - receipt.busy_seconds - receipt.waited_seconds, 3),
                busy_seconds=round(receipt.busy_seconds, 3),
            )

    def _require_standing(self, state: ProjectState, reveals: list[RevealEvent]) -> None:
        """Of logs that lag behind the state, a proof would be of no use, and a challenge would
        accuse another slot than is meant.

        Raises:
            ChainError: they do.
        """
        standing = self._market.standing(self._project.id, state.epoch)
        if [(reveal.trainer, reveal.point) for reveal in reveals] != standing:
            raise ChainError(
                f"the node shows {len(reveals)} reveals of {len(standing)} that stand",
                "wait for its logs",
            )

    def _fetch(self, reveals: list[RevealEvent]) -> list[int]:
        """Fetches what was not yet; returns the slots of the deltas that are still missing."""
        missing = [slot for slot, reveal in enumerate(reveals) if reveal.point not in self._deltas]
        if not missing:
            return []
        wanted = [reveals[slot] for slot in missing]
        # In a short window there must be time left to demand what does not come.
        seconds = min(FETCH_SECONDS, self._project.terms.settle_seconds * CHALLENGE_SHARE)
        found = fetch_deltas(
            self._storage, self._project, wanted, self._key, self._published(reveals), seconds
        )
        unreachable = []
        for reveal, delta in zip(wanted, found, strict=True):
            if not isinstance(delta, StorageError):
                self._deltas[reveal.point] = delta
                self._progress("fetched", trainer=reveal.trainer, cid=reveal.cid)
                continue
            unreachable.append(reveal.trainer)
            if reveal.point not in self._complained:
                self._complained.add(reveal.point)
                self._progress("unusable", trainer=reveal.trainer, reason=delta.message)
        connect_peers(self._market, self._storage, unreachable)
        return [slot for slot in missing if reveals[slot].point not in self._deltas]

    def _published(self, reveals: list[RevealEvent]) -> dict[str, list[int]]:
        """The deltas that were published on chain in answer to a challenge, and checked there."""
        answers = self._market.answered(self._project.id, reveals[0].epoch)
        return {trainer: unpack(values) for trainer, values in answers}

    def _challenge(
        self, state: ProjectState, reveals: list[RevealEvent], missing: list[int]
    ) -> None:
        """Demands what cannot be had, once there has been time enough to fetch it."""
        terms, id = self._project.terms, self._project.id
        if state.challenged or not self._has_waited(state):
            return
        stake = self._market.aggregator_stake(id, self._market.address)
        accused = missing[: stake // terms.challenge_bond]
        self._market.challenge(terms, state.round, sum(1 << slot for slot in accused))
        self._progress(
            "challenged", round=state.round, trainers=[reveals[slot].trainer for slot in accused]
        )

    def _has_waited(self, state: ProjectState) -> bool:
        """Whether there has been time enough to fetch what the settlement needs."""
        seconds = self._project.terms.settle_seconds
        waited = self._market.connection.now() - (state.deadline - seconds)
        return waited >= min(seconds * CHALLENGE_SHARE, CHALLENGE_SECONDS)

    def _fill_up(self) -> None:
        """Stakes again what challenges have cost: the next round opens only if pots are covered."""
        terms, id = self._project.terms, self._project.id
        stake = self._market.aggregator_stake(id, self._market.address)
        if stake == terms.aggregator_stake:
            return
        try:
            self._market.bond(terms)
        except MarketError as error:  # this round is settled all the same
            self._progress("failed", reason=str(error))
        else:
            self._progress("bonded", stake=str(terms.aggregator_stake - stake))

    def _is_measurable(self, state: ProjectState) -> bool:
        """Whether the round's yardstick is here; if it does not come in time, it is demanded.

        Where it does not come at all the deadline does, and is to be enforced.
        """
        try:
            self._basis.statistics(state)
        except StorageError as error:
            if self._has_waited(state) and self._basis.demand(state):
                self._progress("demanded", round=state.round, reason=error.message)
            elif state.epoch != self._unmeasured:
                self._unmeasured = state.epoch
                self._progress("unusable", round=state.round, reason=error.message)
            return False
        return True

    def _settle(self, state: ProjectState, reveals: list[RevealEvent]) -> None:
        project = self._project
        statistics, model = self._basis.statistics(state), self._basis.model(state)
        deltas = [self._deltas[reveal.point] for reveal in reveals]
        self._progress("proving", round=state.round, trainers=len(reveals))
        proof, claims = prove_round(
            self._basis, state, statistics, model, reveals, deltas, self._journal
        )
        ready = prepare(self._storage, project, state, model, reveals, deltas, proof, claims)
        self._progress(
            "proved",
            round=state.round,
            seconds=round(ready.seconds, 2),
            peak_bytes=ready.peak_bytes,
            proof_bytes=ready.proof_bytes,
            rows=project.keys.rows,
            logrows=project.keys.logrows,
        )
        if state.round + 1 < project.terms.rounds:
            self._fill_up()
        try:
            receipt = self._market.settle(project.terms, ready.settlement)
        except ContractError:
            found = self._market.project(project.id)
            if (found.epoch, found.phase) != (state.epoch, Phase.SETTLE):
                # Settled before this process was killed and started again, or disputed while it
                # proved: the proof is kept for when arbiters have confirmed the yardstick.
                return
            raise
        self._progress(
            "settled",
            round=state.round,
            transaction="0x" + bytes(receipt["transactionHash"]).hex(),
            gas=receipt["gasUsed"],
            selected=[reveals[slot].trainer for slot in ready.verdict.selected],
        )
