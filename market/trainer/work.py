"""One round's work of a trainer: fetch the model, train, quantise, salt, commit to, seal."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np
import torch

from market.attacks import Attack
from market.chain.market import Market
from market.chain.state import ProjectState
from market.datasets.table import Table
from market.progress import Progress
from market.project import Project, settled_before
from market.storage.base import Storage
from market.trainer.record import Contribution
from market.trainer.sealing import RATE_UNIT, contribution_of
from market.training.linear import Floats, train


@dataclass(frozen=True)
class Workshop:
    """What a trainer works with.

    Args:
        project: the project, checked.
        table: the trainer's own rows.
        device: where training runs.
        attack: what to do wrong, for experiments; the attack "none" is honest.
        seed: of the order of minibatches.
        withholds: seals its deltas to nobody, for experiments, and does not publish them either.
    """

    project: Project
    table: Table
    device: torch.device
    attack: Attack
    seed: int
    withholds: bool = False

    def weights(self, market: Market, storage: Storage, state: ProjectState) -> Floats:
        """(F, C) weights of the model that the open round starts from.

        Raises:
            StorageError: the model cannot be fetched, or is not what the contract holds.
        """
        return self.project.fetch_weights(storage, self._model_cid(market, state), state.model)

    def contribute(
        self, market: Market, weights: Floats, state: ProjectState, progress: Progress
    ) -> Contribution:
        """Makes this epoch's contribution; nothing is on chain or on IPFS yet.

        Args:
            weights: (F, C) of the model that the round starts from.

        Raises:
            InputError: training diverged.
        """
        project = self.project
        columns = project.document.classes
        plan = dataclasses.replace(
            project.document.training, learning_rate=state.learning_rate / RATE_UNIT
        )
        progress("training", round=state.round, device=str(self.device))
        delta = train(
            weights,
            project.document.scaling.design(self.table.X),
            self.attack.labels(self.table.y, columns),
            plan,
            self.seed + state.epoch,
            self.device,
        )
        quantised, clipped = project.document.grid.quantise(
            self.attack.delta(delta, self.seed + state.epoch)
        )
        contribution = contribution_of(
            project,
            market,
            state,
            np.asarray(quantised).reshape(-1).tolist(),
            withholds=self.withholds,
        )
        progress("trained", round=state.round, clipped=clipped, cid=contribution.cid)
        return contribution

    def _model_cid(self, market: Market, state: ProjectState) -> str:
        settled = settled_before(market, self.project.id, state)
        return settled[-1].model_cid if settled else self.project.created.model_cid
