"""How a round is settled: by the contract's own integers, or by any rules in floats."""

from __future__ import annotations

from market.simulation.by_contract import ContractSettlement
from market.simulation.by_floats import FloatSettlement
from market.simulation.learner import Learner
from market.simulation.population import Population
from market.simulation.scenario import Scenario
from market.simulation.settled import Settlement

MOST_ON_CHAIN = 32
"""The contract's most slots: beyond them its words do not hold the scores."""


def settles_exactly(scenario: Scenario) -> bool:
    """Whether this is what the contract could do with the deltas: then its integers decide.

    How clients come by their deltas is nothing that a settlement looks at.
    """
    plain = scenario.methods.unproven.keys() <= {"local"} and scenario.server_rate in (None, 1.0)
    squared = scenario.model == "linear" and scenario.measured_by == "squared-loss"
    return plain and squared and 3 <= scenario.clients <= MOST_ON_CHAIN


def settlement(scenario: Scenario, population: Population, learner: Learner) -> Settlement:
    """The settlement that the scenario asks for.

    Raises:
        InputError: its rules cannot work with so many clients.
    """
    if settles_exactly(scenario):
        return ContractSettlement(scenario, population)
    return FloatSettlement(scenario, population, learner)
