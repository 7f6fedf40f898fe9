"""Waiting: for a node that is away, and no longer than a deadline says."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from market.chain.market import Market
from market.chain.state import ProjectState
from market.chain.terms import Terms
from market.errors import ChainError, ContractError
from market.progress import Progress

OUTAGE_SECONDS = 600.0
"""How long a service waits for its Ethereum node to come back."""
_RETRY_SECONDS = 2.0

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
