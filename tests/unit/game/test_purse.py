"""A project's money over its rounds."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from market.game.purse import WORTH_UNITS, Payment, Purse, arrears

ETHER = 10**18


@st.composite
def purses(draw: st.DrawFn, payment: Payment) -> Purse:
    rounds = draw(st.integers(1, 20))
    budget = draw(st.integers(0, 100 * ETHER))
    return Purse.opening(
        payment=payment,
        rounds=rounds,
        attendance_bps=draw(st.integers(0, 10_000)),
        pot_cap_bps=draw(st.integers(1, 10_000)),
        budget=budget,
        expected_gain=draw(st.integers(1, 2**90)),
    )


utilities = st.lists(st.integers(-(2**90), 2**91), min_size=21, max_size=21)


@given(purses(Payment.PER_GAIN), utilities, st.lists(st.booleans(), min_size=20, max_size=20))
def test_by_gain_no_rise_is_paid_twice_and_nothing_beyond_the_budget(
    purse: Purse, path: list[int], sure: list[bool]
) -> None:
    spent, worth, held, best = 0, 0, 0, path[0]
    for number in range(purse.rounds):
        before, after = path[number], path[number + 1]
        pot = purse.pot(before, after)
        assert pot.attendance + pot.pot <= purse.largest
        assert pot.pot <= purse.budget * purse.pot_cap_bps // 10_000
        assert pot.pot <= pot.fresh
        if after <= best:
            assert (pot.pot, pot.fresh, pot.worth, pot.best) == (0, 0, 0, best)
        best = max(best, after)
        assert pot.best == best
        assert pot.reached == (best - path[0] >= purse.expected_gain)
        paid = pot.pot if sure[number] else 0
        assert 0 <= pot.held_back(paid) <= pot.worth
        assert pot.held_back(pot.fresh) == 0 or pot.fresh == 0
        held += pot.held_back(paid)
        spent += pot.attendance + paid
        worth += pot.worth
        purse = replace(
            purse,
            round=number + 1,
            left=purse.left - pot.attendance - paid,
            gain_paid=purse.gain_paid + paid,
            initial_utility=path[0],
            best_utility=pot.best,
        )
        assert purse.gain_paid <= purse.owed(best, path[0]) <= purse.for_gain
        if pot.reached:
            break
    assert spent <= purse.budget
    gain = min(max(best - path[0], 0), purse.expected_gain)
    assert held <= worth == gain * WORTH_UNITS // purse.expected_gain <= WORTH_UNITS
    owed = purse.owed(best, path[0]) - purse.gain_paid
    assert 0 <= owed <= purse.left


@given(purses(Payment.PER_ROUND), utilities)
def test_by_round_what_is_left_is_spread_over_the_rounds_left(
    purse: Purse, path: list[int]
) -> None:
    for number in range(purse.rounds):
        pot = purse.pot(path[number], path[number + 1])
        of_round = purse.left // (purse.rounds - number)
        assert pot.attendance == of_round * purse.attendance_bps // 10_000
        assert pot.attendance + pot.pot == of_round == purse.largest
        assert (pot.worth, pot.reached) == (0, False)
        purse = replace(purse, round=number + 1, left=purse.left - of_round)
    assert purse.left == 0


def test_what_is_outstanding_is_no_more_than_what_was_held_back() -> None:
    """Funds make earlier gains worth more; who has little held back has little of that."""
    paid = Purse(Payment.PER_GAIN, 1, 4, 1_000, 10_000, 1_000, 1_000, 450, 0, 50, 100)
    assert paid.outstanding(2**20) == 0
    funded = replace(paid, budget=3_000)
    assert funded.outstanding(WORTH_UNITS) == 900
    assert funded.outstanding(2**20) == 2_700 // 8
    assert replace(funded, left=200).outstanding(2**20) == 200
    assert funded.outstanding(0) == replace(funded, round=0).outstanding(1) == 0
    assert replace(funded, payment=Payment.PER_ROUND).outstanding(2**20) == 0


def test_rounding_of_parts_costs_nobody_what_is_outstanding() -> None:
    purse = Purse(Payment.PER_GAIN, 2, 4, 0, 10_000, 2**60, 2**60, 0, 0, 2**20, 2**23)
    assert purse.outstanding(2**20) == purse.outstanding(2**20 - 64) == 2**57
    assert purse.outstanding(2**20 - 65) == 2**57 - 2**37


def test_a_gain_above_the_cap_is_owed_at_the_end() -> None:
    purse = Purse(Payment.PER_GAIN, 0, 4, 500, 5_000, 1_000, 1_000, 0, 0, 0, 100)
    assert purse.largest == 12 + 500
    first = purse.pot(before=10, after=80)
    # The gain is worth 950 * 70 / 100 = 665, of which 500 may be paid at once.
    assert (first.attendance, first.pot, first.fresh, first.best) == (12, 500, 665, 80)
    assert first.held_back(500) == first.worth - first.worth * 500 // 665
    second = replace(purse, round=1, gain_paid=500, initial_utility=10, best_utility=80)
    assert second.largest == 12 + 285
    assert second.pot(80, 70).pot == 0
    assert second.pot(80, 90).pot == 95
    assert not second.pot(80, 90).reached
    assert second.pot(80, 200).pot == 285
    assert second.pot(80, 200).reached
    assert second.owed(90, 10) - 500 - 95 == 165


@given(
    st.integers(0, 100 * ETHER),
    st.lists(st.integers(0, WORTH_UNITS), min_size=1, max_size=32),
    st.randoms(),
)
def test_arrears_are_paid_whole_and_in_any_order_alike(
    owed: int, earned: list[int], random: Random
) -> None:
    shares = arrears(owed, earned)
    assert sum(shares) == (owed if any(earned) else 0)
    total = sum(earned)
    for share, own in zip(shares, earned, strict=True):
        if total:
            assert abs(share - owed * own / total) <= len(earned) + owed * 1e-12
    order = list(range(len(earned)))
    random.shuffle(order)
    again = arrears(owed, [earned[i] for i in order])
    assert all(abs(again[place] - shares[i]) <= len(earned) for place, i in enumerate(order))
