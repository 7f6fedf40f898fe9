"""What the market's events say happened."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from eth_typing import HexStr
from eth_utils.abi import event_abi_to_log_topic
from web3.exceptions import Web3Exception
from web3.logs import DISCARD
from web3.types import BlockIdentifier, EventData, LogReceipt, TxReceipt

from market.chain.connection import Connection
from market.chain.logs import (
    Challenge,
    Created,
    Departure,
    Log,
    Place,
    RevealEvent,
    SettingAside,
    SettledRound,
    Settlement,
)
from market.chain.terms import Terms
from market.errors import ChainError, NotFoundError
from market.specification.amounts import NOBODY
from zk.binding import Folded
from zk.field import Point

_MAX_CALLS = 64
"""Calls of one transaction that are looked at."""


class Events:
    """Readers of one market's events, oldest first.

    Args:
        connection: to the chain.
        contract: web3's view of the market.
    """

    def __init__(self, connection: Connection, contract: Any) -> None:
        self.connection = connection
        self.web3 = connection.web3
        self._contract = contract
        self._block: BlockIdentifier = "latest"
        self._by_topic = {
            event_abi_to_log_topic(entry): str(entry["name"])
            for entry in contract.abi
            if entry["type"] == "event"
        }

    def created(self, id: bytes) -> Created:
        """The project's creation.

        Raises:
            NotFoundError: there is no such project.
        """
        found = self._logs("Created", {"id": id})
        if not found:
            raise no_such_project(id)
        return _created(found[0])

    def all_created(self) -> list[Created]:
        """Every project of the market."""
        return [_created(log) for log in self._logs("Created", {})]

    def committed(self, id: bytes, round_number: int) -> list[str]:
        """Who committed in a round, in any of its openings, in order."""
        found = self._logs("Committed", {"id": id, "round": round_number})
        return list(dict.fromkeys(str(log["args"]["trainer"]) for log in found))

    def reveals(self, id: bytes, epoch: int) -> list[RevealEvent]:
        """The reveals of an epoch that stand, in the order of the slots."""
        aside = {found.trainer for found in self.set_aside(id) if found.epoch == epoch}
        events = [event for event in self.all_reveals(id) if event.epoch == epoch]
        return [event for event in placed(events) if event.trainer not in aside]

    def all_reveals(self, id: bytes) -> list[RevealEvent]:
        """Every reveal of the project, also those that were set aside later."""
        return [
            RevealEvent(
                trainer=args["trainer"],
                round=args["round"],
                epoch=args["epoch"],
                point=_point(args["point"]),
                cid=args["cid"],
                displaced=args["displaced"],
            )
            for args in (log["args"] for log in self._logs("Revealed", {"id": id}))
        ]

    def challenged(self, id: bytes) -> list[Challenge]:
        """Every challenge."""
        return [
            Challenge(
                aggregator=args["aggregator"],
                round=args["round"],
                epoch=args["epoch"],
                accused=args["accused"],
                deadline=args["deadline"],
                place=place,
            )
            for args, place in (
                (log["args"], _place(log)) for log in self._logs("Challenged", {"id": id})
            )
        ]

    def answered(self, id: bytes, epoch: int) -> list[tuple[str, bytes]]:
        """(trainer, delta) of each challenged delta that was published in an epoch.

        The delta has two bytes an entry, signed, big-endian; the contract checked that it is the
        committed one.
        """
        args = [log["args"] for log in self._logs("Answered", {"id": id})]
        return [(a["trainer"], bytes(a["values"])) for a in args if a["epoch"] == epoch]

    def set_aside(self, id: bytes) -> list[SettingAside]:
        """Every reveal that a challenge without an answer removed from its round."""
        return [
            SettingAside(
                trainer=log["args"]["trainer"],
                round=log["args"]["round"],
                epoch=log["args"]["epoch"],
                transaction=_hex(log["transactionHash"]),
                place=_place(log),
            )
            for log in self._logs("SetAside", {"id": id})
        ]

    def leaving(self, id: bytes) -> list[Departure]:
        """Every trainer that left."""
        args = [log["args"] for log in self._logs("Leaving", {"id": id})]
        return [Departure(a["trainer"], a["freeAt"]) for a in args]

    def joined(self, id: bytes) -> list[str]:
        """Who has joined, in order, those that left or were expelled included."""
        return [str(log["args"]["trainer"]) for log in self._logs("Joined", {"id": id})]

    def committed_in(self, id: bytes, epoch: int) -> list[str]:
        """Who committed in an epoch, in order."""
        logs = self._logs("RoundOpened", {"id": id})
        opened, places = [log["args"]["epoch"] for log in logs], [_place(log) for log in logs]
        if epoch not in opened:
            return []
        start = places[opened.index(epoch)]
        later = [place for place in places if place > start]
        return [
            str(log["args"]["trainer"])
            for log in self._logs("Committed", {"id": id})
            if _place(log) > start and (not later or _place(log) < later[0])
        ]

    def settled(self, id: bytes) -> list[SettledRound]:
        """Every settled round."""
        rounds = []
        for log in self._logs("Settled", {"id": id}):
            args, transaction = log["args"], log["transactionHash"]
            receipt = self.connection.ask(
                lambda hash=transaction: self.web3.eth.get_transaction_receipt(hash)  # type: ignore[misc]
            )
            gas = int(receipt["gasUsed"])
            rounds.append(SettledRound.from_event(args, _hex(transaction), _place(log), gas))
        return rounds

    def settlement(self, transaction: str, terms: Terms | None = None) -> Settlement:
        """The arguments of the `settle` call in a transaction, on its own or within a multicall.

        Args:
            terms: of the project, where the transaction may settle several.

        Raises:
            ChainError: the transaction holds no such call.
        """
        for name, arguments in self._calls(transaction):
            if name == "settle" and (terms is None or Terms.from_abi(arguments["terms"]) == terms):
                sent = arguments["folded"]
                folded = Folded(
                    Point(**sent["entries"]), Point(**sent["curved"]), bytes(sent["rest"])
                )
                return Settlement(arguments["modelCid"], folded, tuple(arguments["claims"]))
        raise ChainError(
            f"transaction {transaction} shows no call of settle",
            "its sender may have settled through a contract: ask it for the proof",
        )

    def invitation(self, transaction: str, terms: Terms) -> list[bytes] | None:
        """The proof of the `join` call in a transaction; None if it shows no such call."""
        for name, arguments in self._calls(transaction):
            if name == "join" and Terms.from_abi(arguments["terms"]) == terms:
                return [bytes(node) for node in arguments["proof"]]
        return None

    def block_hash(self, number: int) -> bytes:
        """The hash of a block."""
        block = self.connection.ask(lambda: self.web3.eth.get_block(number))
        return bytes(block["hash"])

    def block_seconds(self, number: int) -> int:
        """Unix seconds of a block."""
        block = self.connection.ask(lambda: self.web3.eth.get_block(number))
        return int(block["timestamp"])

    def _calls(self, transaction: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Name and arguments of each call in a transaction, those within a multicall too."""
        found = self.connection.ask(
            lambda: self.web3.eth.get_transaction(bytes.fromhex(transaction[2:]))  # type: ignore[arg-type]
        )
        calls = [bytes(found["input"])]
        for _ in range(_MAX_CALLS):
            if not calls:
                break
            try:
                function, arguments = self._contract.decode_function_input(calls.pop())
            except (ValueError, TypeError, Web3Exception):
                continue
            if function.fn_name == "multicall":
                calls += [bytes(each) for each in arguments["data"]]
            else:
                yield str(function.fn_name), arguments

    def history(self, id: bytes) -> list[Log]:
        """Every event of the project, in the order in which they happened."""
        found: list[LogReceipt] = self.connection.ask(
            lambda: self.web3.eth.get_logs(
                {
                    "address": self._contract.address,
                    "fromBlock": 0,
                    "toBlock": self._block,
                    "topics": [None, HexStr("0x" + id.hex())],
                }
            )
        )
        logs = []
        for receipt in found:
            name = self._by_topic.get(bytes(receipt["topics"][0]))
            if name is None or name == "Announced":
                continue
            event = getattr(self._contract.events, name)()
            decoded: EventData = self.connection.ask(
                lambda event=event, receipt=receipt: event.process_log(receipt)  # type: ignore[misc]
            )
            logs.append(
                Log(name, decoded["args"], _hex(receipt["transactionHash"]), _place(receipt))
            )
        return sorted(logs, key=lambda log: log.place)

    def credits(self, id: bytes) -> dict[str, int]:
        """Wei credited to each account up to now, the owner's refund included."""
        return credits_of(self.history(id), self.created(id).terms)

    def sums(self, id: bytes, event: str) -> dict[str, int]:
        """Wei by account over all events `Slashed` or `Withdrawn` of the project."""
        total: dict[str, int] = {}
        for log in self._logs(event, {"id": id}):
            account = log["args"]["account"]
            total[account] = total.get(account, 0) + log["args"]["amount"]
        return total

    def withdrawn_in(self, receipt: TxReceipt) -> dict[str, int]:
        """Wei that a transaction paid out, by account."""
        found = self._contract.events.Withdrawn().process_receipt(receipt, errors=DISCARD)
        return {str(log["args"]["account"]): int(log["args"]["amount"]) for log in found}

    def rate_of(self, id: bytes, round_number: int) -> int:
        """The learning rate, in 1e-9, that a round was opened with."""
        found = self._logs("RoundOpened", {"id": id, "round": round_number})
        if not found:
            raise NotFoundError(f"round {round_number} of 0x{id.hex()} was not opened")
        return int(found[-1]["args"]["learningRate"])

    def funded(self, id: bytes) -> int:
        """Wei that were added to the deposit."""
        return sum(log["args"]["amount"] for log in self._logs("Funded", {"id": id}))

    def refund(self, id: bytes) -> int:
        """Wei that went back to the owner when the project closed; 0 before."""
        return sum(log["args"]["refund"] for log in self._logs("Closed", {"id": id}))

    def _logs(self, event: str, filters: dict[str, Any]) -> list[EventData]:
        found = self.connection.ask(
            lambda: getattr(self._contract.events, event).get_logs(
                from_block=0, to_block=self._block, argument_filters=filters
            )
        )
        return list(found)


def no_such_project(id: bytes) -> NotFoundError:
    """What is raised for an id that the market does not know."""
    return NotFoundError(f"there is no project 0x{id.hex()}", "check the id, --rpc and --contract")


def placed(reveals: Iterable[RevealEvent]) -> list[RevealEvent]:
    """Of the reveals of one epoch, in the order of their slots: beyond the slots one gives way."""
    slots: list[RevealEvent] = []
    for each in reveals:
        holders = [held.trainer for held in slots]
        if each.displaced == NOBODY:
            slots.append(each)
        # In none where the node's logs lag or lie: who acts on it asks the contract who stands.
        elif each.displaced != each.trainer and each.displaced in holders:
            slots[holders.index(each.displaced)] = each
    return slots


def credits_of(history: list[Log], terms: Terms) -> dict[str, int]:
    """Wei credited to each account by these events: settlements, other credits, the refund."""
    total: dict[str, int] = {}
    for log in history:
        args = log.args
        if log.name == "Settled":
            paid = [*zip(args["trainers"], args["payouts"], strict=True)]
            paid.append((args["aggregator"], terms.aggregator_fee))
        elif log.name == "Credited":
            paid = [(args["account"], args["amount"])]
        elif log.name == "Shared":
            paid = [(args["trainer"], args["amount"])]
        elif log.name == "Closed":
            paid = [(terms.owner, args["refund"])]
        else:
            continue
        for account, wei in paid:
            total[account] = total.get(account, 0) + wei
    return total


def _created(log: EventData) -> Created:
    args = log["args"]
    return Created(
        id=bytes(args["id"]),
        terms=Terms.from_abi(args["terms"]),
        deposit=args["deposit"],
        spec_cid=args["specCid"],
        model_cid=args["modelCid"],
        block=log["blockNumber"],
    )


def _point(value: Mapping[str, int]) -> Point:
    return Point(value["x"], value["y"])


def _place(log: Any) -> Place:
    return int(log["blockNumber"]), int(log["logIndex"])


def _hex(transaction: Any) -> str:
    return "0x" + bytes(transaction).hex()
