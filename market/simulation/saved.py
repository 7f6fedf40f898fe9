"""The file that an interrupted simulation goes on from."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from market import durable
from market.datasets.table import MAX_BYTES
from market.errors import InputError
from market.optimisers.schedule import HyperParameters
from market.robust.aggregate import Floats
from market.simulation.outcome import PlayedRound
from market.simulation.population import Population
from market.simulation.scenario import Scenario

_FORMAT = "market.simulation/3"
HINT = "name another file, or delete this one to start again"
_SETTLEMENT, _MONEY, _VARIATES = "settlement.", "money.", "variates."


@dataclass(frozen=True)
class Saved:
    """A simulation between two rounds.

    Args:
        now: learning rate and round.
        previous: (d,) how the model moved last.
        played: the rounds so far.
        settlement: what the settlement gave.
        money: what the books gave.
        variates: what SCAFFOLD's control variates gave; nothing without it.
    """

    now: HyperParameters
    previous: Floats
    played: tuple[PlayedRound, ...]
    settlement: dict[str, np.ndarray[Any, Any]]
    money: dict[str, np.ndarray[Any, Any]]
    variates: dict[str, np.ndarray[Any, Any]]


def label_of(scenario: Scenario, population: Population) -> str:
    """Tells runs apart."""
    return hashlib.sha256((scenario.digest() + population.digest()).encode()).hexdigest()


def save(path: Path, label: str, state: Saved) -> None:
    """Replaces the file atomically; floats keep every bit.

    Raises:
        InputError: it cannot be written.
    """
    record = {
        "format": _FORMAT,
        "label": label,
        "now": asdict(state.now),
        "played": [asdict(one) for one in state.played],
    }
    arrays: dict[str, Any] = {_SETTLEMENT + name: it for name, it in state.settlement.items()}
    arrays |= {_MONEY + name: it for name, it in state.money.items()}
    arrays |= {_VARIATES + name: it for name, it in state.variates.items()}
    buffer = io.BytesIO()
    np.savez(buffer, record=np.array(json.dumps(record)), previous=state.previous, **arrays)
    try:
        durable.write_bytes(path, buffer.getvalue())
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}", "name another folder") from error


def load(path: Path, label: str) -> Saved:
    """Reads the state of the run that `label` names.

    Raises:
        InputError: unreadable, damaged, too large, or of another run.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path} is larger than {MAX_BYTES} bytes", HINT)
        with np.load(path, allow_pickle=False) as arrays:
            record = durable.parse_json(str(arrays["record"]).encode())
            if record["format"] != _FORMAT or record["label"] != label:
                raise InputError(f"{path} is of another simulation", HINT)
            return Saved(
                now=_now(record["now"]),
                previous=np.asarray(arrays["previous"], dtype=np.float64),
                played=tuple(_round(one) for one in record["played"]),
                settlement=_part(arrays, _SETTLEMENT),
                money=_part(arrays, _MONEY),
                variates=_part(arrays, _VARIATES),
            )
    except InputError:
        raise
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}", HINT) from error
    # A damaged archive raises almost anything: from zipfile, zlib, struct, ast and NumPy.
    except Exception as error:
        raise InputError(f"{path} holds no simulation: {error!r}", HINT) from error


def _part(
    arrays: Mapping[str, np.ndarray[Any, Any]], prefix: str
) -> dict[str, np.ndarray[Any, Any]]:
    return {name.removeprefix(prefix): arrays[name] for name in arrays if name.startswith(prefix)}


def _now(value: dict[str, Any]) -> HyperParameters:
    try:
        return HyperParameters(**value)
    except InputError as error:
        raise ValueError(error.message) from error


def _round(value: dict[str, Any]) -> PlayedRound:
    for name, kinds in _ENTRIES.items():
        value[name] = tuple(value[name])
        if not all(type(entry) in kinds for entry in value[name]):
            raise ValueError(f"{name} of other types")
    for name in ("number", "fee"):
        if type(value[name]) is not int:
            raise ValueError(f"{name} is no integer")
    return PlayedRound(**value)


_ENTRIES: dict[str, tuple[type, ...]] = {
    "selected": (int,),
    "scores": (int, float),
    "errors": (int, float),
    "payouts": (int,),
}
