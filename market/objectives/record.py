"""The metrics of rounds as JSON lines, one object a round, for any program to read."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from market.errors import InputError
from market.objectives.metrics import ClassMetrics, LabelMetrics, NumberMetrics


def write_metrics(
    path: Path, round: int, loss: float, found: ClassMetrics | LabelMetrics | NumberMetrics
) -> None:
    """Appends a round to the file; what is not defined is null.

    Raises:
        InputError: the file cannot be written, or the loss is NaN or infinite.
    """
    try:
        line = json.dumps({"round": round, "loss": loss, **asdict(found)}, allow_nan=False)
        with path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
    except ValueError as error:
        raise InputError(f"the loss of round {round} is {loss}") from error
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}") from error
