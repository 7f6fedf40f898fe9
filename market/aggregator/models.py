"""The models that rounds start from: fetched, or computed where their aggregator published none."""

from __future__ import annotations

from collections.abc import Sequence

from market.aggregator.deltas import fetch_deltas
from market.chain.logs import SettledRound
from market.chain.market import Market
from market.chain.state import ProjectState
from market.errors import ChainError, StorageError
from market.project import Project, settled_before
from market.storage.base import Storage
from market.vectors import encode
from zk.commit import commit
from zk.field import Point
from zk.opening import unpack

_HELD = 2
"""Models that are kept: that of the open round, and the one that it follows from."""


class Models:
    """Holds what it has found: a model that was there once cannot be withheld later in its round.

    Args:
        market: reads the chain.
        storage: the aggregator's IPFS node.
        project: the project, checked.
        private_key: opens the deltas that were sealed to the aggregator.
    """

    def __init__(
        self, market: Market, storage: Storage, project: Project, private_key: bytes
    ) -> None:
        self._market = market
        self._storage = storage
        self._project = project
        self._key = private_key
        self._found: dict[Point, list[int]] = {}

    def of(self, state: ProjectState) -> list[int]:
        """The model that the open round starts from.

        Raises:
            StorageError: nobody sends it, nor the deltas that it follows from.
            ChainError: the node is dead, or lags behind.
        """
        known = self._found.get(state.model)
        if known is not None:
            return known
        settled = settled_before(self._market, self._project.id, state)
        newest = settled[-1].model if settled else self._project.terms.model
        if newest != state.model:
            raise ChainError("the node's logs and its state show different models", "wait for it")
        return self._after(settled)

    def _after(self, settled: Sequence[SettledRound]) -> list[int]:
        """The model after these rounds, which are all from the first on."""
        created = self._project.created
        point = settled[-1].model if settled else created.terms.model
        cid = settled[-1].model_cid if settled else created.model_cid
        if point in self._found:
            return self._found[point]
        try:
            found = self._project.fetch_model(self._storage, cid, point)
        except StorageError:
            if not settled:
                raise
            found = self._computed(settled)
        self._found[point] = found
        while len(self._found) > _HELD:
            del self._found[next(iter(self._found))]
        return found

    def _computed(self, settled: Sequence[SettledRound]) -> list[int]:
        """What the last of the rounds made of the model before it, published here."""
        last, id = settled[-1], self._project.id
        weight_of = {t: q for t, q in zip(last.trainers, last.weights, strict=True) if q}
        newest = {
            reveal.trainer: reveal
            for reveal in self._market.all_reveals(id)
            if reveal.round == last.round and reveal.trainer in weight_of
        }
        reveals = list(newest.values())
        published = {
            trainer: unpack(values)
            for epoch in {reveal.epoch for reveal in reveals}
            for trainer, values in self._market.answered(id, epoch)
        }
        model, deltas = self._after(settled[:-1]), []
        for delta in fetch_deltas(self._storage, self._project, reveals, self._key, published):
            if isinstance(delta, StorageError):
                raise delta
            deltas.append(delta)
        moved = step(model, deltas, [weight_of[reveal.trainer] for reveal in reveals])
        if commit(moved, self._project.keys) != last.model:
            raise StorageError(f"the model of round {last.round} does not follow from its deltas")
        self._storage.add(encode(moved))
        return moved


def step(
    model: Sequence[int], deltas: Sequence[Sequence[int]], weights: Sequence[int]
) -> list[int]:
    """The model moved by each delta times its weight, salts included."""
    moved = list(model)
    for delta, weight in zip(deltas, weights, strict=True):
        if weight:
            moved = [entry + weight * change for entry, change in zip(moved, delta, strict=True)]
    return moved
