"""A delta opened before anything is staked: who is accused and cannot open loses a bond."""

from __future__ import annotations

from market.chain.market import Market
from market.errors import ProofError
from market.project import Opened
from market.vectors import salted
from zk.commit import commit
from zk.opening import pack, quotient


def rehearse(market: Market, project: Opened) -> None:
    """Opens a random delta's commitment as an accused trainer has to, and asks the contract.

    The owner may have made the SRS, also one under which no opening holds. 2 s at 2**16 rows.

    Raises:
        ProofError: the opening does not hold, or the engine failed.
        ChainError: the node is dead.
    """
    delta = salted((), project.shape.vector_length)
    point = commit(delta, project.keys)
    shown = quotient(delta, point, project.keys)
    if not market.opens(project.terms, point, pack(delta), shown):
        raise ProofError(
            "a commitment under the project's SRS does not open", "do not stake on this project"
        )
