"""Contribution methods by name, and their scores as exact integers to split money by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import numpy as np

from market.errors import InputError
from market.robust.aggregate import Floats
from market.simulation.position import Position
from market.specification.methods import CONTRIBUTIONS
from market.valuation import (
    AntitheticPermutation,
    Estimate,
    Evaluations,
    GuidedPermutation,
    MaximumSampleReuse,
    Owen,
    Permutation,
    Sampler,
    TruncatedPermutation,
    estimate,
    exact_shapley,
    in_run_first_order,
    in_run_second_order,
    leave_one_out,
    quadratic_leave_one_out,
    quadratic_shapley,
)
from market.valuation.estimate import exact

TRUNCATION = 0.01
"""Truncating methods stop where less than this share of v(everyone) is left."""
MOST_ENUMERATED = 16
"""Clients of whom every coalition's model may be evaluated: 65,536 models a round."""


@dataclass(frozen=True)
class Budget:
    """What a sampling method may use in a round.

    Args:
        evaluations: most coalition values.
        seed: of the draws.
    """

    evaluations: int
    seed: int


Method = Callable[[Position, Budget], Estimate]


def contribution(name: str, position: Position, budget: Budget) -> Estimate:
    """Values every client of a round by the method called `name`.

    Raises:
        InputError: too many clients or too small a budget for the method, or a utility that it
            cannot work with.
    """
    return METHODS[name](position, budget)


def numerators(values: Floats) -> list[int]:
    """Integers in exactly the proportions of the floats `values` (n,), signs kept."""
    fractions = [Fraction(float(value)) for value in values]
    common = lcm(*(fraction.denominator for fraction in fractions))
    return [int(fraction * common) for fraction in fractions]


def _exact_shapley(position: Position, _budget: Budget) -> Estimate:
    if position.sums is not None:
        return quadratic_shapley(position.sums)
    if position.players > MOST_ENUMERATED:
        raise InputError(
            f"exact-shapley among {position.players} clients takes {2**position.players:,} models "
            "a round",
            "choose permutation or another method that samples, or the linear model's squared loss",
        )
    return exact_shapley(position.game)


def _leave_one_out(position: Position, _budget: Budget) -> Estimate:
    if position.sums is not None:
        return quadratic_leave_one_out(position.sums)
    return leave_one_out(position.game)


def _sampled(sampler: Callable[[Position], Sampler]) -> Method:
    def method(position: Position, budget: Budget) -> Estimate:
        until = Evaluations(budget.evaluations)
        return estimate(position.game, sampler(position), until, seed=budget.seed)

    return method


def _tolerance(position: Position) -> float:
    nobody, everyone = position.game.ends()
    return TRUNCATION * abs(everyone - nobody)


def _first_order(position: Position, _budget: Budget) -> Estimate:
    return in_run_first_order(position.slope(), position.steps)


def _second_order(position: Position, _budget: Budget) -> Estimate:
    steps = position.steps
    return in_run_second_order(position.slope(), steps, position.curved(steps.sum(axis=0)))


def _in_run(position: Position, budget: Budget) -> Estimate:
    """The contract's own where the utility is quadratic, else of its second order."""
    if position.sums is None:
        return _second_order(position, budget)
    steps = np.full(position.players, 1 / position.players)
    G, b = position.quadratic
    return exact(steps * (2 * b - G @ steps), 0, "in-run")


METHODS: Mapping[str, Method] = {
    "in-run": _in_run,
    "exact-shapley": _exact_shapley,
    "leave-one-out": _leave_one_out,
    "permutation": _sampled(lambda _: Permutation()),
    "antithetic": _sampled(lambda _: AntitheticPermutation()),
    "truncated": _sampled(lambda position: TruncatedPermutation(_tolerance(position))),
    "gtg": _sampled(lambda position: GuidedPermutation(_tolerance(position))),
    "owen": _sampled(lambda _: Owen(levels=4)),
    "banzhaf": _sampled(lambda _: MaximumSampleReuse()),
    "beta-shapley": _sampled(lambda _: Permutation(alpha=4.0, beta=1.0)),
    "in-run-first-order": _first_order,
    "in-run-second-order": _second_order,
    "equal": lambda position, _: exact(np.ones(position.players) / position.players, 0, "equal"),
}
assert tuple(METHODS) == CONTRIBUTIONS
