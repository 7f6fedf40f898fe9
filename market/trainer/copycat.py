"""A trainer that trains nothing and reveals what another one revealed, for experiments."""

from __future__ import annotations

import secrets

from market.chain.market import Market
from market.chain.state import Phase, ProjectState, Standing
from market.errors import ContractError
from market.progress import Progress
from market.project import Opened


class Copycat:
    """Commits to nothing it knows, then tries every revealed point and content as its own.

    Args:
        market: signs as the copycat.
        project: the project it tries to cheat.
        progress: told of each refusal.
    """

    def __init__(self, market: Market, project: Opened, progress: Progress) -> None:
        self._market = market
        self._project = project
        self._progress = progress
        self._tried: set[tuple[int, str]] = set()

    def step(self, state: ProjectState) -> None:
        """Does what it can in the project's phase."""
        me, id, terms = self._market.address, self._project.id, self._project.terms
        if state.phase is Phase.COMMIT:
            active = self._market.trainer(id, me).standing is Standing.ACTIVE
            drawn = active and self._market.is_drawn(id, me)
            if drawn and not any(self._market.commitment_in(id, state.epoch, me)):
                self._market.commit(terms, state.round, secrets.token_bytes(32))
        elif state.phase is Phase.REVEAL:
            for reveal in self._market.reveals(id, state.epoch):
                if (state.epoch, reveal.cid) in self._tried:
                    continue
                self._tried.add((state.epoch, reveal.cid))
                try:
                    self._market.reveal(
                        terms, state.round, reveal.point, reveal.cid, secrets.token_bytes(32)
                    )
                except ContractError as error:
                    self._progress("copy refused", victim=reveal.trainer, reason=error.message)
