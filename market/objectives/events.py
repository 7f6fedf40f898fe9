"""The metrics of rounds as TensorBoard's event files, for who watches training with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from tensorboardX import SummaryWriter

from market.errors import InputError
from market.objectives.metrics import ClassMetrics, LabelMetrics, NumberMetrics


class EventFile:
    """An event file in a folder; each run begins one of its own, TensorBoard shows them together.

    Args:
        folder: what `tensorboard --logdir` is given.

    Raises:
        InputError: the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        try:
            self._writer = SummaryWriter(str(folder))
        except OSError as error:
            raise InputError(f"cannot write {folder}: {error.strerror or error}") from error

    def write(
        self, round: int, loss: float, found: ClassMetrics | LabelMetrics | NumberMetrics
    ) -> None:
        """A point of each curve; what is not defined has none."""
        self._writer.add_scalar("loss", loss, round)
        for name, value in _scalars(asdict(found)):
            self._writer.add_scalar(name, value, round)
        self._writer.flush()

    def close(self) -> None:
        self._writer.close()


def _scalars(found: dict[str, object]) -> Iterator[tuple[str, float]]:
    for name, value in found.items():
        parts = enumerate(value) if isinstance(value, tuple) else [(None, value)]
        for place, each in parts:
            if isinstance(each, float):
                yield name if place is None else f"{name}/{place}", each
