"""Waiting: for a node that is away, for the others, and no longer than a deadline says."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from market.chain.market import Market
from market.chain.state import Phase, ProjectState
from market.chain.terms import Terms
from market.errors import ChainError, ContractError, DeadlineError, MarketError
from market.progress import Progress

OUTAGE_SECONDS = 600.0
"""How long a service waits for its Ethereum node to come back."""
_RETRY_SECONDS = 2.0
_QUIET_SECONDS = 10.0
"""A phase that lasts longer is spoken of: whoever watches is to know that the service lives."""
_REMIND_SECONDS = 60.0

T = TypeVar("T")


class Patience:
    """Asks the chain again while its node is away, so that a service survives a restart of it.

    Args:
        progress: told of each failure.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def ask(self, question: Callable[[], T]) -> T:
        """The answer to `question`.

        Raises:
            ChainError: the node stayed away for `OUTAGE_SECONDS`.
        """
        deadline = time.monotonic() + OUTAGE_SECONDS
        while True:
            try:
                return question()
            except ChainError as error:
                if time.monotonic() > deadline:
                    raise
                self._progress("failed", reason=str(error))
                time.sleep(_RETRY_SECONDS)


@contextmanager
def at_work(progress: Progress) -> Iterator[None]:
    """A step of a service that survives what is refused or fails: it is told, and waited for."""
    try:
        yield
    except (ContractError, DeadlineError) as error:
        # Late, or the phase moved on meanwhile: the next look at the chain tells.
        progress("refused", reason=error.message)
        time.sleep(_RETRY_SECONDS)
    except MarketError as error:
        progress("failed", reason=str(error))
        time.sleep(_RETRY_SECONDS)


class Vigil:
    """Tells which phase a service sees out, where one lasts long, and how long at most.

    Args:
        progress: told of it.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._seen: tuple[int, Phase] | None = None
        self._next = 0.0

    def look(self, state: ProjectState, now: Callable[[], int]) -> None:
        """At the state, often; `now` gives the chain's time in unix seconds."""
        clock = time.monotonic()
        if (state.epoch, state.phase) != self._seen:
            self._seen, self._next = (state.epoch, state.phase), clock + _QUIET_SECONDS
        elif clock >= self._next:
            self._next = clock + _REMIND_SECONDS
            self._progress(
                "waiting",
                phase=state.phase.name.lower(),
                round=state.round,
                seconds_left=max(state.deadline - now(), 0),
            )


def advance_if_due(
    market: Market, terms: Terms, state: ProjectState, progress: Progress, patience: int = 0
) -> bool:
    """Calls `advance` if the state's deadline passed `patience` seconds ago; whether it did.

    Another participant may be faster: being refused then is fine.
    """
    if state.phase.closed or market.connection.now() <= state.deadline + patience:
        return False
    try:
        market.advance(terms)
    except ContractError:
        return False
    progress("advanced", phase=state.phase.name.lower(), round=state.round)
    return True


class Enforcer:
    """Has trainers slashed that committed and kept silent: nothing happens to them by itself.

    Args:
        market: signs; the bounty is this account's.
        id: of the project.
        terms: of it.
        progress: told of each.
    """

    def __init__(self, market: Market, id: bytes, terms: Terms, progress: Progress) -> None:
        self._market, self._id, self._terms, self._progress = market, id, terms, progress
        self._looked: set[int] = set()

    def look(self, state: ProjectState) -> None:
        """Once for each opening, when the time to reveal is over.

        Raises:
            ChainError: the node is dead.
        """
        over = state.epoch if state.phase > Phase.REVEAL else state.epoch - 1
        for epoch in {state.epoch - 1, over} - self._looked:
            if epoch < 0:
                continue
            silent = [
                account
                for account in self._market.committed_in(self._id, epoch)
                if self._market.is_silent(self._id, account)
            ]
            if silent:
                self._expel(silent)
            self._looked.add(epoch)

    def _expel(self, silent: list[str]) -> None:
        try:
            self._market.expel(self._terms, silent)
        except ContractError:
            return  # another was faster
        self._progress("expelled", trainers=silent)

    def finish(self, state: ProjectState) -> None:
        """A last look, at a project that is closed; what fails here fails nobody."""
        try:
            self.look(state)
        except MarketError as error:
            self._progress("failed", reason=str(error))
