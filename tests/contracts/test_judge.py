"""The contract's verdict and Python's are one, integer for integer, under every rule."""

from __future__ import annotations

import itertools
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from market.chain.artifact import load_artifact
from market.contribution.claims import claims_of, game_of
from market.contribution.grid import Grid
from market.contribution.statistics import validation_statistics
from market.errors import InputError
from market.game import Payment, Purse, Rule, Scoring, Selection, Step, Verdict, Yardstick, judge
from tests.contracts.chain import Chain
from zk.field import R

FEATURES, CLASSES, ROWS = 4, 3, 60
RULES = [
    each
    for each in itertools.product(Scoring, Selection, Step, Payment)
    if each[0] != Scoring.SHAPLEY or each[2] == Step.MEAN
]


@dataclass(frozen=True)
class Scene:
    """A round of n trainers on real rows, some of whom send what is worth nothing, or harms."""

    seed: int
    n: int
    bad: int
    kind: int
    round: int

    def claims(self, grid: Grid) -> tuple[list[int], Any]:
        g = np.random.default_rng(self.seed)
        X = np.c_[g.normal(size=(ROWS, FEATURES - 1)), np.ones(ROWS)]
        truth = g.normal(size=(FEATURES, CLASSES))
        y = (X @ truth + g.normal(size=(ROWS, CLASSES))).argmax(axis=1)
        found = validation_statistics(X, y, CLASSES, grid)
        model = grid.model(0.05 * self.round * truth)
        deltas = []
        for i in range(self.n):
            delta = 0.1 * truth + 0.05 * g.normal(size=truth.shape)
            if i >= self.n - self.bad:
                harmful = (-delta, 3 * delta, g.normal(size=truth.shape), 0 * delta)
                delta = harmful[self.kind]
            deltas.append(grid.quantise(delta)[0])
        return [claim % R for claim in claims_of(found.H, found.c, model, deltas)], found


scenes = st.integers(2, 7).flatmap(
    lambda n: st.builds(
        Scene,
        seed=st.integers(0, 2**32),
        n=st.just(n),
        bad=st.integers(0, n),
        kind=st.integers(0, 3),
        round=st.integers(0, 2),
    )
)


@pytest.fixture(scope="module")
def referee() -> Any:
    chain = Chain()
    market = chain.market()
    address = market._call(market._contract.functions.referee())
    return market.web3.eth.contract(address, abi=load_artifact("Referee").abi)


def reported(referee: Any, rule: Rule, addresses: list[str], claims: list[int]) -> dict[str, Any]:
    """What the contract says, by the names of its ABI."""
    purse = rule.purse
    money = tuple(int(value) for value in astuple(purse))
    asked = (
        rule.slots,
        int(rule.scoring),
        int(rule.selection),
        int(rule.step),
        rule.byzantine,
        astuple(rule.yardstick),
        money,
    )
    found = referee.functions.judge(asked, addresses, claims).call()
    (entry,) = (e for e in referee.abi if e.get("name") == "judge")
    names = [part["name"] for part in entry["outputs"][0]["components"]]
    return dict(zip(names, found, strict=True))


def expected(verdict: Verdict, purse: Purse) -> dict[str, Any]:
    return {
        "selected": verdict.mask,
        "weights": verdict.weights,
        "scores": verdict.scores,
        "denominator": verdict.denominator,
        "payouts": verdict.payouts,
        "total": verdict.total,
        "gainPaid": verdict.gain_paid - purse.gain_paid,
        "earned": verdict.earned,
        "earnedTotal": verdict.earned_total,
        "utilityBefore": verdict.utility_before,
        "utilityAfter": verdict.utility_after,
        "exhausted": verdict.exhausted,
    }


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(scenes, st.sampled_from(RULES), st.integers(0, 4), st.integers(0, 10_000), st.booleans())
def test_the_contract_judges_as_python_does(
    referee: Any,
    scene: Scene,
    chosen: tuple[Scoring, Selection, Step, Payment],
    gained: int,
    attendance_bps: int,
    unsure: bool,
) -> None:
    scoring, selection, step, payment = chosen
    grid = Grid(7, moves=step)
    claims, statistics = scene.claims(grid)
    unit, budget = grid.utility_unit, 10**18 + 7
    purse = Purse(
        payment=payment,
        round=scene.round,
        rounds=3,
        attendance_bps=attendance_bps,
        pot_cap_bps=4_000,
        budget=budget,
        left=budget * 2 // 3,
        gain_paid=0,
        initial_utility=-unit // 9,
        best_utility=unit * gained // 20,
        expected_gain=unit // 3,
    )
    # Of one row nothing is sure.
    rows = 1 if unsure else ROWS
    yardstick = Yardstick(rows, CLASSES, FEATURES * CLASSES, statistics.energy)
    rule = Rule(7, scoring, selection, step, 1, yardstick, purse)
    addresses = [f"0x{slot * 7919 % 9 + 1:040d}" for slot in range(scene.n)]
    try:
        verdict = judge(game_of(claims, scene.n), [int(a, 16) for a in addresses], rule)
    except InputError:
        assert scene.n < rule.fewest
        return
    assert reported(referee, rule, addresses, claims) == expected(verdict, purse)
    assert referee.functions.largestPot(tuple(int(v) for v in astuple(purse))).call() == (
        purse.largest
    )
