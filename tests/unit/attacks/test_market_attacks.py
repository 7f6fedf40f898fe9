"""What each attack does, and that a market run with a data set's own plan withstands it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from market.attacks import ALONE, attack
from market.contribution.grid import Grid, Step
from market.contribution.statistics import (
    ValidationStatistics,
    round_game,
    validation_statistics,
)
from market.datasets.catalogue import load
from market.datasets.partition import partition_iid, stratified_split
from market.errors import InputError
from market.game import Payment, Purse, Rule, Scoring, Selection, Yardstick, judge
from market.training.evaluation import evaluate
from market.training.linear import train, train_centralised

ROUNDS, TRAINERS, BUDGET, FLOOR_BPS = 3, 5, 10**18, 500


def test_attacks_do_what_their_names_say() -> None:
    y, delta = np.array([0, 1, 9]), np.array([[1.0, -2.0], [0.0, 3.0]])
    assert attack("label-flip").labels(y, 10).tolist() == [9, 8, 0]
    assert attack("sign-flip").delta(delta, 0).tolist() == (-delta).tolist()
    assert not attack("free-rider").delta(delta, 0).any()
    wide = np.full((100, 100), 2.0)
    sent = attack("noise").delta(wide, 0)
    assert sent.std() == pytest.approx(2.0, rel=0.05)
    assert abs(sent.mean()) < 0.1
    assert attack("none").delta(delta, 0).tolist() == delta.tolist()
    assert attack("none").labels(y, 10) is y
    with pytest.raises(InputError, match="no attack 'bribe'"):
        attack("bribe")


@dataclass(frozen=True)
class Outcome:
    paid: list[int]
    federated: float
    centralised: float


def rule_of(statistics: ValidationStatistics, number: int) -> Rule:
    """The default rules, a budget for every round."""
    left = BUDGET * (ROUNDS - number)
    purse = Purse(
        Payment.PER_ROUND, number, ROUNDS, FLOOR_BPS, 0, ROUNDS * BUDGET, left, 0, 0, 0, 0
    )
    yardstick = Yardstick(statistics.rows, statistics.outputs, statistics.c.size, statistics.energy)
    return Rule(TRAINERS, Scoring.IN_RUN, Selection.PROVEN_VALUE, Step.EXACT, 1, yardstick, purse)


def market_run(dataset_name: str, attack_name: str, seed: int) -> Outcome:
    """The market's arithmetic without its machinery: slot 0 attacks."""
    dataset, grid = load(dataset_name), Grid(slots=TRAINERS, moves=Step.EXACT)
    plan = dataset.plan
    split = stratified_split(dataset.table.y, seed)
    validation, test, pool = (
        dataset.table.rows(part) for part in (split.validation, split.test, split.pool)
    )
    scaling = dataset.scaling(validation)
    statistics = validation_statistics(
        scaling.design(validation.X), validation.y, dataset.classes, grid
    )
    tables = [pool.rows(part) for part in partition_iid(len(pool), TRAINERS, seed)]
    model = grid.model(np.zeros((dataset.features + 1, dataset.classes)))
    paid = [0] * TRAINERS
    for number in range(ROUNDS):
        weights = grid.weights(model)
        deltas = []
        for slot, table in enumerate(tables):
            played = attack(attack_name if slot == 0 else "none")
            labels = played.labels(table.y, dataset.classes)
            own_seed = seed + 100 * slot + 10_000 * number
            delta = train(weights, scaling.design(table.X), labels, plan, own_seed)
            Q, clipped = grid.quantise(played.delta(delta, own_seed))
            assert clipped == 0
            deltas.append(Q)
        game = round_game(statistics, model, deltas)
        verdict = judge(game, range(TRAINERS), rule_of(statistics, number))
        paid = [a + b for a, b in zip(paid, verdict.payouts, strict=True)]
        model = grid.step(model, deltas, verdict.weights)
    pooled = train_centralised(scaling.design(pool.X), pool.y, dataset.classes, plan, ROUNDS, seed)
    held_out = scaling.design(test.X)
    return Outcome(
        paid=paid,
        federated=evaluate(grid.weights(model), held_out, test.y),
        centralised=evaluate(pooled, held_out, test.y),
    )


@pytest.mark.parametrize("dataset_name", ["digits", "breast-cancer"])
@pytest.mark.parametrize("attack_name", sorted(ALONE))
def test_the_market_learns_and_starves_the_attacker(dataset_name: str, attack_name: str) -> None:
    outcome = market_run(dataset_name, attack_name, seed=0)
    assert outcome.federated >= 0.9
    assert outcome.federated >= outcome.centralised - 0.02
    if attack_name != "none":
        assert outcome.paid[0] * 10 < min(outcome.paid[1:])
