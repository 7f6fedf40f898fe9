"""The market contract as typed methods."""

from __future__ import annotations

from typing import Any

from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.providers import JSONBaseProvider
from web3.types import EventData, TxReceipt

from market.chain.artifact import load_artifact
from market.chain.connection import Connection
from market.chain.refusal import Refusals
from market.chain.state import (
    Announcement,
    Created,
    Phase,
    ProjectState,
    RevealEvent,
    SettledRound,
    Settlement,
    TrainerState,
)
from market.chain.terms import Terms
from market.errors import ChainError, InputError, NotFoundError
from zk.field import Point


def project_id(text: str) -> bytes:
    """Parses a project id, 32 bytes of hexadecimal.

    Raises:
        InputError: it is not.
    """
    try:
        value = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        value = b""
    if len(value) != 32:
        raise InputError(
            f"{text[:80]!r} is not a project id", "it has 64 hexadecimal digits after 0x"
        )
    return value


class Market:
    """Calls and events of one deployed market.

    Args:
        rpc: URL of an Ethereum node, or a web3 provider.
        contract: address of the market.
        account: signs transactions; reading needs none.

    Raises:
        ChainError: the node is dead, or there is no such contract at the address.
        InputError: `contract` is not an address.
    """

    def __init__(
        self,
        rpc: str | JSONBaseProvider,
        contract: str,
        account: LocalAccount | None = None,
    ) -> None:
        if not Web3.is_address(contract):
            raise InputError(f"{contract[:80]!r} is not an address", "check --contract")
        artifact = load_artifact("Market")
        self.connection = Connection(rpc, account, Refusals(artifact))
        self.web3 = self.connection.web3
        self.contract_address = Web3.to_checksum_address(contract)
        code = bytes(self.connection.ask(lambda: self.web3.eth.get_code(self.contract_address)))
        if not artifact.matches(code):
            raise ChainError(
                f"the code at {self.contract_address} is not this version of the market",
                "check --rpc and --contract",
            )
        self._contract: Any = self.web3.eth.contract(self.contract_address, abi=artifact.abi)

    @property
    def address(self) -> str:
        """Address of the signing account."""
        return self.connection.address

    # --- calls that change something ---

    def announce(self, key: bytes, endpoint: str, peer: str) -> TxReceipt:
        return self._send(self._contract.functions.announce(key, endpoint, peer))

    def create(self, terms: Terms, spec_cid: str, model_cid: str, deposit: int) -> bytes:
        """Creates the project and returns its id."""
        call = self._contract.functions.create(terms.to_abi(), spec_cid, model_cid)
        self._send(call, deposit)
        return self.id_of(terms)

    def cancel(self, terms: Terms) -> TxReceipt:
        return self._send(self._contract.functions.cancel(terms.to_abi()))

    def bond(self, terms: Terms) -> TxReceipt:
        return self._send(self._contract.functions.bond(terms.to_abi()), terms.aggregator_stake)

    def join(self, terms: Terms) -> TxReceipt:
        return self._send(self._contract.functions.join(terms.to_abi()), terms.trainer_stake)

    def commit(self, terms: Terms, round_number: int, commitment: bytes) -> TxReceipt:
        call = self._contract.functions.commit(terms.to_abi(), round_number, commitment)
        return self._send(call)

    def reveal(
        self, terms: Terms, round_number: int, point: Point, cid: str, salt: bytes
    ) -> TxReceipt:
        call = self._contract.functions.reveal(
            terms.to_abi(), round_number, (point.x, point.y), cid, salt
        )
        return self._send(call)

    def settle(self, terms: Terms, settlement: Settlement) -> TxReceipt:
        call = self._contract.functions.settle(
            terms.to_abi(), settlement.model_cid, settlement.proof, list(settlement.instances)
        )
        return self._send(call)

    def advance(self, terms: Terms) -> TxReceipt:
        return self._send(self._contract.functions.advance(terms.to_abi()))

    def withdraw(self, terms: Terms) -> TxReceipt:
        return self._send(self._contract.functions.withdraw(terms.to_abi()))

    # --- views ---

    def id_of(self, terms: Terms) -> bytes:
        return bytes(self._call(self._contract.functions.idOf(terms.to_abi())))

    def commitment_of(
        self, trainer: str, id: bytes, round_number: int, point: Point, cid: str, salt: bytes
    ) -> bytes:
        """What `trainer` commits to, as the contract computes it."""
        call = self._contract.functions.commitmentOf(
            trainer, id, round_number, (point.x, point.y), cid, salt
        )
        return bytes(self._call(call))

    def project(self, id: bytes) -> ProjectState:
        """Raises NotFoundError if there is no such project."""
        raw = self._call(self._contract.functions.project(id))
        fields: Any = [Phase(raw[0]), *raw[1:11], Point(*raw[11]), raw[12]]
        state = ProjectState(*fields)
        if state.phase is Phase.NONE:
            raise NotFoundError(
                f"there is no project 0x{id.hex()}", "check the id, --rpc and --contract"
            )
        return state

    def trainer(self, id: bytes, account: str) -> TrainerState:
        return TrainerState(*self._call(self._contract.functions.trainer(id, account)))

    def trainers(self, id: bytes) -> list[str]:
        return list(self._call(self._contract.functions.trainers(id)))

    def commitment_in(self, id: bytes, epoch: int, account: str) -> bytes:
        """The account's commitment in an epoch; zeros if there is none."""
        return bytes(self._call(self._contract.functions.commitmentIn(id, epoch, account)))

    def locked(self, id: bytes) -> int:
        return int(self._call(self._contract.functions.locked(id)))

    def credit(self, id: bytes, account: str) -> int:
        """Wei credited to the account and not withdrawn; stakes not included."""
        return int(self._call(self._contract.functions.credit(id, account)))

    def withdrawable(self, terms: Terms, account: str) -> int:
        return int(self._call(self._contract.functions.withdrawable(terms.to_abi(), account)))

    def balance(self, account: str) -> int:
        """Wei that the account holds."""
        checked = Web3.to_checksum_address(account)
        return int(self.connection.ask(lambda: self.web3.eth.get_balance(checked)))

    def code_hash(self, address: str) -> bytes:
        """keccak256 of the code at the address."""
        checked = Web3.to_checksum_address(address)
        return bytes(Web3.keccak(self.connection.ask(lambda: self.web3.eth.get_code(checked))))

    # --- events ---

    def created(self, id: bytes) -> Created:
        """The project's creation.

        Raises:
            NotFoundError: there is no such project.
        """
        found = self._logs("Created", {"id": id})
        if not found:
            raise NotFoundError(
                f"there is no project 0x{id.hex()}", "check the id, --rpc and --contract"
            )
        args = found[0]["args"]
        return Created(
            id=id,
            terms=Terms.from_abi(args["terms"]),
            deposit=args["deposit"],
            spec_cid=args["specCid"],
            model_cid=args["modelCid"],
            block=found[0]["blockNumber"],
        )

    def announcement(self, account: str) -> Announcement | None:
        """The account's newest announcement."""
        found = self._logs("Announced", {"account": Web3.to_checksum_address(account)})
        if not found:
            return None
        args = found[-1]["args"]
        return Announcement(args["encryptionKey"], args["endpoint"], args["peer"])

    def committed(self, id: bytes, round_number: int) -> list[str]:
        """Who committed in a round, in any of its openings, in order."""
        found = self._logs("Committed", {"id": id, "round": round_number})
        return list(dict.fromkeys(str(log["args"]["trainer"]) for log in found))

    def reveals(self, id: bytes, epoch: int) -> list[RevealEvent]:
        """The reveals of an epoch in the order of the slots."""
        return [event for event in self.all_reveals(id) if event.epoch == epoch]

    def all_reveals(self, id: bytes) -> list[RevealEvent]:
        """Every reveal of the project, oldest first."""
        return [
            RevealEvent(
                trainer=args["trainer"],
                round=args["round"],
                epoch=args["epoch"],
                point=Point(args["point"]["x"], args["point"]["y"]),
                cid=args["cid"],
            )
            for args in (log["args"] for log in self._logs("Revealed", {"id": id}))
        ]

    def settled(self, id: bytes) -> list[SettledRound]:
        """Every settled round, oldest first."""
        rounds = []
        for log in self._logs("Settled", {"id": id}):
            args, transaction = log["args"], log["transactionHash"]
            receipt = self._receipt(transaction)
            rounds.append(
                SettledRound(
                    round=args["round"],
                    trainers=tuple(args["trainers"]),
                    selected=args["selected"],
                    scores=tuple(args["scores"]),
                    denominator=args["scoreDenominator"],
                    payouts=tuple(args["payouts"]),
                    utility_before=args["utilityBefore"],
                    utility_after=args["utilityAfter"],
                    model=Point(args["model"]["x"], args["model"]["y"]),
                    model_cid=args["modelCid"],
                    transaction="0x" + bytes(transaction).hex(),
                    block=log["blockNumber"],
                    gas=receipt["gasUsed"],
                )
            )
        return rounds

    def settlement(self, transaction: str) -> Settlement:
        """The arguments of the `settle` call in a transaction.

        Raises:
            ChainError: the transaction is no such call.
        """
        found = self.connection.ask(
            lambda: self.web3.eth.get_transaction(bytes.fromhex(transaction[2:]))  # type: ignore[arg-type]
        )
        function, arguments = self.connection.ask(
            lambda: self._contract.decode_function_input(found["input"])
        )
        if function.fn_name != "settle":
            raise ChainError(f"transaction {transaction} calls {function.fn_name}, not settle")
        return Settlement(
            arguments["modelCid"], bytes(arguments["proof"]), tuple(arguments["instances"])
        )

    def committed_bytes(self, terms: Terms, found: SettledRound, id: bytes, model: Point) -> bytes:
        """The commitments that the contract put in front of a settled round's proof.

        Args:
            model: commitment of the model that the round started from.
        """
        points = {r.trainer: r.point for r in self.all_reveals(id) if r.round == found.round}
        revealed = [points[trainer] for trainer in found.trainers]
        unused = [terms.zero] * (terms.slots - len(revealed))
        stored = [terms.curvature, terms.target, model, *revealed, *unused]
        return b"".join(point.to_bytes() for point in stored)

    def verify_gas(self, id: bytes, found: SettledRound, model: Point) -> int:
        """Gas of a transaction that does nothing but verify a settled round's proof."""
        terms, settlement = self.created(id).terms, self.settlement(found.transaction)
        proof = self.committed_bytes(terms, found, id, model) + settlement.proof
        verifier: Any = self.web3.eth.contract(
            Web3.to_checksum_address(terms.verifier), abi=load_artifact("IVerifier").abi
        )
        call = verifier.functions.verifyProof(proof, list(settlement.instances))
        return int(self.connection.ask(call.estimate_gas))

    def sums(self, id: bytes, event: str) -> dict[str, int]:
        """Wei by account over all events `Credited`, `Slashed` or `Withdrawn` of the project."""
        total: dict[str, int] = {}
        for log in self._logs(event, {"id": id}):
            account = log["args"]["account"]
            total[account] = total.get(account, 0) + log["args"]["amount"]
        return total

    def forfeited(self, id: bytes) -> list[tuple[int, int]]:
        """(block, wei) of slashed stakes that nobody was credited with: they joined the budget.

        That is what rounding leaves, or all of it where nobody had revealed.
        """
        left: dict[bytes, int] = {}
        blocks: dict[bytes, int] = {}
        for event, sign in (("Slashed", 1), ("Credited", -1)):
            for log in self._logs(event, {"id": id}):
                transaction = bytes(log["transactionHash"])
                if event == "Slashed":
                    blocks[transaction] = log["blockNumber"]
                left[transaction] = left.get(transaction, 0) + sign * log["args"]["amount"]
        return [(block, left[transaction]) for transaction, block in blocks.items()]

    def stakes(self, id: bytes, event: str) -> list[int]:
        """Wei of each stake that `Joined` or `AggregatorBonded` events report."""
        return [int(log["args"]["stake"]) for log in self._logs(event, {"id": id})]

    def rate_of(self, id: bytes, round_number: int) -> int:
        """The learning rate, in 1e-9, that a round was opened with."""
        found = self._logs("RoundOpened", {"id": id, "round": round_number})
        if not found:
            raise NotFoundError(f"round {round_number} of 0x{id.hex()} was not opened")
        return int(found[-1]["args"]["learningRate"])

    def refund(self, id: bytes) -> int:
        """Wei that went back to the owner when the project closed; 0 before."""
        return sum(log["args"]["refund"] for log in self._logs("Closed", {"id": id}))

    def _logs(self, event: str, filters: dict[str, Any]) -> list[EventData]:
        found = self.connection.ask(
            lambda: getattr(self._contract.events, event).get_logs(
                from_block=0, argument_filters=filters
            )
        )
        return list(found)

    def _receipt(self, transaction: Any) -> TxReceipt:
        return self.connection.ask(lambda: self.web3.eth.get_transaction_receipt(transaction))

    def _call(self, function: Any) -> Any:
        return self.connection.ask(function.call)

    def _send(self, function: Any, value: int = 0) -> TxReceipt:
        return self.connection.send(function, value)
