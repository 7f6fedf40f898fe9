"""The TOML file of a project that trains a linear map."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from circuits.shape import FoldedShape
from market.datasets.preprocessing import Scaling, centre, standardise
from market.errors import InputError
from market.specification.amounts import Currency
from market.specification.conditions import (
    Conditions,
    Tables,
    check_conditions,
    read_conditions,
    read_tables,
)
from market.specification.entries import Reader, integer, number, text
from market.specification.methods import Methods
from market.training.plan import TrainingPlan

SCALINGS = ("centre", "standardise")
MAX_ENTRIES = 40_000
"""The most of a delta: one that is demanded is published in one transaction."""


@dataclass(frozen=True)
class OwnerSpecification(Conditions):
    """Everything the owner decides.

    Args:
        features: raw feature columns, without the bias.
        classes: number of classes.
        validation: the owner's rows, which never leave its machine.
        scaling: `centre` (subtract the mean, divide by `scale`) or `standardise`.
        scale: divisor of `centre`.
        training: plan of every trainer.
    """

    features: int
    classes: int
    validation: Path
    scaling: str
    scale: float
    training: TrainingPlan

    @property
    def shape(self) -> FoldedShape:
        return FoldedShape(self.slots, self.features + 1, self.classes)

    def scaling_of(self, X: npt.NDArray[np.float64]) -> Scaling:
        """The scaling that follows from the validation rows X (s, F - 1), raw.

        Raises:
            InputError: there are no rows.
        """
        return centre(X, self.scale) if self.scaling == "centre" else standardise(X)

    def require_chain(self) -> None:
        """Refuses what cannot run on chain.

        Raises:
            InputError: methods that no proof covers, or deltas too long to be published on demand.
        """
        self.methods.require_proofs()
        length = self.shape.vector_length
        if length > MAX_ENTRIES:
            raise InputError(
                f"a delta has {length} entries, salts included: at most {MAX_ENTRIES} can be "
                "published in one transaction if it is demanded",
                "use fewer data.features or data.classes; `market simulate` runs the specification "
                "as it is",
            )


def read_specification(
    path: Path, currency_of: Callable[[str], Currency] | None = None
) -> OwnerSpecification:
    """Parses the file.

    Args:
        currency_of: what a token's amounts are written in; a specification with a token needs it.

    Raises:
        InputError: it is missing, is no TOML, lacks an entry, has an unknown one, or one is out
            of range; names the entry.
    """
    reader = read_tables(path)
    tables = Tables.of(reader)
    data, training = reader.table("data"), reader.table("training")
    specification = OwnerSpecification(
        **read_conditions(path, tables, currency_of, Methods()),
        features=data.take("features", integer(1, 4095)),
        classes=data.take("classes", integer(2, 1024)),
        validation=path.parent / data.take("validation", text),
        scaling=data.take("scaling", text, "standardise"),
        scale=data.take("scale", number, 1.0),
        training=_training(path, training),
    )
    for table in (data, training):
        table.finish()
    tables.finish()
    reader.finish()
    check_conditions(path, specification)
    if specification.scaling not in SCALINGS:
        raise InputError(
            f"{path}: no scaling {specification.scaling!r}",
            f"choose one of {', '.join(SCALINGS)}",
        )
    if specification.scaling == "centre" and specification.scale <= 0:
        raise InputError(f"{path}: data.scale must be positive")
    return specification


def _training(path: Path, training: Reader) -> TrainingPlan:
    defaults = TrainingPlan()
    epochs = training.take("epochs", integer(1, 100_000), defaults.epochs)
    batch_size = training.take("batch_size", integer(1, 2**20), defaults.batch_size)
    rate = training.take("learning_rate", number, defaults.learning_rate)
    momentum = training.take("momentum", number, defaults.momentum)
    weight_decay = training.take("weight_decay", number, defaults.weight_decay)
    try:
        return TrainingPlan(rate, epochs, batch_size, momentum, weight_decay)
    except InputError as error:
        raise InputError(f"{path}: {error.message}", error.hint) from error
