"""A trainer's service: joins a project and sees it through.

The chain is the authority: what to do follows from the phase it shows and from the journal on
disk, so a killed trainer goes on where it was. Flower's invitation only makes it start at once;
a trainer that is not invited starts by itself, so that an aggregator cannot leave it out.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from eth_account.signers.local import LocalAccount

from market.chain.market import Market
from market.chain.state import EVERYBODY, Phase, ProjectState, Standing
from market.errors import (
    ContractError,
    DeadlineError,
    MarketError,
    StorageError,
    TransportError,
)
from market.flower.node import Node
from market.flower.records import Record
from market.identity import announce
from market.progress import Progress
from market.project import Opened, connect_peers
from market.receipt import sign_receipt
from market.storage.base import Storage
from market.trainer.copycat import Copycat
from market.trainer.record import Contribution, Journal
from market.trainer.rehearsal import rehearse
from market.trainer.witness import Witness
from market.waiting import Enforcer, Patience, Vigil, advance_if_due, at_work
from market.windows import check_trainer_windows
from zk.opening import pack, quotient

POLL_SECONDS = 0.25
IDLE_SECONDS = 1.0
"""Between looks at the chain while only the aggregator has something to do."""
INVITATION_SHARE = 0.25
"""Share of the commit window that a trainer waits for Flower before it starts by itself."""
INVITATION_SECONDS = 4.0
"""And the longest it waits: all that a slow or dead SuperLink can add to a round."""
ADVANCE_PATIENCE = 3
"""Seconds that the aggregator gets to move an overdue project on before a trainer does."""


class Bench(Protocol):
    """What a trainer works with: rows of its own, and a project's kind of model."""

    @property
    def project(self) -> Opened: ...

    @property
    def withholds(self) -> bool: ...

    def weights(self, market: Market, storage: Storage, state: ProjectState) -> Any:
        """The model that the open round starts from."""

    def contribute(
        self, market: Market, weights: Any, state: ProjectState, progress: Progress
    ) -> Contribution:
        """Makes the open epoch's contribution; nothing is on chain or on IPFS yet."""


@dataclass(frozen=True)
class _Done:
    epoch: int
    commitment: bytes
    waited_seconds: float
    busy_seconds: float


class TrainerService:
    """Takes part in one project until it is closed.

    Args:
        market: signs as the trainer.
        storage: the trainer's IPFS node.
        home: the trainer's directory.
        workshop: project, rows and device.
        progress: told what happens.
        invitation: proof that the account may join, where the terms name who may.
        witness: looks at what rounds do to the trainer's own rows, and may leave.
        copycat: acts in this trainer's place once it has joined, for experiments.
    """

    def __init__(
        self,
        market: Market,
        storage: Storage,
        home: Path,
        account: LocalAccount,
        workshop: Bench,
        progress: Progress,
        invitation: Sequence[bytes] = (),
        witness: Witness | None = None,
        copycat: Copycat | None = None,
    ) -> None:
        self._invitation = invitation
        self._witness = witness
        self._market = market
        self._storage = storage
        self._home = home
        self._account = account
        self._workshop = workshop
        self._copycat = copycat
        self._project = workshop.project
        self._journal = Journal(home, workshop.project.id)
        self._progress = progress
        self._patience = Patience(progress)
        self._vigil = Vigil(progress)
        self._changed = threading.Condition()
        self._invited: set[int] = set()
        self._done: dict[int, _Done] = {}
        self._opened: dict[int, float] = {}
        self._drawn: set[int] = set()
        self._left_out = -1
        self._claimed = False
        self._enforcer = Enforcer(market, workshop.project.id, workshop.project.terms, progress)
        self._refused_endpoint = ""
        self._office = ""

    def run(self) -> ProjectState:
        """Serves until the project is closed, and returns its last state.

        Raises:
            ContractError: the trainer cannot join.
            InputError: the terms leave too little time to act in.
            StorageError: the initial model cannot be fetched, or is not the committed one.
            ProofError: no commitment opens under the project's SRS.
            FundsError: it cannot pay the stake and gas.
            ChainError: the node is dead.
        """
        announce(self._market, self._storage, self._home, "")
        self._join()
        with ExitStack() as stack:
            node: Node | None = None
            while True:
                state = self._patience.ask(lambda: self._market.project(self._project.id))
                if state.phase.closed:
                    self._enforcer.finish(state)
                    self._progress("closed", phase=state.phase.name.lower())
                    return state
                if state.aggregator != self._office:
                    stack.close()  # the node of the predecessor's SuperLink
                    self._office, node = state.aggregator, None
                if node is None:
                    node = self._connect_flower(stack)
                else:
                    node.check()
                with at_work(self._progress):
                    self._step(state)
                    self._vigil.look(state, self._market.connection.now)
                time.sleep(IDLE_SECONDS if state.phase is Phase.SETTLE else POLL_SECONDS)

    def _join(self) -> None:
        market, project = self._market, self._project
        if market.trainer(project.id, market.address).standing is not Standing.NONE:
            self._progress("rejoined", trainer=market.address)
            return
        check_trainer_windows(project.terms)
        # Before it stakes: who cannot have the model, or only another one, has nothing to do here.
        project.fetch_model(self._storage, project.created.model_cid, project.terms.model)
        rehearse(market, project)
        market.join(project.terms, self._invitation)
        self._progress("joined", trainer=market.address)

    def _connect_flower(self, stack: ExitStack) -> Node | None:
        """The connection to the aggregator's SuperLink; None if it announced none that is usable.

        Its invitations are then missing, which the trainer can do without.
        """
        announced = self._market.announcement(self._office)
        endpoint = announced.endpoint if announced else ""
        if not endpoint or endpoint == self._refused_endpoint:
            return None
        try:
            return stack.enter_context(Node(self._home / "flower", endpoint, self._answer))
        except MarketError as error:
            self._refused_endpoint = endpoint
            self._progress("failed", reason=str(error))
            return None

    def _step(self, state: ProjectState) -> None:
        me, id = self._market.address, self._project.id
        trainer = self._market.trainer(id, me)
        committed = trainer.commits_in(state.epoch)
        if committed and state.epoch not in self._done:
            self._remember(state.epoch)
        if self._copycat is not None:
            self._copycat.step(state)
        elif state.phase is Phase.COMMIT and not committed and trainer.standing is Standing.ACTIVE:
            if self._is_drawn(state):
                self._commit(state)
        elif state.phase is Phase.REVEAL and committed and not trainer.reveals_in(state.epoch):
            self._reveal(state)
        elif (
            state.phase is Phase.ANSWER
            and trainer.reveals_in(state.epoch)
            and not self._workshop.withholds
        ):
            self._publish(state)
        elif state.phase is Phase.CLAIM and not self._workshop.withholds:
            self._claim(state)
        self._enforcer.look(state)
        advance_if_due(self._market, self._project.terms, state, self._progress, ADVANCE_PATIENCE)

    def _is_drawn(self, state: ProjectState) -> bool:
        """Whether this opening is this trainer's turn; once it is, it stays so."""
        if state.draw.is_everybody and not state.draw.seed_block:
            return True
        if state.epoch not in self._drawn:
            if not self._market.is_drawn(self._project.id, self._market.address):
                self._say_left_out(state)
                return False
            self._drawn.add(state.epoch)
            self._progress("drawn", round=state.round, epoch=state.epoch)
        return True

    def _say_left_out(self, state: ProjectState) -> None:
        """Once for each opening, when the block that decides is there."""
        if self._left_out == state.epoch or self._market.height() <= state.draw.seed_block:
            return
        self._left_out = state.epoch
        share = f"{state.draw.width / EVERYBODY:.0%} of all"
        self._progress("not drawn", round=state.round, epoch=state.epoch, drawn=share)

    def _commit(self, state: ProjectState) -> None:
        opened = self._opened.setdefault(state.epoch, time.monotonic())
        window = self._project.terms.commit_seconds * INVITATION_SHARE
        waited = time.monotonic() - opened >= min(window, INVITATION_SECONDS)
        if state.epoch not in self._invited and not waited:
            return
        start = time.monotonic()
        waited_seconds = start - opened
        contribution = self._journal.read(state.epoch)
        # One from before the chain was reorganised may be for another round.
        if contribution is None or contribution.round != state.round:
            peers = [*self._project.terms.aggregators, self._project.terms.owner]
            connect_peers(self._market, self._storage, peers)
            weights = self._workshop.weights(self._market, self._storage, state)
            if self._witness is not None and self._witness.leaves(state, weights):
                self._market.exit(self._project.terms)
                self._progress("left", round=state.round)
                return
            contribution = self._workshop.contribute(self._market, weights, state, self._progress)
            self._journal.write(contribution)
        commitment = self._commitment(contribution)
        self._market.commit(self._project.terms, state.round, commitment)
        busy = time.monotonic() - start
        self._progress(
            "committed",
            round=state.round,
            epoch=state.epoch,
            waited_seconds=round(waited_seconds, 3),
            seconds=round(busy, 3),
        )
        self._finish(_Done(state.epoch, commitment, waited_seconds, busy))

    def _remember(self, epoch: int) -> None:
        """Takes up what this home committed before it was killed."""
        contribution = self._journal.read(epoch)
        if contribution is not None:
            self._finish(_Done(epoch, self._commitment(contribution), 0.0, 0.0))

    def _finish(self, done: _Done) -> None:
        with self._changed:
            self._done[done.epoch] = done
            self._changed.notify_all()

    def _commitment(self, contribution: Contribution) -> bytes:
        return self._market.commitment_of(
            self._market.address,
            self._project.id,
            contribution.round,
            contribution.point,
            contribution.cid,
            contribution.salt,
        )

    def _reveal(self, state: ProjectState) -> None:
        contribution = self._journal.read(state.epoch)
        if contribution is None:
            return  # this home never committed in this epoch
        try:
            self._storage.add(contribution.sealed)
        except StorageError as error:  # silence costs the stake; a delta can be published on demand
            self._progress("failed", reason=str(error))
        self._market.reveal(
            self._project.terms,
            state.round,
            contribution.point,
            contribution.cid,
            contribution.salt,
        )
        self._progress("revealed", round=state.round, cid=contribution.cid)

    def _publish(self, state: ProjectState) -> None:
        """Publishes the delta that the aggregator says it cannot have, which costs it its bond."""
        reveals = self._market.reveals(self._project.id, state.epoch)
        mine = [slot for slot, r in enumerate(reveals) if r.trainer == self._market.address]
        contribution = self._journal.read(state.epoch)
        if contribution is None or not mine or not state.accused >> mine[0] & 1:
            return
        self._market.answer(
            self._project.terms,
            state.round,
            mine[0],
            pack(contribution.delta),
            quotient(contribution.delta, contribution.point, self._project.keys),
        )
        self._progress("answered", round=state.round, cid=contribution.cid)

    def _claim(self, state: ProjectState) -> None:
        """Opens what this trainer revealed in the round that was given up, for what it is due."""
        if self._claimed:
            return
        id, me = self._project.id, self._market.address
        for epoch in range(state.epoch - state.retries, state.epoch + 1):
            contribution = self._journal.read(epoch)
            if contribution is None:
                continue
            standing = self._market.standing(id, epoch)
            if (me, contribution.point) not in standing:
                continue
            slot = standing.index((me, contribution.point))
            shown = quotient(contribution.delta, contribution.point, self._project.keys)
            values = pack(contribution.delta)
            try:
                self._market.claim(self._project.terms, epoch, slot, values, shown)
            except ContractError as error:  # somebody may have opened it for this trainer
                self._progress("refused", reason=error.message)
            else:
                self._progress("claimed", round=state.round, epoch=epoch)
            break
        self._claimed = True

    def _answer(self, config: Record) -> Record:
        """Flower's handler, in a thread of its own: waits until the epoch is committed."""
        epoch = config.get("epoch")
        if config.get("project") != "0x" + self._project.id.hex() or not isinstance(epoch, int):
            raise TransportError("the invitation is not for this project")
        deadline = time.monotonic() + self._project.terms.commit_seconds
        with self._changed:
            self._invited.add(epoch)
            while epoch not in self._done:
                left = deadline - time.monotonic()
                if left <= 0 or not self._changed.wait(left):
                    raise DeadlineError(f"no commitment in epoch {epoch} before its deadline")
            done = self._done[epoch]
        return sign_receipt(
            self._account,
            self._project.id,
            done.epoch,
            done.commitment,
            done.waited_seconds,
            done.busy_seconds,
        )
