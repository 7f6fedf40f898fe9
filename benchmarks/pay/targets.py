"""What pay has to hold under the default rules, with the figures found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.pay.cases import (
    EQUALS,
    FIVE,
    HONEST,
    LONG,
    NULLS,
    PAIR,
    SCALED,
    THREE,
    Scene,
)

Mean = Callable[[Scene, str], float]
"""The mean over seeds of a figure in a scene, under the default rules."""


@dataclass(frozen=True)
class Target:
    """One line of the table.

    Args:
        text: what.
        found: the figure.
        limit: that it must not exceed.
    """

    text: str
    found: float
    limit: float

    @property
    def holds(self) -> bool:
        return self.found <= self.limit


def targets(mean: Mean, plain: Mean, alike: bool) -> Iterator[Target]:
    """The targets.

    Args:
        plain: the same under the plain mean of everybody's deltas.
        alike: whether the trainers' rows are; some hold for these only.
    """
    if alike:
        yield Target("spread of 8 equals' pay", mean(EQUALS, "spread"), 0.07)
    for behaviour in ("label-flip", "sign-flip", "noise", "null"):
        for bad in (2, 6):
            scene = Scene(behaviour, bad, 9)
            yield Target(f"share of {bad} of 9: {behaviour}", mean(scene, "share"), 0.03)
    yield Target("share of a cancelling pair of 9", mean(PAIR, "share"), 0.03)
    fair = mean(EQUALS, "last")
    more = mean(SCALED, "share") / fair
    yield Target("share of 3 times a delta, over that of the delta", more, 1.1)
    alone = mean(THREE, "accuracy")
    for behaviour in ("label-flip", "sign-flip", "noise", "null"):
        lost = alone - mean(Scene(behaviour, 6, 9), "accuracy")
        limit = 0.01 if alike else 0.025
        yield Target(f"accuracy lost to 6 of 9: {behaviour}", lost, limit)
    if alike:
        kept = mean(NULLS, "gain") / mean(FIVE, "gain")
        yield Target("part of the gain lost to 27 nulls of 32", 1 - kept, 0.15)
        yield Target("share of 27 nulls of 32", mean(NULLS, "share"), 0.05)
    for scene, slack in ((HONEST, 0.0), (LONG, 0.005)):
        lost = plain(scene, "accuracy") - mean(scene, "accuracy")
        yield Target(f"accuracy below the plain mean, {scene.rounds} rounds", lost, slack)
    yield Target("honest deltas dropped, 4 rounds", mean(HONEST, "lost"), 0.02)
    yield Target("honest deltas dropped, 20 rounds", mean(LONG, "lost"), 0.04)
