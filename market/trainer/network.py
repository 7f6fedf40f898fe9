"""One round's work of a trainer whose model is a network: train in coordinates, commit to k."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from market.attacks import Attack
from market.chain.market import Market
from market.chain.state import ProjectState
from market.coordinates import Weights
from market.data.rows import Rows
from market.errors import ChainError
from market.local_training import quantise, train
from market.measured.lineage import Networks
from market.measured.project import MeasuredProject
from market.progress import Progress
from market.storage.base import Storage
from market.trainer.record import Contribution
from market.trainer.sealing import RATE_UNIT, contribution_of


@dataclass(frozen=True)
class NetworkWorkshop:
    """What a trainer works with.

    Args:
        project: the project, checked.
        networks: its models.
        rows: the trainer's own.
        device: where training runs.
        attack: what to do wrong, for experiments; the attack "none" is honest.
        seed: of the order of minibatches.
        withholds: seals its deltas to nobody, for experiments, and does not publish them either.
    """

    project: MeasuredProject
    networks: Networks
    rows: Rows
    device: torch.device
    attack: Attack
    seed: int
    withholds: bool = False

    def weights(self, market: Market, storage: Storage, state: ProjectState) -> Weights:  # noqa: ARG002
        """Of the network that the open round starts from.

        Raises:
            StorageError: a move cannot be fetched, or is not what the contract holds.
            ChainError: the node is dead, or its logs lag behind.
        """
        return self.networks.of(state)

    def contribute(
        self, market: Market, weights: Any, state: ProjectState, progress: Progress
    ) -> Contribution:
        """Makes this epoch's contribution; nothing is on chain or on IPFS yet.

        Args:
            weights: of the network that the round starts from.

        Raises:
            InputError: training diverged.
            ChainError: the round has no coordinates yet.
        """
        document, seed = self.project.document, self.seed + state.epoch
        if not any(state.measure.seed):
            raise ChainError("the round's coordinates are not drawn", "wait for them")
        progress("training", round=state.round, device=str(self.device))
        trained = train(
            self.project.network,
            weights,
            self.networks.coordinates(state.measure.seed),
            self.rows.X,
            self._labels(),
            replace(document.recipe, learning_rate=state.learning_rate / RATE_UNIT),
            seed=seed,
            round=state.round,
            rounds=self.project.terms.rounds,
            progress=progress,
        )
        sent = self.attack.delta(trained.theta.reshape(-1, 1), seed).reshape(-1)
        delta = quantise(sent, scale_bits=document.scale_bits, fit=True)
        contribution = contribution_of(
            self.project, market, state, delta.integers, withholds=self.withholds
        )
        progress("trained", round=state.round, cid=contribution.cid, epoch=trained.best)
        return contribution

    def _labels(self) -> np.ndarray[Any, Any]:
        if self.rows.y.ndim != 1:
            return self.rows.y
        classes = self.project.network.about.sizes.outcome[-1]
        return self.attack.labels(self.rows.y, classes)
