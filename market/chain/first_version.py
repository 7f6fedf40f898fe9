"""Markets of the first version: what is left to do on one is to get out with what one is owed.

Terms and states are read into those of today. What the first version had not, is nothing in them;
its floor for all that were selected stands in the place of attendance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, fields
from typing import Any

from eth_abi.abi import encode
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak
from web3 import Web3
from web3.providers import JSONBaseProvider
from web3.types import TxReceipt

from market.chain.artifact import load_artifact
from market.chain.connection import Connection
from market.chain.deployed import DeployedMarket
from market.chain.events import no_such_project
from market.chain.refusal import Refusals
from market.chain.state import (
    EVERYBODY,
    UNMEASURED,
    Audit,
    Created,
    Draw,
    Phase,
    ProjectState,
    RevealEvent,
    SettledRound,
    Standing,
    TrainerState,
)
from market.chain.terms import Terms, camel_case
from market.errors import ChainError, ContractError, InputError
from market.game import Selection, Step
from market.specification.amounts import NOBODY
from zk.field import Point, TwistPoint

COMMANDS = ("advance", "cancel", "exit", "status", "withdraw")
"""That work on a market of the first version."""
_NO_PHASE = 255
_COMMIT, _DONE = 2, 6
"""The first of the phases of a round, and of those of a closed project."""
_RENAMED = {"attendance_bps": "floorBps"}
_ABSENT: Mapping[str, Any] = {
    "rows": 0,
    "outputs": 0,
    "energy": 0,
    "rows_root": bytes(32),
    "evaluators": (),
    "evaluator_quorum": 0,
    "arbiters": (),
    "arbiter_quorum": 0,
    "audit_bps": 0,
    "invited": bytes(32),
    "selection": int(Selection.MULTI_KRUM),
    "step": int(Step.MEAN),
    "payment": 0,
    "pot_cap_bps": 0,
    "audit_seconds": 0,
    "measure_seconds": 0,
    "contest_seconds": 0,
    "owner_bond": 0,
    "dispute_bond": 0,
    "expected_gain": 0,
}


class FirstVersionError(ChainError):
    """A command that needs today's market was asked for on one of the first version."""

    def __init__(self, address: str) -> None:
        super().__init__(
            f"the market {address} is of the first version",
            f"on it {', '.join(f'`market {name}`' for name in COMMANDS)} work; for all else name "
            "a market of this version",
        )


class FirstMarket(DeployedMarket):
    """The exits of one deployed market of the first version.

    Args:
        rpc: URL of an Ethereum node, or a web3 provider.
        contract: address of the market.
        account: signs transactions; reading needs none.

    Raises:
        ChainError: the node is dead, or what stands at the address is no such market.
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
        artifact = load_artifact("v1/Market")
        connection = Connection(rpc, account, _FirstRefusals())
        self.contract_address = Web3.to_checksum_address(contract)
        super().__init__(
            connection, connection.web3.eth.contract(self.contract_address, abi=artifact.abi)
        )
        code = connection.ask(lambda: self.web3.eth.get_code(self.contract_address))
        if not artifact.matches(bytes(code)):
            raise ChainError(
                f"the code at {contract} is no market of the first version",
                "check --rpc and --contract",
            )

    # --- calls that change something ---

    def cancel(self, terms: Terms) -> TxReceipt:
        return self._send(self._contract.functions.cancel(first_terms(terms)))

    def exit(self, terms: Terms) -> TxReceipt:
        """Commits no more; the stake is due after the exit delay, or at once in Joining."""
        return self._send(self._contract.functions.exit(first_terms(terms)))

    def advance(self, terms: Terms) -> TxReceipt:
        return self._send(self._contract.functions.advance(first_terms(terms)))

    def withdraw(self, terms: Terms) -> TxReceipt:
        return self._send(self._contract.functions.withdraw(first_terms(terms)))

    def withdraw_for(self, terms: Terms, accounts: Sequence[str]) -> TxReceipt:
        """Pays each account what it is due; one that refuses money is passed over."""
        call = self._contract.functions.withdrawFor(first_terms(terms), list(accounts))
        return self._send(call)

    # --- views ---

    def created(self, id: bytes) -> Created:
        """The project's creation.

        Raises:
            NotFoundError: there is no such project.
        """
        found = self._logs("Created", {"id": id})
        if not found:
            raise no_such_project(id)
        args = found[0]["args"]
        return Created(
            id=id,
            terms=_todays_terms(args["terms"]),
            deposit=args["deposit"],
            spec_cid=args["specCid"],
            model_cid=args["modelCid"],
            block=found[0]["blockNumber"],
        )

    def project(self, id: bytes) -> ProjectState:
        """Raises NotFoundError if there is no such project."""
        state = self._read(self._contract.functions.project(id), _todays_state)
        if state.phase is Phase.NONE:
            raise no_such_project(id)
        return state

    def trainer(self, id: bytes, account: str) -> TrainerState:
        return self._read(self._contract.functions.trainer(id, account), _todays_trainer)

    def withdrawable(self, terms: Terms, account: str) -> int:
        call = self._contract.functions.withdrawable(first_terms(terms), account)
        return int(self._call(call))

    def all_reveals(self, id: bytes) -> list[RevealEvent]:
        """Every reveal of the project, also those that were set aside later."""
        found = [log["args"] for log in self._logs("Revealed", {"id": id})]
        return [
            RevealEvent(a["trainer"], a["round"], a["epoch"], Point(**a["point"]), a["cid"])
            for a in found
        ]

    def settled(self, id: bytes) -> list[SettledRound]:
        """Every settled round, without weights: those selected moved the model by their mean."""
        rounds = []
        for log in self._logs("Settled", {"id": id}):
            hash = log["transactionHash"]
            receipt = self.connection.ask(
                lambda hash=hash: self.web3.eth.get_transaction_receipt(hash)  # type: ignore[misc]
            )
            rounds.append(
                SettledRound.from_event(
                    {**log["args"], "weights": ()},
                    "0x" + bytes(hash).hex(),
                    (int(log["blockNumber"]), int(log["logIndex"])),
                    int(receipt["gasUsed"]),
                )
            )
        return rounds


def first_terms(terms: Terms) -> tuple[Any, ...]:
    """The tuple that the first version's contract hashes, of terms that were read from it."""
    create = next(e for e in load_artifact("v1/Market").abi if e.get("name") == "create")
    values = {
        _RENAMED.get(field.name, camel_case(field.name)): getattr(terms, field.name)
        for field in fields(terms)
    }
    ordered = (values[component["name"]] for component in create["inputs"][0]["components"])
    return tuple(astuple(v) if isinstance(v, Point | TwistPoint) else v for v in ordered)


def _todays_terms(decoded: Mapping[str, Any]) -> Terms:
    named = {camel_case(name): value for name, value in _ABSENT.items()}
    named |= decoded
    named |= {camel_case(name): decoded[first] for name, first in _RENAMED.items()}
    return Terms.from_abi({**named, "participants": decoded["slots"]})


def _todays_state(raw: Sequence[Any]) -> ProjectState:
    (
        phase,
        round,
        retries,
        active,
        pending,
        committed,
        epoch,
        deadline,
        learning_rate,
        challenged,
        accused,
        trainer_budget,
        fee_budget,
        stakes,
        aggregator,
        model,
        utility,
    ) = raw
    return ProjectState(
        phase=_todays_phase(phase),
        round=round,
        retries=retries,
        epoch=epoch,
        active=active,
        pending=pending,
        committed=committed,
        revealed=0,
        claims=0,
        challenged=challenged,
        accused=accused,
        deadline=deadline,
        earned=0,
        aggregator=aggregator,
        learning_rate=learning_rate,
        trainer_budget=trainer_budget,
        fee_budget=fee_budget,
        stakes=stakes,
        bonded=0,
        budget=0,
        gain_paid=0,
        bonds=0,
        forfeited=0,
        owed=0,
        model=Point(*model),
        utility=utility,
        initial_utility=0,
        best_utility=0,
        draw=Draw(bytes(32), 0, 0, EVERYBODY),
        audit=Audit(NOBODY, 0, False, 0, 0),
        measure=UNMEASURED,
    )


def _todays_trainer(raw: Sequence[Any]) -> TrainerState:
    standing, revealed_in, stake, credit = raw
    return TrainerState(Standing(standing), revealed_in, revealed_in, 0, stake, credit)


def _todays_phase(phase: int) -> Phase:
    if phase >= _DONE:
        return Phase(phase - _DONE + Phase.DONE)
    return Phase(phase - _COMMIT + Phase.COMMIT if phase >= _COMMIT else phase)


class _FirstRefusals(Refusals):
    """Says phases by the names that they have today."""

    _SELECTOR = keccak(text="WrongPhase(uint8,uint8)")[:4]

    def __init__(self) -> None:
        names = ("v1/Market", "v1/Referee", "VerifierRegistry", "IERC20Errors")
        super().__init__(*map(load_artifact, names))

    def translate(self, data: bytes) -> ContractError:
        if data[:4] == self._SELECTOR and len(data) == 68:
            try:
                phases = [int(_todays_phase(data[place])) for place in (35, 67)]
            except ValueError:
                phases = [_NO_PHASE, _NO_PHASE]  # of which only the name is said
            data = data[:4] + encode(["uint8", "uint8"], phases)
        return super().translate(data)
