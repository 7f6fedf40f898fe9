"""What a simulation tells: every round, and who had earned what at its end."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from market.simulation.scenario import Scenario


@dataclass(frozen=True)
class PlayedRound:
    """One settled round. Lists have one entry a client.

    Args:
        number: from 0.
        learning_rate: that clients trained with, in 1e-9.
        epochs: that they trained for.
        utility_before: of the model that they started from.
        utility_after: of the model that the aggregated delta leads to, before the optimiser.
        accuracy: of the next model on the test rows.
        backdoor: share of triggered test rows that it takes for the target; None without one.
        selected: clients that take part.
        scores: contribution of each, 0 for those left out.
        errors: standard error of each score.
        evaluations: coalition values that were asked for.
        payouts: what each was paid at once, in the smallest unit.
        fee: what the aggregator was paid.
    """

    number: int
    learning_rate: int
    epochs: int
    utility_before: float
    utility_after: float
    accuracy: float
    backdoor: float | None
    selected: tuple[int, ...]
    scores: tuple[float, ...]
    errors: tuple[float, ...]
    evaluations: int
    payouts: tuple[int, ...]
    fee: int


@dataclass(frozen=True)
class Outcome:
    """A finished simulation.

    Args:
        scenario: what was played.
        rounds: in order.
        initial_accuracy: of the model before the first round.
        exact: whether money was decided by the contract's integers; otherwise by float scores.
        arrears: what each client was still owed at the end, and had then.
    """

    scenario: Scenario
    rounds: tuple[PlayedRound, ...]
    initial_accuracy: float
    exact: bool
    arrears: tuple[int, ...]

    @property
    def earned(self) -> tuple[int, ...]:
        """What each client was paid in all."""
        return tuple(
            sum(one.payouts[client] for one in self.rounds) + owed
            for client, owed in enumerate(self.arrears)
        )

    @property
    def fees(self) -> int:
        return sum(one.fee for one in self.rounds)

    @property
    def refunded(self) -> int:
        """What returns to the owner: with pay and fees it is the deposit, to the unit."""
        return self.scenario.deposit - sum(self.earned) - self.fees

    @property
    def accuracy(self) -> float:
        """Of the last model."""
        return self.rounds[-1].accuracy if self.rounds else self.initial_accuracy

    def times_selected(self, client: int) -> int:
        return sum(client in one.selected for one in self.rounds)

    def to_json(self) -> dict[str, Any]:
        """Everything; money as texts, since it may not fit a double."""
        value = asdict(self)
        for one in value["rounds"]:
            one["payouts"] = [str(amount) for amount in one["payouts"]]
            one["fee"] = str(one["fee"])
        scenario = value["scenario"]
        scenario["deposit"] = str(scenario["deposit"])
        scenario["aggregator_fee"] = str(scenario["aggregator_fee"])
        return {
            **value,
            "accuracy": self.accuracy,
            "arrears": [str(amount) for amount in self.arrears],
            "earned": [str(amount) for amount in self.earned],
            "fees": str(self.fees),
            "refunded": str(self.refunded),
            "attack_of": {str(client): name for client, name in self.scenario.attack_of.items()},
        }
