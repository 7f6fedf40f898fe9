"""What pay has to hold, on digits: fewer seeds than `python -m benchmarks.pay`, and more slack.

The benchmark holds the figures to their limits; here a rule that stops working is seen.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest
from threadpoolctl import threadpool_limits

from benchmarks.experiments.record import Case
from benchmarks.pay.cases import DEFAULT, LONG, PATHS, PLAIN, Path, Scene, case
from benchmarks.pay.targets import Target, targets
from market.datasets.catalogue import load

SEEDS, SLACK = 3, 1.5
DIGITS = load("digits")
# Too long for a test, and left to the benchmark.
SHORTER = {LONG: Scene("honest", 0, 9, rounds=6)}


class Unrecorded:
    """Keeps nothing, and uses one thread only while it measures: products are small."""

    def case(self, _name: str, measure: Callable[[], Case]) -> Case:
        with threadpool_limits(1):
            return measure()


@cache
def played(path: Path, scene: Scene, alpha: float | None) -> list[Case]:
    return [case(Unrecorded(), DIGITS, path, scene, alpha, seed) for seed in range(SEEDS)]


def found(alpha: float | None) -> list[Target]:
    def mean_of(path: Path, name: str, scene: Scene, key: str) -> float:
        scene = SHORTER.get(scene, scene)
        return sum(one[name][key] for one in played(path, scene, alpha)) / SEEDS

    return list(
        targets(
            lambda scene, key: mean_of(PATHS[0], DEFAULT.name, scene, key),
            lambda scene, key: mean_of(PLAIN, PLAIN.rules[0].name, scene, key),
            alpha is None,
        )
    )


@pytest.mark.parametrize("alpha", [None, 0.5])
def test_pay_is_fair_and_misbehaviour_earns_next_to_nothing(alpha: float | None) -> None:
    missed = [
        target
        for target in found(alpha)
        # Accuracy differs by as much between three projects.
        if target.found > target.limit * SLACK + (0.01 if "accuracy" in target.text else 0.0)
    ]
    assert missed == []
