"""The public document of a measured project: which network, in which coordinates, on what rows.

Its keccak256 is in the project's terms, so nobody can change it later.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eth_utils.crypto import keccak

from circuits.lowrank_shape import LowRankShape
from market.contribution.grid import Grid, Step
from market.contribution.lowrank import STATS_BITS
from market.data.form import from_dict, to_dict
from market.data.schema import Schema
from market.durable import parse_json
from market.errors import InputError, StorageError
from market.local_training import Recipe, parse_recipe
from market.measurement import Tolerance
from market.objectives import Loss

VERSION = 1
KIND = "measured"
MAX_BYTES = 1 << 20
MAX_SCOPE = 1000


@dataclass(frozen=True)
class ModelFile:
    """The network that training starts from: a file of `market.models`.

    Args:
        cid: where it is.
        sha256: of its bytes, in hexadecimal digits: the fingerprint of `market.models`.
        bytes: how many there are.
    """

    cid: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class MeasuredDocument:
    """The public side of a specification.

    Args:
        name: for people.
        model: the first network.
        scope: patterns of the tensors that are traded.
        coordinates: k, numbers of a delta.
        rank: m, rows of a yardstick's root.
        schema: what rows are.
        recipe: of every trainer's local training; the contract decides the rate of each round.
        tolerance: within which evaluators have measured the same.
        slots: most trainers of a round.
        scale_bits: of the grid that deltas are quantised on.
        stats_bits: of yardsticks.
        rows_cid: the validation rows, in one envelope for evaluators and arbiters; empty where the
            owner alone has them.
        srs_sha256: hash of the SRS that the circuit's keys belong to.
        srs_cid: where it can be fetched; empty if everybody has it, as from a ceremony.
    """

    name: str
    model: ModelFile
    scope: tuple[str, ...]
    coordinates: int
    rank: int
    schema: Schema
    recipe: Recipe
    tolerance: Tolerance
    slots: int
    rows_cid: str
    srs_sha256: str
    srs_cid: str
    scale_bits: int = 13
    stats_bits: int = STATS_BITS

    @property
    def shape(self) -> LowRankShape:
        return LowRankShape(self.slots, self.coordinates, rank=self.rank)

    @property
    def grid(self) -> Grid:
        return Grid(self.slots, self.scale_bits, self.stats_bits, Step.BOUNDED)

    @property
    def energy(self) -> int | None:
        """Of the terms: half a unit of utility makes a standard error that of a loss whose
        curvature is the covariance of the rows' gradients. None for squared loss, where it is half
        the mean squared residual of an output, which the rows tell."""
        return None if self.recipe.loss is Loss.SQUARED else self.grid.utility_unit // 2

    def encode(self) -> bytes:
        """The bytes that are published."""
        value = {
            "version": VERSION,
            "kind": KIND,
            "name": self.name,
            "model": vars(self.model),
            "scope": list(self.scope),
            "coordinates": self.coordinates,
            "rank": self.rank,
            "schema": to_dict(self.schema),
            "training": self.recipe.document(),
            "tolerance": vars(self.tolerance),
            "slots": self.slots,
            "rows_cid": self.rows_cid,
            "srs_sha256": self.srs_sha256,
            "srs_cid": self.srs_cid,
            "scale_bits": self.scale_bits,
            "stats_bits": self.stats_bits,
        }
        return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()

    def digest(self) -> bytes:
        return bytes(keccak(self.encode()))


def decode_measured(data: bytes, digest: bytes) -> MeasuredDocument:
    """Parses what was fetched.

    Raises:
        StorageError: it is not the document with this digest, or is malformed.
    """
    if keccak(data) != digest:
        raise StorageError("the specification document is not the one that the terms name")
    try:
        value: dict[str, Any] = parse_json(data)
        if (value.pop("version"), value.pop("kind")) != (VERSION, KIND):
            raise ValueError(f"another version than {VERSION}, or of another kind of project")
        document = MeasuredDocument(
            model=ModelFile(**_typed(value.pop("model"), _MODEL_KINDS)),
            scope=_scope(value.pop("scope")),
            schema=from_dict(value.pop("schema")),
            recipe=parse_recipe(value.pop("training")),
            tolerance=_tolerance(value.pop("tolerance")),
            **_typed(value, _KINDS),
        )
        _ = document.shape, document.grid
    except (ValueError, TypeError, KeyError, AttributeError, InputError) as error:
        raise StorageError(f"the specification document is malformed: {error}") from error
    return document


_KINDS: Mapping[str, type] = {
    "name": str,
    "coordinates": int,
    "rank": int,
    "slots": int,
    "rows_cid": str,
    "srs_sha256": str,
    "srs_cid": str,
    "scale_bits": int,
    "stats_bits": int,
}
_MODEL_KINDS: Mapping[str, type] = {"cid": str, "sha256": str, "bytes": int}


def _typed(value: dict[str, Any], kinds: Mapping[str, type]) -> dict[str, Any]:
    if set(value) != set(kinds):
        raise ValueError(f"entries {', '.join(sorted(value))}, not {', '.join(sorted(kinds))}")
    for name, kind in kinds.items():
        if type(value[name]) is not kind:
            raise ValueError(f"{name} is not of type {kind.__name__}")
    return value


def _scope(value: Any) -> tuple[str, ...]:
    if type(value) is not list or not 1 <= len(value) <= MAX_SCOPE:
        raise ValueError(f"the scope is no list of 1 to {MAX_SCOPE} patterns")
    if not all(type(each) is str for each in value):
        raise ValueError("a pattern of the scope is no text")
    return tuple(value)


def _tolerance(value: Any) -> Tolerance:
    found = _typed(value, {"utility": float, "linear": float, "curvature": float})
    if not all(0 < bound < 1 for bound in found.values()):
        raise ValueError("a tolerance is not between 0 and 1")
    return Tolerance(**found)
