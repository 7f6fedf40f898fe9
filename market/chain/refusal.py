"""The contract's custom errors, each as one sentence that says what to do."""

from __future__ import annotations

from typing import Any

from eth_abi.abi import decode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from market.chain.artifact import Artifact
from market.chain.state import Phase
from market.errors import ContractError

_SENTENCES: dict[str, tuple[str, str]] = {
    "BadTerms": ("the terms are unsound: {0}", "change the specification"),
    "ProjectExists": ("the project 0x{0} exists already", "use another nonce"),
    "NoSuchProject": ("there is no project 0x{0}", "check the id and the contract"),
    "WrongPhase": ("the project is in phase {0}, the call needs {1}", "see `market status`"),
    "DeadlinePassed": ("the deadline {0} (unix seconds) has passed", "call `market advance`"),
    "DeadlineNotReached": ("the deadline {0} (unix seconds) has not passed", "wait for it"),
    "NotAggregator": ("{0} is not the aggregator {1}", "use the aggregator's key"),
    "NotOwner": ("{0} is not the owner {1}", "use the owner's key"),
    "WrongStake": ("a stake of {0} wei was sent, the terms say {1}", "send exactly that"),
    "AlreadyBonded": ("the aggregator has staked already", ""),
    "AlreadyJoined": ("{0} has joined already", ""),
    "NotATrainer": ("{0} is not an active trainer of the project", "join it first"),
    "NoFreeSlot": ("all {0} slots are taken", "look for another project"),
    "WrongRound": ("the call is for round {0}, the project is in {1}", "see `market status`"),
    "AlreadyCommitted": ("{0} has committed in this round already", ""),
    "EmptyCommitment": ("the commitment is zero", ""),
    "CommitmentMismatch": ("0x{0} was committed, 0x{1} was revealed", "reveal what was committed"),
    "NotCommitted": ("{0} has not committed in this round", "commit before you reveal"),
    "AlreadyRevealed": ("{0} has revealed in this round already", ""),
    "BadPoint": ("({0}, {1}) is not an acceptable commitment", "salt the delta"),
    "PointTaken": ("this commitment was revealed by {0} first", "train a delta of your own"),
    "ContentTaken": ("this content was revealed by {0} first", "train a delta of your own"),
    "BadCid": ("{0!r} is not an acceptable CID", ""),
    "VerifierChanged": ("the verifier's code hash is 0x{0}, the terms say 0x{1}", "do not settle"),
    "ProofRejected": ("the verifier rejected the proof", "prove about the revealed deltas"),
    "NothingToWithdraw": ("{0} has nothing to withdraw", "see `market status`"),
    "Bn254PrecompileFailed": ("a point is not on the curve", ""),
    "TooFewForKrum": ("{0} trainers are too few to tolerate {1} outliers", "wait for more"),
    "TooFewForShapley": ("{0} selected trainers are too few to score", "wait for more"),
    "InstanceCount": ("{0} instances were sent, the circuit has {1}", "use the project's circuit"),
    "InstanceNotInField": ("instance {0} is not below the field's order: {1}", ""),
    "FailedCall": ("the account that should be paid refuses it", ""),
    "InsufficientBalance": ("the contract holds {0} wei, {1} are needed", ""),
    "SafeCastOverflowedUintDowncast": ("{1} does not fit into {0} bits", "use a smaller number"),
    "SafeCastOverflowedUintToInt": ("{0} does not fit a signed number", "use a smaller number"),
    "InstanceTooLarge": ("instance {0} is too large to be honest: {1}", ""),
}


class Refusals:
    """Decodes revert data by the ABI of one contract."""

    def __init__(self, artifact: Artifact) -> None:
        self._errors: dict[bytes, tuple[str, list[tuple[str, str]]]] = {}
        for entry in artifact.abi:
            if entry["type"] == "error":
                inputs = [(i["type"], i.get("internalType", "")) for i in entry["inputs"]]
                signature = f"{entry['name']}({','.join(kind for kind, _ in inputs)})"
                self._errors[keccak(text=signature)[:4]] = (entry["name"], inputs)

    @property
    def names(self) -> set[str]:
        return {name for name, _ in self._errors.values()}

    def translate(self, data: bytes) -> ContractError:
        """The error that the revert data stands for."""
        known = self._errors.get(data[:4])
        if known is None:
            return ContractError("the contract refused the call", f"revert data 0x{data.hex()}")
        name, inputs = known
        try:
            values = decode([kind for kind, _ in inputs], data[4:])
            shown = [_show(value, *types) for value, types in zip(values, inputs, strict=True)]
        except Exception:  # whatever the node made of it
            return ContractError(f"the contract refused the call: {name}")
        sentence, hint = _SENTENCES.get(name, (f"the contract refused the call: {name}", ""))
        return ContractError(sentence.format(*shown), hint)


def _show(value: Any, kind: str, internal: str) -> Any:
    if internal == "enum Phase":
        return Phase(value).name.lower()
    if kind == "address":
        return to_checksum_address(value)
    return value.hex() if isinstance(value, bytes) else value


def sentences() -> set[str]:
    """Names of the errors that have a sentence of their own."""
    return set(_SENTENCES)
