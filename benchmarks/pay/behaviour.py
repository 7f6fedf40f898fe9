"""What trainers that do not work send instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from benchmarks.pay.world import Floats, World

SHORT = 0.03
"""Of an honest delta's length."""


@dataclass(frozen=True)
class Sent:
    """A round as the misbehaving see it.

    Args:
        deltas: (n, F, C), honest work of everybody.
        bad: who misbehaves.
        length: median norm of the honest deltas.
        weights: (F, C), before the round.
        world: rows of everybody.
        generator: of noise.
    """

    deltas: Floats
    bad: list[int]
    length: float
    weights: Floats
    world: World
    generator: np.random.Generator

    def noise(self, length: float) -> Floats:
        drawn = self.generator.normal(size=self.weights.shape)
        return np.asarray(length * drawn / np.linalg.norm(drawn))


def sign_flip(sent: Sent) -> None:
    sent.deltas[sent.bad] *= -1


def noise(sent: Sent) -> None:
    for i in sent.bad:
        sent.deltas[i] = sent.noise(sent.length)


def null(sent: Sent) -> None:
    """Next to nothing, in any direction: as short as still survives the grid."""
    for i in sent.bad:
        sent.deltas[i] = sent.noise(SHORT * sent.length)


def null_direction(sent: Sent) -> None:
    """Next to nothing, in the right direction: work, at 3 % of its length."""
    sent.deltas[sent.bad] *= SHORT


def scaled(sent: Sent) -> None:
    sent.deltas[sent.bad] *= 3


def cancelling(sent: Sent) -> None:
    """Pairs +d and -d, five times as long as others, along weak directions of the first's rows.

    d is orthogonal to the gradient of those rows, so that its own value is about nothing.
    """
    X, y = sent.world.parts[sent.bad[0]]
    residual = np.eye(sent.world.classes)[y] - X @ sent.weights
    slope = X.T @ residual / len(X)
    _, vectors = np.linalg.eigh(X.T @ X / len(X))
    d = vectors[:, -6:] @ sent.generator.normal(size=(6, slope.shape[1]))
    d -= slope * (slope * d).sum() / (slope**2).sum()
    d *= 5 * sent.length / np.linalg.norm(d)
    for place, i in enumerate(sent.bad):
        sent.deltas[i] = d if place % 2 == 0 else -d


def copies(sent: Sent) -> None:
    """All send what the first of them trained, hidden by 1 % of noise."""
    first = sent.deltas[sent.bad[0]].copy()
    for i in sent.bad[1:]:
        sent.deltas[i] = first + sent.noise(0.01 * float(np.linalg.norm(first)))


def nothing(sent: Sent) -> None:
    """They work."""


BEHAVIOURS: Mapping[str, Callable[[Sent], None]] = {
    "honest": nothing,
    "label-flip": nothing,  # their rows are changed instead
    "sign-flip": sign_flip,
    "noise": noise,
    "null": null,
    "null-direction": null_direction,
    "pair": cancelling,
    "scaled": scaled,
    "copies": copies,
    "parts": nothing,  # they deal one trainer's rows among them
}
