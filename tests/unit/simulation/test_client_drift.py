"""FedProx and SCAFFOLD in whole simulations: what they must equal, and what they are for."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.attacks import ATTACKS
from market.datasets.catalogue import Dataset
from market.errors import InputError
from market.optimisers.local import Controls, next_client_control
from market.robust.aggregate import Floats
from market.simulation import Population, Scenario, Simulation
from market.simulation.population import populate
from market.simulation.scenario import last_clients
from market.simulation.variates import ControlVariates
from market.specification.methods import Methods
from market.training.plan import TrainingPlan

MEAN = Methods(contribution="equal", defence="mean")
EVENLY = "per-round"
"""No gain ends these projects early."""
FULL_BATCH = 10_000


def played(scenario: Scenario, population: Population) -> Simulation:
    simulation = Simulation(scenario, population)
    simulation.run()
    return simulation


def local(scenario: Scenario, name: str, mu: float | None = None) -> Scenario:
    return dataclasses.replace(
        scenario, methods=dataclasses.replace(scenario.methods, local=name, mu=mu)
    )


@pytest.mark.parametrize("model", ["linear", "cnn"])
@pytest.mark.parametrize("defence", ["multi-krum", "mean"])
def test_fedprox_without_its_term_is_fedavg_bit_for_bit(
    images: Dataset, model: str, defence: str
) -> None:
    methods = Methods(contribution="leave-one-out", defence=defence)
    scenario = Scenario(
        clients=5, rounds=3, model=model, methods=methods, plan=images.plan, payment=EVENLY
    )
    population = populate(images, scenario, alpha=0.5)
    plain = Simulation(scenario, population).run()
    prox = Simulation(local(scenario, "fedprox", 0.0), population).run()
    assert plain.rounds == prox.rounds
    assert plain.exact == prox.exact == (model == "linear" and defence == "multi-krum")
    pulled = Simulation(local(scenario, "fedprox", 1.0), population).run()
    assert plain.rounds != pulled.rounds


@pytest.mark.parametrize("model", ["linear", "cnn"])
def test_a_larger_mu_holds_clients_nearer(images: Dataset, model: str) -> None:
    plan = TrainingPlan(learning_rate=0.05, epochs=6, batch_size=8)
    scenario = Scenario(clients=4, rounds=1, model=model, methods=MEAN, plan=plan, payment=EVENLY)
    population = populate(images, scenario, alpha=0.5)
    lengths = [
        np.linalg.norm(Simulation(local(scenario, "fedprox", mu), population).deltas(), axis=1)
        for mu in (0.0, 0.5, 5.0)
    ]
    assert (lengths[0] > lengths[1]).all()
    assert (lengths[1] > lengths[2]).all()


@pytest.mark.parametrize("model", ["linear", "cnn"])
def test_scaffold_of_one_local_step_moves_the_model_as_fedavg(images: Dataset, model: str) -> None:
    """What is added to the clients' gradients, c - c_i, sums to zero over all clients.

    So where everybody makes one step from the same model the mean delta is FedAvg's, whatever
    the rows; with more steps the gradients differ from the second on.
    """
    plan = TrainingPlan(learning_rate=0.1, epochs=1, batch_size=FULL_BATCH)
    scenario = Scenario(clients=5, rounds=3, model=model, methods=MEAN, plan=plan, payment=EVENLY)
    for alpha in (None, 0.1) if model == "linear" else (0.1,):
        population = populate(images, scenario, alpha)
        plain, corrected = (
            Simulation(scenario, population),
            Simulation(local(scenario, "scaffold"), population),
        )
        for number in range(scenario.rounds):
            first, second = plain.deltas(), corrected.deltas()
            # Variates start at zero; afterwards each client's own delta is another's.
            assert np.array_equal(first, second) == (number == 0)
            plain.play()
            corrected.play()
            np.testing.assert_allclose(plain.weights, corrected.weights, atol=1e-6)


def unbalanced(population: Population, weights: Floats) -> float:
    """The length of the mean over clients of the gradients of their losses."""
    W = weights.reshape(-1, population.classes)
    gradients = [
        rows.X.T @ (rows.X @ W - np.eye(population.classes)[rows.y]) / len(rows)
        for rows in population.clients
    ]
    return float(np.linalg.norm(np.mean(gradients, axis=0)))


def test_scaffold_ends_where_the_clients_balance_and_fedavg_beside_it(columns: Dataset) -> None:
    plan = TrainingPlan(learning_rate=0.1, epochs=20, batch_size=FULL_BATCH)
    scenario = Scenario(
        clients=6, rounds=60, methods=MEAN, plan=plan, decay_bps=10_000, payment=EVENLY
    )
    population = populate(columns, scenario, alpha=0.1)
    drifted = unbalanced(population, played(scenario, population).weights)
    corrected = unbalanced(population, played(local(scenario, "scaffold"), population).weights)
    assert corrected < 1e-3 < 0.02 < drifted


@settings(max_examples=40)
@given(st.integers(1, 5), st.integers(1, 4), st.integers(1, 6), st.integers(0, 2**31), st.data())
def test_the_servers_variate_is_the_mean_of_all_clients(
    n: int, d: int, rounds: int, seed: int, data: st.DataObject
) -> None:
    generator = np.random.default_rng(seed)
    variates = ControlVariates(n, d)
    for _ in range(rounds):
        sent = generator.normal(size=(n, d))
        steps = generator.integers(0, 5, n).tolist()
        selected = data.draw(st.lists(st.integers(0, n - 1), unique=True))
        before = variates.clients.copy()
        expected = [
            next_client_control(Controls(variates.server, own), sent[i], steps[i], 0.1)
            if i in selected
            else own
            for i, own in enumerate(before)
        ]
        variates.renew(sent, selected, steps, 0.1)
        np.testing.assert_allclose(variates.clients, expected)
        np.testing.assert_allclose(variates.server, variates.clients.mean(axis=0), atol=1e-9)


@pytest.mark.parametrize("attack", ["free-rider", "free-rider-replay", "sign-flip", "copycat"])
def test_those_who_are_left_out_or_idle_keep_their_variate(columns: Dataset, attack: str) -> None:
    scenario = local(
        Scenario(
            clients=7,
            rounds=3,
            assaults=last_clients(7, 2, attack),
            methods=Methods(contribution="equal"),
            byzantine=2,
            plan=columns.plan,
        ),
        "scaffold",
    )
    simulation = Simulation(scenario, populate(columns, scenario))
    assert simulation.variates is not None
    for _ in range(scenario.rounds):
        before = simulation.variates.clients.copy()
        selected = simulation.play().selected
        for client, own in enumerate(simulation.variates.clients):
            idle = client >= 5 and not ATTACKS[attack].trains
            assert (own != before[client]).any() == (client in selected and not idle)


def test_what_does_not_go_together_is_refused() -> None:
    with pytest.raises(InputError, match="no local 'adam'"):
        Methods(local="adam")
    with pytest.raises(InputError, match=r"mu = 0\.1 is FedProx's, not scaffold's"):
        Methods(local="scaffold", mu=0.1)
    for mu in (-1.0, float("inf"), float("nan")):
        with pytest.raises(InputError, match="finite and not negative"):
            Methods(local="fedprox", mu=mu)
    plan = TrainingPlan(momentum=0.9)
    with pytest.raises(InputError, match="without momentum"):
        Scenario(clients=5, rounds=1, plan=plan, methods=Methods(local="scaffold"))
