"""Measurements of one market's projects: what evaluators and arbiters say of models, and ask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, TypeAlias

from web3.types import TxReceipt

from market.chain.deployed import DeployedMarket
from market.chain.logs import Log
from market.chain.terms import Terms
from zk.field import Point

Abi: TypeAlias = tuple[tuple[int, int], int, int, str]


class Sitting(IntEnum):
    """As whom an account measures: each is asked once a measurement."""

    EVALUATOR = 0
    ARBITER = 1
    ON_DEMAND = 2


@dataclass(frozen=True)
class Measurement:
    """What somebody says of a model: mirror of the contract's `Measurement`.

    Args:
        yardstick: commitment of what the next round is measured with.
        utility: of the model, its loss negative, in units of the project's grid.
        spread: one standard error of its difference to that of the model before, in the same.
        cid: where the yardstick is, sealed. Unchecked.
    """

    yardstick: Point
    utility: int
    spread: int
    cid: str

    def to_abi(self) -> Abi:
        return ((self.yardstick.x, self.yardstick.y), self.utility, self.spread, self.cid)

    @classmethod
    def from_event(cls, raw: Any) -> Measurement:
        """From the arguments of an event, as web3 decodes them."""
        point = raw["yardstick"]
        utility, spread = int(raw["utility"]), int(raw["spread"])
        return cls(Point(point["x"], point["y"]), utility, spread, str(raw["cid"]))


@dataclass(frozen=True)
class Attestation:
    """What one account said.

    Args:
        number: measurements before the one that is meant.
        account: who said it.
        measurement: what.
    """

    number: int
    account: str
    measurement: Measurement


@dataclass(frozen=True)
class MeasuringLogs:
    """What a project's events say of its measurements; later ones of a number replace earlier.

    Args:
        seeds: of the coordinates, 32 bytes, by number.
        measured: what counts, by number.
        attested: everything that was said, in order.
        undone: rounds whose models were worse, and did not stand.
    """

    seeds: dict[int, bytes]
    measured: dict[int, Measurement]
    attested: tuple[Attestation, ...]
    undone: frozenset[int]

    @classmethod
    def of(cls, history: Sequence[Log]) -> MeasuringLogs:
        """From all logs of a project, oldest first."""
        seeds: dict[int, bytes] = {}
        measured: dict[int, Measurement] = {}
        attested: list[Attestation] = []
        undone: set[int] = set()
        for log in history:
            args = log.args
            if log.name == "CoordinatesDrawnFor":
                seeds[args["number"]] = bytes(args["seed"])
            elif log.name == "Measured":
                measured[args["number"]] = Measurement.from_event(args)
            elif log.name == "Attested":
                said = Measurement.from_event(args["measurement"])
                attested.append(Attestation(args["number"], str(args["account"]), said))
            elif log.name == "Undone":
                undone.add(args["round"])
        return cls(seeds, measured, tuple(attested), frozenset(undone))


class MeasuringMarket(DeployedMarket):
    """The calls and events of a market whose projects name evaluators."""

    def draw_coordinates(self, terms: Terms) -> TxReceipt:
        """Fixes the seed of the round's coordinates, when the block that decides is there."""
        return self._send(self._contract.functions.drawCoordinates(terms.to_abi()))

    def measure(self, terms: Terms, number: int, measurement: Measurement) -> TxReceipt:
        """Says what the model of this number is."""
        call = self._contract.functions.measure(terms.to_abi(), number, measurement.to_abi())
        return self._send(call)

    def demand(self, terms: Terms) -> TxReceipt:
        """Asks for the yardstick of the open round, as the aggregator in office."""
        return self._send(self._contract.functions.demand(terms.to_abi()))

    def said(self, id: bytes, number: int, sitting: Sitting, account: str) -> bytes:
        """Hash of what the account said; zeros if nothing.

        Args:
            number: Of the model; on demand of the opening, its epoch.
        """
        call = self._contract.functions.saidOf(id, number, int(sitting), account)
        return bytes(self._call(call))

    def measuring(self, id: bytes) -> MeasuringLogs:
        """All that the project's events say of measurements."""
        return MeasuringLogs.of(self.history(id))
