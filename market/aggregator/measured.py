"""What a round of a measured project is settled by: the yardstick that evaluators hand out."""

from __future__ import annotations

from collections.abc import Sequence

from market.aggregator.basis import Basis
from market.chain.market import Market
from market.chain.state import ProjectState
from market.contribution.claims import claims_about_origin
from market.contribution.exact import as_integers
from market.contribution.lowrank import LowRankStatistics
from market.errors import ChainError
from market.measured.manifest import fetch_manifest, fetch_yardstick
from market.measured.project import MeasuredProject
from market.project import connect_peers
from market.storage.base import Storage
from zk.field import Point, R

FETCH_SECONDS = 20.0


class MeasuredBasis(Basis):
    """Of a measured project: every round moves its own coordinates from zero.

    Args:
        market: reads the chain, and signs a demand.
        storage: the aggregator's IPFS node.
        project: the project, checked.
        private_key: opens what was sealed to the aggregator.
    """

    def __init__(
        self, market: Market, storage: Storage, project: MeasuredProject, private_key: bytes
    ) -> None:
        self.project: MeasuredProject = project
        self._market, self._storage, self._key = market, storage, private_key
        self._held: tuple[Point, list[int]] | None = None

    def open(self) -> None:
        pass

    def rehearsal(self, state: ProjectState) -> tuple[list[int], list[int]]:  # noqa: ARG002
        return self.project.blank_statistics(), self.project.origin

    def model(self, state: ProjectState) -> list[int]:  # noqa: ARG002
        return self.project.origin

    def statistics(self, state: ProjectState) -> list[int]:
        point = self.point(state)
        if self._held is None or self._held[0] != point:
            self._held = (point, self._fetch(state, point))
        return self._held[1]

    def point(self, state: ProjectState) -> Point:
        return state.measure.yardstick

    def claims(
        self,
        statistics: Sequence[int],
        model: list[int],  # noqa: ARG002
        deltas: Sequence[list[int]],
    ) -> list[int]:
        document = self.project.document
        opened = LowRankStatistics.opened(statistics, document.shape, document.grid)
        k = document.coordinates
        sent = [as_integers(delta[:k]) for delta in deltas]
        return [claim % R for claim in claims_about_origin(opened.root, opened.target, sent)]

    def demand(self, state: ProjectState) -> bool:
        if state.measure.demanded_in == state.epoch + 1:
            return False
        self._market.demand(self.project.terms)
        return True

    def _fetch(self, state: ProjectState, point: Point) -> list[int]:
        terms, document = self.project.terms, self.project.document
        measured = self._market.measuring(self.project.id).measured
        said = measured.get(state.measure.number - 1)
        if said is None or said.yardstick != point:
            raise ChainError("the node's logs and its state show different yardsticks")
        connect_peers(self._market, self._storage, (*terms.evaluators, *terms.arbiters))
        seconds = min(FETCH_SECONDS, terms.settle_seconds / 4)
        manifest = fetch_manifest(self._storage, said.cid, seconds)
        return fetch_yardstick(
            self._storage,
            manifest.aggregators,
            point,
            self._key,
            document.shape,
            document.grid,
            self.project.keys,
            seconds,
        )
