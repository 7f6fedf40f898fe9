"""The public document of a project: what trainers, aggregator and auditors need to know.

Its keccak256 is in the project's terms, so nobody can change it later.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from eth_utils.crypto import keccak

from circuits.shape import FoldedShape
from market.contribution.grid import Grid, Step
from market.datasets.preprocessing import Scaling
from market.errors import InputError, StorageError
from market.training.plan import TrainingPlan

VERSION = 2
MAX_BYTES = 1 << 20
_MAX_BRACKETS = 1_000
"""The parser recurses once for each, and a dependency lifts the limit that would stop it."""


@dataclass(frozen=True)
class Document:
    """The public side of a specification.

    Args:
        name: for people.
        features: raw feature columns, without the bias.
        classes: number of classes.
        scaling: of the raw features.
        training: plan of every trainer; the contract decides the learning rate of each round.
        columns: names of the features, as the owner has them; empty if it named none.
        slots: most trainers of a round.
        step: how the model moves, which decides its grid: the method of a `Step`.
        scale_bits: of the grid that deltas are quantised on.
        stats_bits: of the validation statistics.
        statistics_cid: H and c, in one envelope for each of the named aggregators to open.
        rows_cid: the validation rows, in one for the arbiters; empty where there are none.
        srs_sha256: hash of the SRS that the circuit's keys belong to.
        srs_cid: where it can be fetched; empty if everybody has it, as from a ceremony.
    """

    name: str
    features: int
    classes: int
    scaling: Scaling
    training: TrainingPlan
    columns: tuple[str, ...]
    slots: int
    step: str
    scale_bits: int
    stats_bits: int
    statistics_cid: str
    rows_cid: str
    srs_sha256: str
    srs_cid: str

    @property
    def shape(self) -> FoldedShape:
        return FoldedShape(self.slots, self.features + 1, self.classes)

    @property
    def grid(self) -> Grid:
        return Grid(self.slots, self.scale_bits, self.stats_bits, Step.of(self.step))

    def encode(self) -> bytes:
        """The bytes that are published."""
        value = {
            **asdict(self),
            "scaling": self.scaling.to_json(),
            "version": VERSION,
        }
        return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()

    def digest(self) -> bytes:
        return bytes(keccak(self.encode()))


def decode_document(data: bytes, digest: bytes) -> Document:
    """Parses what was fetched.

    Raises:
        StorageError: it is not the document with this digest, or is malformed.
    """
    if keccak(data) != digest:
        raise StorageError("the specification document is not the one that the terms name")
    if data.count(b"[") + data.count(b"{") > _MAX_BRACKETS:
        raise StorageError("the specification document is malformed: absurdly nested")
    try:
        value: dict[str, Any] = json.loads(data)
        if value.pop("version") != VERSION:
            raise ValueError(f"another version than {VERSION}")
        scaling = Scaling.from_json(value.pop("scaling"))
        plan = value.pop("training")
        for name, kinds in _PLAN_KINDS.items():
            if type(plan[name]) not in kinds:
                raise ValueError(f"training.{name} is of type {type(plan[name]).__name__}")
        training = TrainingPlan(**plan)
        for name, kind in _KINDS.items():
            if type(value[name]) is not kind:
                raise ValueError(f"{name} is not of type {kind.__name__}")
        columns = value.pop("columns")
        if type(columns) is not list or not all(type(name) is str for name in columns):
            raise ValueError("columns are no list of texts")
        if value["step"] not in [step.method for step in Step]:
            raise ValueError(f"no step {value['step']!r}")
        document = Document(scaling=scaling, training=training, columns=tuple(columns), **value)
        if len(scaling.offset) != document.features:
            raise ValueError("the scaling has another number of features")
        if len(columns) not in (0, document.features):
            raise ValueError("columns are named, and not all of them")
        if document.classes < 2:
            raise ValueError("one class is none to tell from another")
        _ = document.shape, document.grid
    except (ValueError, TypeError, KeyError, AttributeError, InputError) as error:
        raise StorageError(f"the specification document is malformed: {error}") from error
    return document


_KINDS: dict[str, type] = {
    "name": str,
    "features": int,
    "classes": int,
    "slots": int,
    "step": str,
    "scale_bits": int,
    "stats_bits": int,
    "statistics_cid": str,
    "rows_cid": str,
    "srs_sha256": str,
    "srs_cid": str,
}
_PLAN_KINDS: dict[str, tuple[type, ...]] = {
    "learning_rate": (int, float),
    "epochs": (int,),
    "batch_size": (int,),
    "momentum": (int, float),
    "weight_decay": (int, float),
}
