"""The networks of a measured project, from the first one: seeds on chain, moves on IPFS."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from market.chain.logs import SettledRound
from market.chain.market import Market
from market.chain.measuring import MeasuringLogs
from market.chain.state import ProjectState
from market.coordinates import Coordinates, Lineage, Move, Weights
from market.errors import ChainError
from market.measured.project import MeasuredProject
from market.project import settled_before
from market.storage.base import Storage

_HELD = 3
"""Networks that are kept: that of the open round, and those it follows from."""


class Networks:
    """Weights of a project's models, each the one before and a round's move.

    Args:
        market: reads the chain.
        storage: fetches moves.
        project: the project, checked.
        device: where weights are folded and kept.
    """

    def __init__(
        self,
        market: Market,
        storage: Storage,
        project: MeasuredProject,
        device: torch.device | str = "cpu",
    ) -> None:
        self._market, self._storage, self._project = market, storage, project
        document = project.document
        self.lineage = Lineage(
            document.coordinates, document.grid.model_unit, document.scope, device
        )
        start = {
            name: weight.detach().to(device) for name, weight in project.network.named_parameters()
        }
        self._held: dict[tuple[int, ...], Weights] = {(): start}
        self._moves: dict[int, tuple[int, ...]] = {}

    def coordinates(self, seed: bytes) -> Coordinates:
        """Those of a round: they depend on the shapes of the weights alone."""
        return self.lineage.coordinates(self._held[()], seed)

    def of(self, state: ProjectState) -> Weights:
        """The network that the open round starts from, or the newest where none is open.

        Raises:
            StorageError: a move cannot be fetched, or is not the committed one.
            ChainError: the node is dead, or its logs lag behind.
        """
        return self.after(state, state.round)

    def after(self, state: ProjectState, rounds: int) -> Weights:
        """The network after so many rounds, without those that were undone.

        Raises:
            StorageError, ChainError: as `of`.
        """
        logs = self._market.measuring(self._project.id)
        return self._fold(self._path(state, rounds, logs), logs)

    def candidate(self, state: ProjectState, rounds: int) -> Weights:
        """The same with the last of these rounds, though it may have been undone: what is measured.

        Raises:
            StorageError, ChainError: as `of`.
        """
        if rounds == 0:
            return self._held[()]
        logs = self._market.measuring(self._project.id)
        last = settled_before(self._market, self._project.id, state)[rounds - 1]
        return self._fold([*self._path(state, rounds - 1, logs), last], logs)

    def was_undone(self, number: int) -> bool:
        """Whether the model of this round did not stand."""
        return number in self._market.measuring(self._project.id).undone

    def last_move(self, state: ProjectState, rounds: int) -> tuple[int, ...]:
        """theta-bar of the last of so many rounds, k integers, whether it was undone or not.

        Raises:
            StorageError, ChainError: as `of`.
        """
        return self.move(settled_before(self._market, self._project.id, state)[rounds - 1])

    def move(self, found: SettledRound) -> tuple[int, ...]:
        """theta-bar of a settled round, k integers.

        Raises:
            StorageError: it cannot be fetched, or is not the committed one.
        """
        if found.round not in self._moves:
            vector = self._project.fetch_model(self._storage, found.model_cid, found.model)
            self._moves[found.round] = tuple(vector[: self._project.document.coordinates])
        return self._moves[found.round]

    def _path(self, state: ProjectState, rounds: int, logs: MeasuringLogs) -> list[SettledRound]:
        settled = settled_before(self._market, self._project.id, state)
        return [found for found in settled[:rounds] if found.round not in logs.undone]

    def _fold(self, path: Sequence[SettledRound], logs: MeasuringLogs) -> Weights:
        rounds = tuple(found.round for found in path)
        if rounds in self._held:
            return self._held[rounds]
        before = self._fold(path[:-1], logs)
        last = path[-1]
        if last.round not in logs.seeds:
            raise ChainError(
                f"the node shows no coordinates of round {last.round}", "wait for its logs"
            )
        move = Move(logs.seeds[last.round], self.move(last))
        (weights,) = self.lineage.models(before, [move])
        self._held[rounds] = weights
        for old in [key for key in self._held if key][:-_HELD]:
            del self._held[old]
        return weights
