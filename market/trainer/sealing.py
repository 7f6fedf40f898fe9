"""From a quantised delta to what is committed: salted, a point, sealed to the aggregators."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from market.chain.market import Market
from market.chain.state import ProjectState
from market.errors import NotFoundError
from market.project import Opened
from market.storage.cid import cid_of
from market.storage.encryption import new_private_key, public_key_of
from market.storage.envelope import enclose
from market.trainer.record import Contribution
from market.vectors import encode, salted
from zk.commit import commit

RATE_UNIT = 10**9
"""The contract counts learning rates in 1e-9."""


def contribution_of(
    project: Opened, market: Market, state: ProjectState, delta: Sequence[int], *, withholds: bool
) -> Contribution:
    """What a trainer commits to in the open epoch; nothing is on chain or on IPFS yet.

    Args:
        delta: integers of the project's grid, without salts.
        withholds: seal it to nobody, for experiments.

    Raises:
        NotFoundError: no aggregator has announced an encryption key.
    """
    vector = salted(delta, project.shape.vector_length)
    sealed = enclose(encode(vector), _aggregator_keys(project, market, withholds))
    return Contribution(
        epoch=state.epoch,
        round=state.round,
        point=commit(vector, project.keys),
        cid=cid_of(sealed),
        salt=secrets.token_bytes(32),
        delta=tuple(vector),
        sealed=sealed,
    )


def _aggregator_keys(project: Opened, market: Market, withholds: bool) -> list[bytes]:
    """Of all that may come to hold the office, so that a successor can go on."""
    if withholds:
        return [public_key_of(new_private_key())]
    named = project.terms.aggregators
    announced = [market.announcement(account) for account in named]
    keys = [found.encryption_key for found in announced if found is not None]
    if not keys:
        raise NotFoundError(f"none of {', '.join(named)} has announced an encryption key")
    return keys
