"""What a round is settled by: the point that it starts from, and what it is measured with."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from market.aggregator.models import Models
from market.aggregator.statistics import claims_about, fetch_statistics
from market.chain.market import Market
from market.chain.state import ProjectState
from market.project import Opened, Project
from market.storage.base import Storage
from zk.field import Point


class Basis(ABC):
    """Of one project, for all its rounds."""

    project: Opened

    @abstractmethod
    def open(self) -> None:
        """Fetches what is needed for all rounds, before anything is staked.

        Raises:
            StorageError: it cannot be had, or is not what the terms commit to.
        """

    @abstractmethod
    def rehearsal(self, state: ProjectState) -> tuple[list[int], list[int]]:
        """Statistics and model to prove a round with before anything is staked.

        Raises:
            StorageError: the project's own cannot be had, or are not the committed ones.
        """

    @abstractmethod
    def model(self, state: ProjectState) -> list[int]:
        """The vector that the open round moves, salts included.

        Raises:
            StorageError: nobody sends it.
            ChainError: the node lags behind.
        """

    @abstractmethod
    def statistics(self, state: ProjectState) -> list[int]:
        """What the open round is measured with, salts included.

        Raises:
            StorageError: nobody sends it, or what came is not the committed one.
        """

    @abstractmethod
    def point(self, state: ProjectState) -> Point:
        """Commitment of the statistics."""

    @abstractmethod
    def claims(
        self, statistics: Sequence[int], model: list[int], deltas: Sequence[list[int]]
    ) -> list[int]:
        """The true claims about a round, as words."""

    def demand(self, state: ProjectState) -> bool:  # noqa: ARG002
        """Asks on chain for statistics that do not come; whether that can be done."""
        return False


class LinearBasis(Basis):
    """Of a linear project: its yardstick stands in the terms.

    Args:
        market: reads the chain.
        storage: the aggregator's IPFS node.
        project: the project, checked.
        private_key: opens what was sealed to the aggregator.
    """

    def __init__(
        self, market: Market, storage: Storage, project: Project, private_key: bytes
    ) -> None:
        self.project: Project = project
        self._storage, self._key = storage, private_key
        self._models = Models(market, storage, project, private_key)
        self._statistics: list[int] = []

    def open(self) -> None:
        self._statistics = fetch_statistics(self._storage, self.project, self._key)

    def rehearsal(self, state: ProjectState) -> tuple[list[int], list[int]]:
        return self.statistics(state), self.model(state)

    def model(self, state: ProjectState) -> list[int]:
        return self._models.of(state)

    def statistics(self, state: ProjectState) -> list[int]:  # noqa: ARG002
        if not self._statistics:
            self.open()
        return self._statistics

    def point(self, state: ProjectState) -> Point:  # noqa: ARG002
        return self.project.terms.statistics

    def claims(
        self, statistics: Sequence[int], model: list[int], deltas: Sequence[list[int]]
    ) -> list[int]:
        return claims_about(statistics, self.project.document.shape, model, deltas)
