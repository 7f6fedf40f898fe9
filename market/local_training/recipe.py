"""How trainers of a project train in a round: its `[training]` section, parsed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from typing import Any

from market.durable import parse_json
from market.errors import InputError
from market.local_training.entries import OneOf, Part, Real, Table, Whole, entry, parse_table
from market.local_training.optimisers import OPTIMISERS, Optimiser, Sgd
from market.local_training.schedules import SCHEDULES, Constant, Schedule
from market.objectives.losses import Loss


class Precision(Enum):
    """Of the network's arithmetic on a GPU; on a CPU it is float32 whatever is asked."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
    FLOAT16 = "float16"


@dataclass(frozen=True)
class EarlyStopping(Table):
    """Stops when rows that are not trained on no longer gain, and goes back to the best epoch.

    Args:
        share: of the trainer's own rows, held out; at least one row.
        patience: epochs without a lower loss on them, after which training ends.
    """

    share: float = entry(Real(0, 0.5, low_open=True), default=0.1)
    patience: int = entry(Whole(1, 1000), default=2)


@dataclass(frozen=True)
class Privacy(Table):
    """Differential privacy of a trainer's rows, one row more or less, by DP-SGD.

    Args:
        epsilon: most that all rounds of a project together may spend.
        delta: the chance left over; below one over the number of rows.
        clip: norm that each row's gradient in theta is shortened to.
    """

    epsilon: float = entry(Real(0, 100, low_open=True))
    delta: float = entry(Real(0, 0.1, low_open=True), default=1e-5)
    clip: float = entry(Real(0, 1e6, low_open=True), default=1.0)


@dataclass(frozen=True)
class Recipe(Table):
    """Everything that local training is told.

    Args:
        loss: what it descends on.
        learning_rate: of theta. Coordinates take 10 times and more of what weights would.
        epochs: passes over the trainer's rows in a round.
        batch_size: rows of a step; more than there are means all of them.
        optimiser: what makes steps of gradients; it begins anew in every round.
        over_rounds: what becomes of the learning rate from round to round.
        over_steps: and within a round.
        clip_norm: what a step's gradient in theta is shortened to; a million for as it is. It keeps
            theta within the grid at rates that else would not.
        precision: of the network on a GPU.
        early_stopping: None for all epochs.
        privacy: None for none.

    Raises:
        InputError: an entry out of range, or early stopping or float16 with privacy.
    """

    loss: Loss = entry(OneOf(Loss))
    learning_rate: float = entry(Real(0, 1000, low_open=True), default=1.0)
    epochs: int = entry(Whole(1, 100_000), default=1)
    batch_size: int = entry(Whole(1, 2**20), default=32)
    optimiser: Optimiser = entry(OPTIMISERS, default=Sgd())
    over_rounds: Schedule = entry(SCHEDULES, default=Constant())
    over_steps: Schedule = entry(SCHEDULES, default=Constant())
    clip_norm: float = entry(Real(0, 1e6, low_open=True), default=1.0)
    precision: Precision = entry(OneOf(Precision), default=Precision.FLOAT32)
    early_stopping: EarlyStopping | None = entry(Part(EarlyStopping), default=None)
    privacy: Privacy | None = entry(Part(Privacy), default=None)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.privacy is not None and self.early_stopping is not None:
            raise InputError(
                "training.early_stopping and training.privacy do not go together: "
                "the rows that say when to stop would not be private",
                "leave one of them out",
            )
        if self.privacy is not None and self.precision is Precision.FLOAT16:
            raise InputError(
                'training.precision = "float16" and training.privacy do not go together: '
                "gradients of single rows vanish in it",
                'choose "bfloat16"',
            )

    def rate(self, round: int, rounds: int, step: int, steps: int) -> float:
        """The learning rate of a step of a round, both counted from 0."""
        over_rounds = self.over_rounds.factor(round, rounds)
        return self.learning_rate * over_rounds * self.over_steps.factor(step, steps)

    def encode(self) -> bytes:
        """The canonical text: the same for equal recipes, however they were written."""
        return json.dumps(self.document(), sort_keys=True, separators=(",", ":")).encode()


def parse_recipe(raw: object) -> Recipe:
    """The recipe of a `[training]` section, as TOML or JSON hold it.

    Raises:
        InputError: names the entry, its value, and what it may be.
    """
    return parse_table(Recipe, raw, "training")


def read_recipe(encoded: bytes) -> Recipe:
    """The recipe of a canonical text.

    Raises:
        InputError: it is no recipe, or not written canonically.
    """
    try:
        raw: Any = parse_json(encoded)
    except (ValueError, RecursionError) as error:
        raise InputError(f"the recipe is no JSON: {error}") from error
    recipe = parse_recipe(raw)
    if recipe.encode() != encoded:
        raise InputError("the recipe is not written canonically")
    return recipe
