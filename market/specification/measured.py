"""The TOML file of a project that trains a network, which is measured round by round."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from circuits.lowrank_shape import LowRankShape
from market.contribution.grid import Grid, Step
from market.contribution.lowrank import STATS_BITS
from market.data.form import from_dict
from market.data.schema import Schema
from market.errors import InputError
from market.game.purse import Payment
from market.local_training import Recipe, parse_recipe
from market.measurement import Tolerance
from market.specification.amounts import Currency
from market.specification.conditions import (
    MAX_WINDOW,
    Conditions,
    Tables,
    check_conditions,
    read_conditions,
    read_tables,
)
from market.specification.entries import addresses, integer, text
from market.specification.methods import Methods

MAX_EVALUATORS = 8
MAX_COORDINATES = 30_000
"""The most of a delta: one that is demanded is published in one transaction."""
DEFAULT_COORDINATES, DEFAULT_RANK = 984, 32
"""What a circuit of 2^15 rows takes: a proof costs what that of digits does."""


@dataclass(frozen=True)
class MeasuredSpecification(Conditions):
    """Everything the owner decides.

    Args:
        model: file of the network, as `market export-model` writes it.
        scope: patterns of the tensors that are traded.
        coordinates: k, numbers of a delta.
        rank: m, rows of a yardstick's root.
        schema: what rows are.
        validation: rows that models are measured on; they leave the owner's machine only sealed,
            to evaluators and arbiters that are others.
        recipe: of every trainer's local training.
        tolerance: within which evaluators have measured the same.
        evaluators: accounts that measure; empty for the owner alone.
        evaluator_quorum: of them that must say the same.
        measure_seconds, contest_seconds: windows of a measurement.
    """

    model: Path
    scope: tuple[str, ...]
    coordinates: int
    rank: int
    schema: Schema
    validation: str
    recipe: Recipe
    tolerance: Tolerance
    evaluators: tuple[str, ...]
    evaluator_quorum: int
    measure_seconds: int
    contest_seconds: int

    @property
    def shape(self) -> LowRankShape:
        return LowRankShape(self.slots, self.coordinates, rank=self.rank)

    @property
    def grid(self) -> Grid:
        return Grid(self.slots, stats_bits=STATS_BITS, moves=Step.BOUNDED)


def read_measured(
    path: Path, currency_of: Callable[[str], Currency] | None = None
) -> MeasuredSpecification:
    """Parses the file.

    Args:
        currency_of: what a token's amounts are written in; a specification with a token needs it.

    Raises:
        InputError: it is missing, is no TOML, lacks an entry, has an unknown one, or one is out
            of range; names the entry.
    """
    reader = read_tables(path)
    tables = Tables.of(reader)
    model, data = reader.table("model"), reader.table("data")
    window = integer(1, MAX_WINDOW)
    measure = tables.windows.take("measure_seconds", window, 3600)
    contest = tables.windows.take("contest_seconds", window, 3600)
    evaluators = tables.project.take("evaluators", addresses(MAX_EVALUATORS), ())
    specification = MeasuredSpecification(
        **read_conditions(
            path, tables, currency_of, Methods(step=Step.BOUNDED.method), measure + contest
        ),
        model=path.parent / model.take("file", text),
        scope=model.take("scope", _patterns, ("*",)),
        coordinates=model.take("coordinates", integer(2, MAX_COORDINATES), DEFAULT_COORDINATES),
        rank=model.take("rank", integer(1, 64), DEFAULT_RANK),
        schema=data.take("schema", _schema),
        validation=data.take("validation", text),
        recipe=_recipe(path, reader.raw("training")),
        tolerance=Tolerance(),
        evaluators=evaluators,
        evaluator_quorum=tables.project.take(
            "evaluator_quorum", integer(1, MAX_EVALUATORS), len(evaluators) // 2 + 1
        ),
        measure_seconds=measure,
        contest_seconds=contest,
    )
    for table in (model, data):
        table.finish()
    tables.finish()
    reader.finish()
    check_conditions(path, specification, measure + contest)
    _check(path, specification)
    return specification


def _check(path: Path, s: MeasuredSpecification) -> None:
    for broken, message, hint in (
        (
            s.methods.step != Step.BOUNDED.method,
            f'methods.step is "{s.methods.step}"',
            'a measured model moves by the "bounded" step',
        ),
        (
            s.methods.contribution == "exact-shapley",
            'methods.contribution is "exact-shapley", which values means',
            'choose "in-run" or "leave-one-out"',
        ),
        (
            s.payment is not Payment.PER_GAIN,
            'reward.payment is "per-round"',
            "a measured model is paid by what it gained",
        ),
        (
            s.evaluator_quorum > max(len(s.evaluators), 1),
            f"project.evaluator_quorum is {s.evaluator_quorum} of {max(len(s.evaluators), 1)}",
            "let it be at most the evaluators",
        ),
        (
            bool(s.arbiters) and s.owner_bond < (s.rounds + 2) * s.dispute_bond,
            f"reward.owner_bond is below {s.rounds + 2} times reward.dispute_bond",
            "it pays arbiters for every model, and once more",
        ),
    ):
        if broken:
            raise InputError(f"{path}: {message}", hint)


def _patterns(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not 1 <= len(value) <= 1000:
        raise ValueError("must be a list of 1 to 1000 patterns of tensors' names")
    return tuple(text(each) for each in value)


def _recipe(path: Path, raw: Mapping[str, Any]) -> Recipe:
    try:
        return parse_recipe(dict(raw))
    except InputError as error:
        raise InputError(f"{path}: {error.message}", error.hint) from error


def _schema(value: Any) -> Schema:
    """The schema of `[data.schema]`, whose entries may be left out where they have a default."""
    if not isinstance(value, dict):
        raise ValueError("must be a table with `inputs` and `target`")
    found = {name: dict(each) for name, each in value.items() if isinstance(each, dict)}
    inputs, target = found.get("inputs", {}), found.get("target", {})
    kinds: dict[str, dict[str, Any]] = {
        "array": {"dtype": "float32", "low": None, "high": None},
        "columns": {"dtype": "float32"},
        "image": {"resize": False},
        "classes": {"column": "label"},
    }
    for entries in (inputs, target):
        kind = entries.get("kind")
        for name, default in kinds.get(str(kind), {}).items():
            entries.setdefault(name, default)
    if inputs.get("kind") == "columns" and isinstance(inputs.get("columns"), list):
        inputs["columns"] = [
            {"name": each, "missing": "refuse"} if isinstance(each, str) else each
            for each in inputs["columns"]
        ]
    return from_dict({**value, "inputs": inputs, "target": target})
