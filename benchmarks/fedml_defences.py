"""FedML's defences, imported without the rest of FedML.

    pip install --no-deps --target DIR fedml

`import fedml` needs some fifty packages, so the packages above the defences stand here as empty
shells whose submodules are FedML's own files, unchanged.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import sys
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

Floats = npt.NDArray[np.float64]

SHELLS = ("", "core", "core/security", "core/security/defense", "core/security/common")


class FedML:
    """The defences in `directory`: weights (n, d), base (d,) -> aggregate (d,), who was kept.

    Raises:
        ImportError: they cannot be imported.
    """

    def __init__(self, directory: Path, f: int) -> None:
        for inner in SHELLS:
            name = ".".join(["fedml", *inner.split("/")]) if inner else "fedml"
            shell = ModuleType(name)
            shell.__path__ = [str(directory / "fedml" / inner)]
            sys.modules[name] = shell
        self.f = f
        self.rules: dict[str, Callable[[Any, Any], tuple[Floats, list[int] | None]]] = {
            "krum": self._krum,
            "multi-krum": self._multi_krum,
            "bulyan": self._bulyan,
            "coordinate-median": self._median,
            "trimmed-mean": self._trimmed_mean,
            "geometric-median": self._geometric_median,
            "foolsgold": self._foolsgold,
        }
        importlib.import_module("fedml.core.security.defense.krum_defense")

    def _defence(self, module: str, name: str, **config: Any) -> Any:
        found = importlib.import_module(f"fedml.core.security.defense.{module}")
        return getattr(found, name)(SimpleNamespace(**config))

    def _before(self, defence: Any, rows: Any) -> tuple[Floats, list[int]]:
        """Defences that filter or reweight; FedAvg by sample numbers then follows in FedML."""
        offered = _clients(rows)
        with contextlib.redirect_stdout(io.StringIO()):
            kept = defence.defend_before_aggregation(offered)
        slots = {id(model): slot for slot, (_, model) in enumerate(offered)}
        chosen = [(slots[id(model)], float(weight)) for weight, model in kept if weight > 0]
        weights = np.array([weight for _, weight in chosen])
        selected = [slot for slot, _ in chosen]
        return (weights / weights.sum()) @ rows[selected].astype(np.float64), sorted(selected)

    def _krum(self, rows: Any, _base: Any) -> tuple[Floats, list[int]]:
        return self._before(
            self._defence("krum_defense", "KrumDefense", byzantine_client_num=self.f), rows
        )

    def _multi_krum(self, rows: Any, _base: Any) -> tuple[Floats, list[int]]:
        most = len(rows) - 2 * self.f - 2  # FedML refuses more
        return self._before(
            self._defence(
                "krum_defense", "KrumDefense", byzantine_client_num=self.f, krum_param_m=most
            ),
            rows,
        )

    def _bulyan(self, rows: Any, _base: Any) -> tuple[Floats, list[int]]:
        defence = self._defence(
            "bulyan_defense",
            "BulyanDefense",
            byzantine_client_num=self.f,
            client_num_per_round=len(rows),
        )
        # `run` drops who was selected, so what it calls is called here.
        chosen, _, aggregate = defence._bulyan(rows.astype(np.float64), len(rows), self.f)
        return np.asarray(aggregate), sorted(chosen)

    def _median(self, rows: Any, _base: Any) -> tuple[Floats, None]:
        defence = self._defence("coordinate_wise_median_defense", "CoordinateWiseMedianDefense")
        return _vector(defence.defend_on_aggregation(_clients(rows))), None

    def _trimmed_mean(self, rows: Any, _base: Any) -> tuple[Floats, list[int]]:
        defence = self._defence(
            "coordinate_wise_trimmed_mean_defense",
            "CoordinateWiseTrimmedMeanDefense",
            beta=(self.f + 0.5) / len(rows),
        )
        return self._before(defence, rows)

    def _geometric_median(self, rows: Any, _base: Any) -> tuple[Floats, None]:
        defence = self._defence(
            "geometric_median_defense",
            "GeometricMedianDefense",
            byzantine_client_num=self.f,
            client_num_per_round=len(rows),
            batch_num=len(rows),
        )
        return _vector(defence.defend_on_aggregation(_clients(rows))), None

    def _foolsgold(self, rows: Any, _base: Any) -> tuple[Floats, list[int]]:
        return self._before(self._defence("foolsgold_defense", "FoolsGoldDefense"), rows)


def _clients(rows: Any) -> list[tuple[int, OrderedDict[str, torch.Tensor]]]:
    """What FedML's server holds: a sample number and the weights, in two layers."""
    half = rows.shape[1] // 2
    return [
        (10, OrderedDict(first=torch.tensor(row[:half]), last=torch.tensor(row[half:])))
        for row in rows
    ]


def _vector(model: OrderedDict[str, Any]) -> Floats:
    parts = [np.asarray(part, dtype=np.float64).reshape(-1) for part in model.values()]
    return np.concatenate(parts)
