"""Whole simulations: money, scores, and what ends them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.attacks import ATTACKS
from market.datasets.catalogue import Dataset, load
from market.errors import InputError
from market.game import Payment
from market.simulation import Outcome, Scenario, Simulation
from market.simulation.population import populate
from market.simulation.scenario import last_clients
from market.specification.methods import (
    CONTRIBUTIONS,
    DEFENCES,
    LOCALS,
    OPTIMISERS,
    PROVABLE,
    STEPS,
    Methods,
)


def chosen(contribution: str, step: str, defence: str, optimiser: str, local: str) -> Methods:
    if contribution == "exact-shapley":
        step = "mean"
    return Methods(contribution, defence, step, optimiser, local)


provable = st.builds(
    chosen,
    *(st.sampled_from(PROVABLE[entry]) for entry in ("contribution", "step", "defence")),
    st.just("fedavg"),
    st.sampled_from(LOCALS),
)
methods = st.builds(
    chosen,
    st.sampled_from(CONTRIBUTIONS),
    st.sampled_from(STEPS),
    st.sampled_from(DEFENCES),
    st.sampled_from(OPTIMISERS),
    st.sampled_from(LOCALS),
)


def play(dataset: Dataset, scenario: Scenario) -> Outcome:
    return Simulation(scenario, populate(dataset, scenario)).run()


@settings(max_examples=60)
@given(
    methods | provable,
    st.sampled_from(list(ATTACKS)),
    st.sampled_from(Payment),
    st.none() | st.floats(1e-3, 10.0),
    st.just(10_000) | st.integers(1, 10_000),
    st.integers(0, 10**19),
    st.integers(0, 10_000),
    st.integers(0, 10**16),
    st.integers(0, 2**31),
)
def test_every_unit_of_money_is_somewhere(
    columns: Dataset,
    methods: Methods,
    attack: str,
    payment: Payment,
    expected: float | None,
    cap_bps: int,
    deposit: int,
    attendance_bps: int,
    fee: int,
    seed: int,
) -> None:
    scenario = Scenario(
        clients=8,
        rounds=3,
        assaults=last_clients(8, 2, attack),
        methods=methods,
        byzantine=1,
        plan=columns.plan,
        deposit=deposit,
        aggregator_fee=min(fee, deposit // 3),
        payment=payment.method,
        expected_gain=expected,
        pot_cap_bps=cap_bps,
        attendance_bps=attendance_bps,
        evaluations=200,
        seed=seed,
    )
    outcome = play(columns, scenario)
    assert outcome.exact == (methods.unproven.keys() <= {"local"})
    assert sum(outcome.earned) + outcome.fees + outcome.refunded == deposit
    assert min(outcome.earned) >= 0
    assert outcome.refunded >= 0
    budget = left = deposit - scenario.aggregator_fee * scenario.rounds
    by_gain = payment == Payment.PER_GAIN
    assert by_gain or not any(outcome.arrears)
    assert min(outcome.arrears) >= 0
    for one in outcome.rounds:
        most = left // (scenario.rounds - one.number)
        if by_gain:
            even = budget * attendance_bps // 10_000 // scenario.rounds
            most = even + budget * scenario.pot_cap_bps // 10_000
        assert sum(one.payouts) <= most
        assert all(
            type(amount) is int and (amount == 0 or client in one.selected)
            for client, amount in enumerate(one.payouts)
        )
        left -= sum(one.payouts)


def test_the_contracts_integers_and_floats_agree(columns: Dataset) -> None:
    exact = Scenario(
        clients=9,
        rounds=3,
        assaults=last_clients(9, 2, "sign-flip"),
        byzantine=2,
        plan=columns.plan,
        deposit=10**18,
    )
    # A rate of 1 is what the contract does; one beside it leaves the exact path.
    floats = dataclasses.replace(exact, server_rate=1 - 1e-12)
    population = populate(columns, exact)
    first, second = Simulation(exact, population).run(), Simulation(floats, population).run()
    assert (first.exact, second.exact) == (True, False)
    for one, other in zip(first.rounds, second.rounds, strict=True):
        assert one.selected == other.selected
        # Deltas differ by the grid's rounding, 2**-14 an entry.
        np.testing.assert_allclose(one.scores, other.scores, atol=2e-3)
        assert one.utility_after == pytest.approx(other.utility_after, abs=1e-3)


SHARED = [
    (contribution, defence, utility)
    for contribution, utility in (
        ("exact-shapley", "squared-loss"),
        ("exact-shapley", "cross-entropy"),
        ("in-run", "squared-loss"),
    )
    for defence in ("proven-value", "multi-krum", "mean", "norm-clipping", "foolsgold", "flame")
]


@pytest.mark.parametrize(("contribution", "defence", "utility"), SHARED)
def test_exact_scores_share_out_what_the_aggregate_gained(
    columns: Dataset, contribution: str, defence: str, utility: str
) -> None:
    scenario = Scenario(
        clients=6,
        rounds=2,
        assaults=last_clients(6, 1, "scaling"),
        methods=Methods(contribution, defence, "mean"),
        utility=utility,
        plan=columns.plan,
        server_rate=0.9,
    )
    for one in play(columns, scenario).rounds:
        gained = one.utility_after - one.utility_before
        assert sum(one.scores) == pytest.approx(gained, abs=2e-6)


def test_a_cnn_learns_images(images: Dataset) -> None:
    scenario = Scenario(
        clients=4,
        rounds=3,
        assaults=last_clients(4, 1, "free-rider"),
        methods=Methods(contribution="leave-one-out", defence="coordinate-median"),
        model="cnn",
        plan=images.plan,
        payment="per-round",
    )
    outcome = play(images, scenario)
    assert outcome.accuracy > outcome.initial_accuracy + 0.2
    assert all(one.scores[3] == 0 for one in outcome.rounds)
    # Who sends nothing is paid nothing.
    assert outcome.earned[3] == 0 < sum(outcome.earned[:3])


def test_what_a_cap_holds_back_is_owed_and_had_at_the_end(columns: Dataset) -> None:
    capped = Scenario(clients=6, rounds=1, plan=columns.plan, pot_cap_bps=1_000)
    whole = dataclasses.replace(capped, pot_cap_bps=10_000)
    population = populate(columns, capped)
    late, early = Simulation(capped, population).run(), Simulation(whole, population).run()
    assert sum(late.arrears) > sum(early.arrears)
    assert sum(early.arrears) < 10
    # Only when it is paid differs, and units of 2**-23 of the expected gain.
    np.testing.assert_allclose(late.earned, early.earned, atol=1e13)


def test_all_that_was_expected_ends_it(columns: Dataset) -> None:
    scenario = Scenario(clients=6, rounds=9, plan=columns.plan, expected_gain=1e-3)
    outcome = play(columns, scenario)
    assert len(outcome.rounds) == 1
    # Attendance of the rounds that were not needed returns.
    returned = scenario.deposit * scenario.attendance_bps // 10_000 * 8 // 9
    assert outcome.refunded == pytest.approx(returned, rel=1e-3)


def test_reaching_the_target_ends_it_and_refunds_the_rest(columns: Dataset) -> None:
    scenario = Scenario(clients=5, rounds=4, plan=columns.plan, target_utility=-10.0)
    simulation = Simulation(scenario, populate(columns, scenario))
    outcome = simulation.run()
    assert len(outcome.rounds) == 1
    with pytest.raises(InputError, match="ended with round 1"):
        simulation.play()
    assert outcome.refunded > 0


def test_too_little_gain_lowers_the_learning_rate(columns: Dataset) -> None:
    scenario = Scenario(clients=5, rounds=3, plan=columns.plan, minimum_gain=1e6, decay_bps=2_500)
    rates = [one.learning_rate for one in play(columns, scenario).rounds]
    assert rates == [50_000_000, 12_500_000, 3_125_000]


def test_plateaus_change_the_local_epochs_and_end_it(columns: Dataset, tmp_path: Path) -> None:
    """Every round disappoints: every second one doubles the epochs, the third time it ends."""
    plan = dataclasses.replace(columns.plan, epochs=3)
    scenario = Scenario(
        clients=5,
        rounds=9,
        plan=plan,
        minimum_gain=1e6,
        patience=2,
        epochs_bps=20_000,
        stop_after=3,
        methods=Methods(local="scaffold"),
    )
    outcome = Simulation(scenario, populate(columns, scenario)).run(file=tmp_path / "run.npz")
    assert [one.epochs for one in outcome.rounds] == [3, 3, 6, 6, 12, 12]
    rates = [one.learning_rate for one in outcome.rounds]
    assert rates == [50_000_000] * 2 + [25_000_000] * 2 + [12_500_000] * 2
    assert outcome.refunded > 0
    again = Simulation(scenario, populate(columns, scenario)).run(file=tmp_path / "run.npz")
    assert again == outcome


def test_rules_say_what_they_need(columns: Dataset) -> None:
    tight = Scenario(clients=6, rounds=1, byzantine=2, plan=columns.plan)
    play(columns, tight)  # the contract tolerates fewer where there are fewer
    with pytest.raises(InputError, match="Krum tolerates f = 2"):
        play(columns, dataclasses.replace(tight, methods=Methods("equal", "multi-krum")))
    with pytest.raises(InputError, match=r"(?i)bulyan tolerates"):
        play(columns, dataclasses.replace(tight, methods=Methods(defence="bulyan")))
    with pytest.raises(InputError, match="5 clients in a scenario of 6"):
        Simulation(tight, populate(columns, dataclasses.replace(tight, clients=5)))
    with pytest.raises(InputError, match="needs images"):
        play(columns, dataclasses.replace(tight, model="cnn"))
    by_accuracy = dataclasses.replace(
        tight, byzantine=1, utility="accuracy", methods=Methods(contribution="in-run-first-order")
    )
    with pytest.raises(InputError, match="no derivatives"):
        play(columns, by_accuracy)


def test_more_models_than_can_be_enumerated_are_refused_at_once() -> None:
    digits = load("digits")
    scenario = Scenario(
        clients=17,
        rounds=1,
        methods=Methods("exact-shapley", "mean", "mean"),
        utility="accuracy",
        plan=digits.plan,
    )
    with pytest.raises(InputError, match="131,072 models"):
        Simulation(scenario, populate(digits, scenario, rows=400)).run()
