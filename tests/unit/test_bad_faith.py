"""Owners in bad faith: what they save, what caps it, and what trainers see of it in time."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from benchmarks.bad_owners import OWNERS, Owner, renamed
from benchmarks.evasions import FIRST_ROUND, Prices, evasions, prices_of
from benchmarks.faith import deterring
from benchmarks.faith_rounds import ACCOMPLICE, BUDGET, ROUNDS, TRAINERS, Course, run
from market.datasets.catalogue import load
from market.errors import InputError
from market.game import Payment
from market.game.payouts import CAP
from market.specification.owner import read_specification
from market.trainer.prospects import (
    FEWEST_ROWS,
    MOST_TIMES,
    check_expected_gain,
    check_rows,
)
from market.training.expectation import expected_gain
from tests.unit.prospectus.test_prospectus import DOCUMENT, TERMS

ROOT = Path(__file__).resolve().parents[2]
ETHER = 10**18
HONEST = "honest, 270 rows"


@cache
def course(name: str, seed: int = 0, until: int = ROUNDS) -> Course:
    return run(OWNERS[name], seed, until=until)


def paid(found: Course, until: int = ROUNDS) -> float:
    """What honest trainers have, in budgets."""
    return sum(found.due(until)[: found.honest]) / BUDGET


# --- rows that measure nothing -----------------------------------------------------------------


@pytest.mark.parametrize("seed", range(2))
def test_an_honest_owner_pays_nearly_all_and_nobody_sees_a_contradiction(seed: int) -> None:
    found = course(HONEST, seed)
    assert paid(found) > 0.9
    assert all((each.lost, each.differed) == (0, 0) for each in found.rounds)
    assert (found.arbiter, found.doubts, found.refuse) == ("holds", (), 0)


@pytest.mark.parametrize("seed", range(2))
def test_labels_by_lot_pay_little_and_everybody_sees_it_after_one_round(seed: int) -> None:
    found = course("labels by lot", seed, 1)
    assert paid(found) < 0.06
    assert found.rounds[0].differed == found.honest
    assert found.arbiter == "doubtful"
    # What it cannot be kept from: the deltas of that round.
    assert found.rounds[0].kept > 0.85


def test_statistics_of_no_rows_are_refuted_by_arithmetic() -> None:
    found = course("c at a tenth", 0, 1)
    assert paid(found) < 0.03
    assert found.rounds[0].differed == found.honest
    assert found.arbiter == "refuted"


def test_rows_of_one_class_cost_the_owner_more_than_honest_ones() -> None:
    found = course("rows of one class", 0, 1)
    assert paid(found) > paid(course(HONEST), 1)
    assert found.arbiter == "doubtful"


# --- figures about rows that are not theirs ------------------------------------------------------


@pytest.mark.parametrize("name", ["says 1 row", "says 100 times the energy"])
def test_doubt_delays_pay_and_saves_nothing(name: str) -> None:
    found, fair = course(name), course(HONEST)
    for settled in found.rounds:
        assert sum(settled.payouts) == pytest.approx(settled.attendance, rel=1e-9)
    attendance = sum(each.attendance for each in fair.rounds)
    assert sum(found.rounds[-1].owed) == pytest.approx(paid(fair) * BUDGET - attendance, rel=0.01)
    assert paid(found) == pytest.approx(paid(fair), rel=0.01)
    assert found.arbiter == "refuted"


def test_more_rows_than_there_are_save_nothing_either() -> None:
    assert paid(course("says 2,700 rows")) == pytest.approx(paid(course(HONEST)), rel=0.01)


# --- accomplices ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "owner", [OWNERS["accomplice has the rows"], OWNERS["half renamed"], renamed(0.75)]
)
def test_an_accomplice_has_at_most_two_equal_shares_of_the_certain(owner: Owner) -> None:
    found = run(owner, 0, until=2)
    for settled in found.rounds:
        pot = sum(settled.payouts) - settled.attendance
        most = CAP * pot // max(settled.certain, 1)
        assert settled.payouts[ACCOMPLICE] <= most + settled.attendance + TRAINERS


def test_a_yardstick_bent_altogether_is_seen_after_the_round_that_it_robs() -> None:
    found = course("all renamed", 0, 1)
    assert paid(found, 1) < 0.02
    assert found.rounds[0].differed == found.honest


# --- too much expected ---------------------------------------------------------------------------


def test_a_gain_expected_too_high_is_paid_in_proportion() -> None:
    fair, twice = course(HONEST), course("expects 2 times")
    gains = [round(each.gain, 12) for each in fair.rounds]
    assert [round(each.gain, 12) for each in twice.rounds] == gains
    evenly = sum(each.attendance for each in fair.rounds)
    by_gain = [sum(each.due(ROUNDS)) - evenly for each in (fair, twice)]
    assert by_gain[1] == pytest.approx(by_gain[0] / 2, abs=1e-6 * BUDGET)


def test_a_client_refuses_a_yardstick_of_few_rows() -> None:
    check_rows(replace(TERMS, rows=FEWEST_ROWS))
    with pytest.raises(InputError, match="measures on 39 rows"):
        check_rows(replace(TERMS, rows=FEWEST_ROWS - 1))


def test_a_client_refuses_a_gain_of_more_than_twice_its_own_estimate() -> None:
    table = load("digits").table.rows(np.arange(146))
    document = replace(DOCUMENT, features=64, scaling=load("digits").scaling(table))
    own = expected_gain(document.scaling.design(table.X), table.y, document.classes)
    unit = document.grid.utility_unit

    zeros = np.zeros((65, document.classes))

    def check(times: float, initial: npt.NDArray[np.float64] = zeros) -> None:
        terms = replace(TERMS, payment=Payment.PER_GAIN, expected_gain=int(times * own * unit))
        check_expected_gain(terms, document, table, initial)

    check(1.0)
    check(0.999 * MOST_TIMES)
    with pytest.raises(InputError, match="would be paid about 50 %"):
        check(1.001 * MOST_TIMES)
    assert course("expects 10 times", 0, 1).refuse == TRAINERS
    good = np.linalg.lstsq(
        document.scaling.design(table.X), np.eye(document.classes)[table.y], rcond=None
    )[0]
    with pytest.raises(InputError, match="would be paid about"):
        check(1.0, good)


# --- prices on chain -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def prices() -> Prices:
    return prices_of(read_specification(ROOT / "examples" / "digits.toml"), ETHER)


def test_never_settling_costs_more_than_the_pot_of_any_round(prices: Prices) -> None:
    assert prices.never_settling() > prices.purse.largest
    for own in range(prices.slots):
        most = prices.purse.largest * (prices.slots - own) // prices.slots
        assert prices.never_settling(own) > most


def test_every_evasion_costs_at_least_what_paying_does(prices: Prices) -> None:
    for own in range(prices.slots):
        assert prices.never_settling(own) > prices.paying(1.0, own)
        assert prices.refuted(own) > prices.paying(1.0, own)
    for own in range(1, prices.slots):
        assert prices.silence(1.0, own) > prices.paying(1.0)
        assert prices.set_aside(1.0, own) > prices.paying(1.0)


def test_never_settling_costs_less_than_what_a_gain_above_a_cap_is_worth(prices: Prices) -> None:
    """A pot's cap bounds the stake, and what is owed beyond it is not covered."""
    purse = replace(prices.purse, pot_cap_bps=6_667)
    covered = purse.largest + prices.slots * prices.bond
    capped = replace(prices, purse=purse, aggregator_stake=covered)
    assert capped.never_settling() < prices.paying(FIRST_ROUND)


def test_the_documented_prices_are_those_of_the_example() -> None:
    text = (ROOT / "docs" / "economics.md").read_text()
    specification = read_specification(ROOT / "examples" / "digits.toml")
    for row in evasions(specification, ETHER):
        assert f"| {row['costs, ether']:.3f} | {row['paying costs, ether']:.3f} |" in text


def test_a_larger_bond_lets_rarer_audits_deter() -> None:
    chances = [deterring(0.05, 0.95, bond) for bond in (0.1, 1.0, 8.0)]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] == pytest.approx(0.857, abs=1e-3)
    assert chances[2] == pytest.approx(0.1, abs=1e-2)
    assert deterring(0.95, 0.95) == 0.0
