"""The TOML file that an owner writes."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from eth_utils.address import is_address, is_checksum_address, to_checksum_address

from circuits.shape import Shape
from market.errors import InputError
from market.specification.amounts import parse_wei
from market.training.plan import TrainingPlan

T = TypeVar("T")

SCALINGS = ("centre", "standardise")
MAX_SLOTS = 22
"""The most that the contract takes: beyond it, scores outgrow its words."""
DEVELOPMENT = "development"
"""The SRS that this machine makes itself."""


@dataclass(frozen=True)
class OwnerSpecification:
    """Everything the owner decides. Windows in seconds, amounts in wei.

    Args:
        name: for people.
        aggregator: account that settles.
        rounds: rounds that the deposit is split over.
        slots: most trainers.
        quorum: fewest trainers that a round settles with.
        byzantine: poisoned trainers to tolerate among 2 * byzantine + 3 or more.
        max_retries: re-openings of one round.
        features: raw feature columns, without the bias.
        classes: number of classes.
        validation: the owner's rows, which never leave its machine.
        scaling: `centre` (subtract the mean, divide by `scale`) or `standardise`.
        scale: divisor of `centre`.
        training: plan of every trainer.
        decay_bps: what remains of the learning rate after a round that gained too little.
        minimum_gain: utility that a round must gain to keep the rate.
        target_utility: utility that ends the project, or None.
        floor_bps: part of a round's budget paid equally to the selected.
        srs: "development", or the path of an SRS file, from the folder of the specification.
    """

    name: str
    aggregator: str
    rounds: int
    slots: int
    quorum: int
    byzantine: int
    max_retries: int
    features: int
    classes: int
    validation: Path
    scaling: str
    scale: float
    training: TrainingPlan
    decay_bps: int
    minimum_gain: float
    target_utility: float | None
    floor_bps: int
    aggregator_fee: int
    trainer_stake: int
    aggregator_stake: int
    join_seconds: int
    commit_seconds: int
    reveal_seconds: int
    settle_seconds: int
    srs: str

    @property
    def shape(self) -> Shape:
        return Shape(self.slots, self.features + 1, self.classes)


def read_specification(path: Path) -> OwnerSpecification:
    """Parses the file.

    Raises:
        InputError: it is missing, is no TOML, lacks an entry, has an unknown one, or one is out
            of range; names the entry.
    """
    try:
        raw = tomllib.loads(path.read_text())
    except OSError as error:
        raise InputError(f"cannot read the specification {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not TOML: {error}") from error
    reader = _Reader(path, raw)
    training = reader.table("training")
    defaults = TrainingPlan()
    epochs = training.take("epochs", _integer(1, 100_000), defaults.epochs)
    batch_size = training.take("batch_size", _integer(1, 2**20), defaults.batch_size)
    rate = training.take("learning_rate", _number, defaults.learning_rate)
    momentum = training.take("momentum", _number, defaults.momentum)
    weight_decay = training.take("weight_decay", _number, defaults.weight_decay)
    try:
        plan = TrainingPlan(rate, epochs, batch_size, momentum, weight_decay)
    except InputError as error:
        raise InputError(f"{path}: {error.message}", error.hint) from error
    project, data = reader.table("project"), reader.table("data")
    reward, windows = reader.table("reward"), reader.table("windows")
    rule = reader.table("learning_rate_rule")
    proof = reader.table("proof")
    srs = proof.take("srs", _text, DEVELOPMENT)
    week = 7 * 24 * 3600
    specification = OwnerSpecification(
        name=project.take("name", _text),
        aggregator=project.take("aggregator", _address),
        rounds=project.take("rounds", _integer(1, 255)),
        slots=project.take("slots", _integer(3, MAX_SLOTS)),
        quorum=project.take("quorum", _integer(3, MAX_SLOTS), 3),
        byzantine=project.take("byzantine", _integer(0, (MAX_SLOTS - 3) // 2)),
        max_retries=project.take("max_retries", _integer(0, 255), 2),
        features=data.take("features", _integer(1, 4095)),
        classes=data.take("classes", _integer(2, 1024)),
        validation=path.parent / data.take("validation", _text),
        scaling=data.take("scaling", _text, "standardise"),
        scale=data.take("scale", _number, 1.0),
        training=plan,
        decay_bps=rule.take("decay_bps", _integer(1, 10_000), 5_000),
        minimum_gain=rule.take("minimum_gain", _number, 0.0),
        target_utility=rule.take("target_utility", _number, None),
        floor_bps=reward.take("floor_bps", _integer(0, 10_000), 500),
        aggregator_fee=reward.take("aggregator_fee", _amount, 0),
        trainer_stake=reward.take("trainer_stake", _amount, 0),
        aggregator_stake=reward.take("aggregator_stake", _amount),
        join_seconds=windows.take("join_seconds", _integer(1, week), 3600),
        commit_seconds=windows.take("commit_seconds", _integer(1, week), 3600),
        reveal_seconds=windows.take("reveal_seconds", _integer(1, week), 3600),
        settle_seconds=windows.take("settle_seconds", _integer(1, week), 3600),
        srs=srs if srs == DEVELOPMENT else str(path.parent / srs),
    )
    for table in (project, data, reward, windows, rule, proof, training):
        table.finish()
    reader.finish()
    if specification.slots < 2 * specification.byzantine + 3:
        raise InputError(
            f"{path}: {specification.slots} slots tolerate fewer than "
            f"{specification.byzantine} poisoned trainers",
            "have at least 2 * byzantine + 3 slots",
        )
    if specification.quorum > specification.slots:
        raise InputError(f"{path}: project.quorum is above project.slots")
    if specification.scaling not in SCALINGS:
        raise InputError(
            f"{path}: no scaling {specification.scaling!r}", f"choose one of {', '.join(SCALINGS)}"
        )
    if specification.aggregator_stake == 0:
        raise InputError(f"{path}: reward.aggregator_stake must be positive")
    if specification.scaling == "centre" and specification.scale <= 0:
        raise InputError(f"{path}: data.scale must be positive")
    return specification


_REQUIRED: Any = object()


class _Reader:
    """One TOML table, every entry of which must be taken."""

    def __init__(self, path: Path, raw: dict[str, Any], name: str = "") -> None:
        self._path, self._raw, self._name = path, dict(raw), name

    def table(self, name: str) -> _Reader:
        raw = self._raw.pop(name, {})
        if not isinstance(raw, dict):
            raise InputError(f"{self._path}: {name} must be a table")
        return _Reader(self._path, raw, f"{name}.")

    def take(self, name: str, parse: Callable[[Any], T], default: Any = _REQUIRED) -> T:
        if name not in self._raw:
            if default is _REQUIRED:
                raise InputError(f"{self._path}: {self._name}{name} is missing")
            return default  # type: ignore[no-any-return]
        try:
            return parse(self._raw.pop(name))
        except (TypeError, ValueError, AttributeError) as error:
            raise InputError(f"{self._path}: {self._name}{name}: {error}") from error
        except InputError as error:
            raise InputError(
                f"{self._path}: {self._name}{name}: {error.message}", error.hint
            ) from error

    def finish(self) -> None:
        if self._raw:
            raise InputError(
                f"{self._path}: unknown entry {self._name}{next(iter(self._raw))}",
                "see examples/ for the entries there are",
            )


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value or len(value) > 200:
        raise ValueError("must be a text of 1 to 200 characters")
    return value


def _integer(low: int, high: int) -> Callable[[Any], int]:
    def parse(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return value

    return parse


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e9:
        raise ValueError("must be a number")
    if value != value:
        raise ValueError("must be a number, not NaN")
    return float(value)


def _amount(value: Any) -> int:
    if not isinstance(value, str):
        raise ValueError('must be an amount in quotes, as "0.5ether"')
    return parse_wei(value)


def _address(value: Any) -> str:
    if not isinstance(value, str) or not is_address(value):
        raise ValueError("must be an address of 40 hexadecimal digits after 0x")
    digits = value.removeprefix("0x")
    # Mixed case is a checksum, which catches a mistyped account.
    if digits not in (digits.lower(), digits.upper()) and not is_checksum_address(value):
        raise ValueError("is mistyped: its checksum, the case of its letters, is wrong")
    return str(to_checksum_address(value))
