"""The market contract as typed methods."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.providers import JSONBaseProvider
from web3.types import TxReceipt

from market.chain.artifact import Artifact, load_artifact
from market.chain.connection import Connection
from market.chain.deployed import DeployedMarket
from market.chain.events import no_such_project
from market.chain.payment import pay
from market.chain.refusal import Refusals
from market.chain.registry import Registry
from market.chain.state import (
    Announcement,
    Phase,
    ProjectState,
    SettledRound,
    Settlement,
    TrainerState,
)
from market.chain.terms import Terms
from market.chain.token import Token
from market.errors import ChainError, InputError, NotFoundError
from market.specification.amounts import NOBODY
from zk.binding import Binding
from zk.field import Point
from zk.folding import statement


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


def _abi() -> list[dict[str, Any]]:
    """Of the market and its rounds, which answer at one address; no interface names multicall."""
    own = [entry for entry in load_artifact("Market").abi if entry.get("name") == "multicall"]
    return [*load_artifact("IMarket").abi, *own]


class OtherCodeError(ChainError):
    """What stands at an address is not the contract that is expected there."""


class Market(DeployedMarket):
    """Calls and events of one deployed market.

    Calls that take money take it from the signing account: as native coin, or from its tokens,
    which they are allowed to take for exactly the amount.

    Args:
        rpc: URL of an Ethereum node, or a web3 provider.
        contract: address of the market.
        account: signs transactions; reading needs none.

    Raises:
        ChainError: the node is dead, or what stands at the address is not this market with its
            own registry and referee.
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
        connection = Connection(rpc, account, Refusals())
        self.contract_address = Web3.to_checksum_address(contract)
        market: Any = connection.web3.eth.contract(self.contract_address, abi=_abi())
        super().__init__(connection, market)
        self._check_code("Market", self.contract_address)
        # The addresses are immutables, which the comparison of the market's code leaves out.
        registry = self._part("VerifierRegistry", market.functions.registry())
        referee = self._part("Referee", market.functions.referee())
        rounds = self._part("Rounds", market.functions.rounds())
        self._check_parts(rounds, registry, referee)
        self._referee: Any = self._contract_at("Referee", referee)
        self.registry = Registry(connection, registry)

    def _part(self, name: str, call: Any) -> str:
        address = str(self._call(call))
        self._check_code(name, address)
        return address

    def _check_parts(self, rounds: str, registry: str, referee: str) -> None:
        """Codes may be right and ask a registry or a referee of somebody's own."""
        code = self._contract_at("Rounds", rounds).functions
        measurements = self._part("Measurements", code.measurements())
        measuring = self._contract_at("Measurements", measurements).functions
        asked = [str(self._call(call)) for call in (code.registry(), code.referee())]
        if [*asked, str(self._call(measuring.referee()))] != [registry, referee, referee]:
            raise ChainError(
                f"the market {self.contract_address} and its rounds ask different contracts",
                "check --rpc and --contract",
            )

    def _contract_at(self, name: str, address: str) -> Any:
        checked = Web3.to_checksum_address(address)
        return self.web3.eth.contract(checked, abi=load_artifact(name).abi)

    def _check_code(self, name: str, address: str) -> None:
        code = self.connection.ask(lambda: self.web3.eth.get_code(address))  # type: ignore[arg-type]
        if not load_artifact(name).matches(bytes(code)):
            raise OtherCodeError(
                f"the code at {address} is not this version of the {name}",
                "check --rpc and --contract",
            )

    def at_newest_block(self) -> Market:
        """The same market as it is now: its views and events stay those of the newest block.

        For who compares the two while others go on. A node answers about a block for as long as it
        keeps that block's state, usually for the next 128.
        """
        frozen = copy.copy(self)
        frozen._block = self.height()
        return frozen

    def height(self) -> int:
        """Number of the newest block."""
        return int(self.connection.ask(lambda: self.web3.eth.block_number))

    # --- calls that change something ---

    def announce(self, key: bytes, endpoint: str, peer: str) -> TxReceipt:
        return self._send(self._contract.functions.announce(key, endpoint, peer))

    def create(self, terms: Terms, spec_cid: str, model_cid: str, deposit: int) -> bytes:
        """Creates the project and returns its id."""
        call = self._contract.functions.create(terms.to_abi(), deposit, spec_cid, model_cid)
        self._pay(call, terms, deposit + terms.owner_bond)
        return self.id_of(terms)

    def fund(self, terms: Terms, amount: int) -> TxReceipt:
        """Adds to the trainers' budget."""
        return self._pay(self._contract.functions.fund(terms.to_abi(), amount), terms, amount)

    def cancel(self, terms: Terms) -> TxReceipt:
        return self._send(self._contract.functions.cancel(terms.to_abi()))

    def bond(self, terms: Terms) -> TxReceipt:
        """Stakes as a named aggregator, or fills the stake up again."""
        call = self._contract.functions.bond(terms.to_abi())
        missing = terms.aggregator_stake - self.aggregator_stake(self.id_of(terms), self.address)
        return self._pay(call, terms, missing)

    def join(self, terms: Terms, proof: Sequence[bytes] = ()) -> TxReceipt:
        """Stakes as a trainer.

        Args:
            proof: that the account is invited, where the terms name who may join.
        """
        call = self._contract.functions.join(terms.to_abi(), list(proof))
        return self._pay(call, terms, terms.trainer_stake)

    def exit(self, terms: Terms) -> TxReceipt:
        """Commits no more; the stake is due after the exit delay."""
        return self._send(self._contract.functions.exit(terms.to_abi()))

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

    def challenge(self, terms: Terms, round_number: int, accused: int) -> TxReceipt:
        """Demands that deltas be published: bit i of `accused` for the i-th reveal that stands."""
        call = self._contract.functions.challenge(terms.to_abi(), round_number, accused)
        return self._send(call)

    def answer(
        self, terms: Terms, round_number: int, slot: int, values: bytes, quotient: Point
    ) -> TxReceipt:
        """Publishes a challenged delta, two bytes an entry, with what shows that it is the one."""
        call = self._contract.functions.answer(
            terms.to_abi(), round_number, slot, values, (quotient.x, quotient.y)
        )
        return self._send(call)

    def claim(
        self, terms: Terms, epoch: int, slot: int, values: bytes, quotient: Point
    ) -> TxReceipt:
        """Opens a reveal of a round that was given up, for a part of what was forfeited."""
        call = self._contract.functions.claim(
            terms.to_abi(), epoch, slot, values, (quotient.x, quotient.y)
        )
        return self._send(call)

    def expel(self, terms: Terms, accounts: Sequence[str]) -> TxReceipt:
        """Slashes trainers that committed and did not reveal."""
        return self._send(self._contract.functions.expel(terms.to_abi(), list(accounts)))

    def dispute(self, terms: Terms) -> TxReceipt:
        """Asks the arbiters, for a bond, to judge the yardstick."""
        call = self._contract.functions.dispute(terms.to_abi())
        return self._pay(call, terms, terms.dispute_bond)

    def vote(self, terms: Terms, holds: bool) -> TxReceipt:
        """An arbiter's judgement of the yardstick."""
        return self._send(self._contract.functions.vote(terms.to_abi(), holds))

    def settle(self, terms: Terms, settlement: Settlement) -> TxReceipt:
        return self._send(self._contract.functions.settle(terms.to_abi(), *settlement.arguments))

    def advance(self, terms: Terms) -> TxReceipt:
        return self._send(self._contract.functions.advance(terms.to_abi()))

    def withdraw(self, terms: Terms) -> TxReceipt:
        return self._send(self._contract.functions.withdraw(terms.to_abi()))

    def withdraw_for(self, terms: Terms, accounts: Sequence[str]) -> TxReceipt:
        """Pays each account what it is due; one that refuses money is passed over."""
        return self._send(self._contract.functions.withdrawFor(terms.to_abi(), list(accounts)))

    def deploy_verifier(self, circuit: bytes, artifact: Artifact) -> str:
        """Address of the circuit's verifier, deployed to the registry if it is not there."""
        return self.registry.deploy(circuit, artifact)

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
        state = self._read(self._contract.functions.project(id), ProjectState.from_abi)
        if state.phase is Phase.NONE:
            raise no_such_project(id)
        return state

    def trainer(self, id: bytes, account: str) -> TrainerState:
        return self._read(self._contract.functions.trainer(id, account), TrainerState.from_abi)

    def announcement(self, account: str) -> Announcement | None:
        """What the account says of itself; None if it never said anything."""
        checked = Web3.to_checksum_address(account)
        key, endpoint, peer = self._call(self._contract.functions.announcement(checked))
        return Announcement(bytes(key), endpoint, peer) if any(key) else None

    def is_drawn(self, id: bytes, account: str) -> bool:
        """Whether the account may commit in this opening, if it is an active trainer."""
        return bool(self._call(self._contract.functions.isDrawn(id, account)))

    def is_silent(self, id: bytes, account: str) -> bool:
        """Whether a trainer committed, did not reveal, and was not expelled for it yet."""
        return bool(self._call(self._contract.functions.isSilent(id, account)))

    def verifier_of(self, circuit: bytes, code_hash: bytes) -> str | None:
        """Address of the circuit's verifier that has this code; None if there is none."""
        return self.registry.verifier_of(circuit, code_hash)

    def holdings(self, token: str, account: str) -> int:
        """What the account holds of a token, or of the native coin for `NOBODY`."""
        if token == NOBODY:
            return self.balance(account)
        return Token(self.connection, token).balance(account)

    def commitment_in(self, id: bytes, epoch: int, account: str) -> bytes:
        """The account's commitment in an epoch; zeros if there is none."""
        return bytes(self._call(self._contract.functions.commitmentIn(id, epoch, account)))

    def standing(self, id: bytes, epoch: int) -> list[tuple[str, Point]]:
        """Who has a reveal that stands in an epoch, and its point, in the order of the slots."""
        found = self._call(self._contract.functions.reveals(id, epoch))
        return [(str(trainer), Point(*point)) for trainer, _, point in found]

    def opens(self, terms: Terms, point: Point, values: bytes, quotient: Point) -> bool:
        """Whether the contract would take `values` for the delta behind `point`; sends nothing."""
        scheme = ((terms.zero.x, terms.zero.y), astuple(terms.tau), terms.logrows, terms.entries)
        call = self._referee.functions.opens(
            scheme, (point.x, point.y), values, (quotient.x, quotient.y)
        )
        return bool(self._call(call))

    def locked(self, id: bytes) -> int:
        return int(self._call(self._contract.functions.locked(id)))

    def withdrawable(self, terms: Terms, account: str) -> int:
        return int(self._call(self._contract.functions.withdrawable(terms.to_abi(), account)))

    def code_hash(self, address: str) -> bytes:
        """keccak256 of the code at the address."""
        checked = Web3.to_checksum_address(address)
        return bytes(Web3.keccak(self.connection.ask(lambda: self.web3.eth.get_code(checked))))

    # --- proofs ---

    def binding(self, id: bytes, found: SettledRound, model: Point) -> Binding:
        """The points that a settled round's proof was about.

        Args:
            model: commitment of the model that the round started from.

        Raises:
            ChainError: the node's logs lag behind.
        """
        terms = self.created(id).terms
        points = {r.trainer: r.point for r in self.all_reveals(id) if r.round == found.round}
        if not points.keys() >= set(found.trainers):
            raise ChainError(
                f"the node shows round {found.round} settled, and not all its reveals",
                "wait for its logs",
            )
        revealed = tuple(points[trainer] for trainer in found.trainers)
        return Binding(terms.zero, terms.statistics, model, revealed)

    def verify_gas(self, id: bytes, found: SettledRound, model: Point) -> int:
        """Gas of a transaction that does nothing but verify a settled round's proof.

        Raises:
            NotFoundError: no verifier is registered.
        """
        terms = self.created(id).terms
        settlement = self.settlement(found.transaction, terms)
        proof = statement(self.binding(id, found, model), settlement.folded, settlement.claims)
        address = self.verifier_of(terms.circuit, terms.verifier_code_hash)
        if address is None:
            raise NotFoundError(f"no verifier of circuit 0x{terms.circuit.hex()} is registered")
        verifier: Any = self.web3.eth.contract(
            Web3.to_checksum_address(address), abi=load_artifact("IVerifier").abi
        )
        call = verifier.functions.verifyProof(proof.data, proof.instances)
        return int(self.connection.ask(call.estimate_gas))

    def _pay(self, function: Any, terms: Terms, amount: int) -> TxReceipt:
        return pay(self.connection, self._contract, function, terms.token, amount)
