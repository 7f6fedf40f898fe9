"""Moving a project on whose deadline has passed, which is anybody's right."""

from __future__ import annotations

from market.chain.market import Market
from market.chain.state import ProjectState
from market.chain.terms import Terms
from market.errors import ContractError
from market.progress import Progress


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
