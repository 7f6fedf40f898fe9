"""The contract's custom errors, each as one sentence that says what to do."""

from __future__ import annotations

from typing import Any

from eth_abi.abi import decode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from market.chain.artifact import Artifact, load_artifact
from market.chain.state import Phase
from market.errors import ContractError
from market.instants import instant

CONTRACTS = (
    "Market",
    "Rounds",
    "Measurements",
    "Referee",
    "VerifierRegistry",
    "IERC20Errors",
)
"""Whose errors a call of the market can end with."""

_SENTENCES: dict[str, tuple[str, str]] = {
    # terms and phases
    "BadTerms": ("the terms are unsound: {0}", "change the specification"),
    "ProjectExists": ("the project 0x{0} exists already", "use another nonce"),
    "NoSuchProject": ("there is no project 0x{0}", "check the id and the contract"),
    "WrongPhase": ("the project is in phase {0}, the call needs {1}", "see `market status`"),
    "DeadlinePassed": ("the deadline, {0}, has passed", "call `market advance`"),
    "DeadlineNotReached": ("the deadline, {0}, has not passed", "wait for it"),
    "WrongRound": ("the call is for round {0}, the project is in {1}", "see `market status`"),
    # roles
    "NotAggregator": ("{0} is not the aggregator in office, {1}", "wait until it is its turn"),
    "NotNamed": ("the terms do not name {0} as an aggregator", "use a named aggregator's key"),
    "NotOwner": ("{0} is not the owner {1}", "use the owner's key"),
    "AlreadyBonded": ("the aggregator {0} has staked already", "run `market aggregate`"),
    "Dismissed": (
        "the aggregator {0} has missed a deadline of this project",
        "leave it to another named aggregator",
    ),
    "AlreadyJoined": (
        "{0} has joined already, or has left for good",
        "join with another account, or go on with this one",
    ),
    "NotATrainer": (
        "{0} is not an active trainer of the project",
        "it has to join, and not to have left or been expelled; see `market status`",
    ),
    "NoFreePlace": ("all {0} places are taken", "look for another project"),
    "NotInvited": (
        "{0} is not among the accounts that the terms invite",
        "ask the owner for an invitation, and give it with --invitation",
    ),
    "PotNotCovered": (
        "a round could pay {0}, the aggregators' stakes cover {1}",
        "raise reward.aggregator_stake, name more aggregators, or lower reward.pot_cap_bps",
    ),
    "NotDrawn": (
        "{0} is not drawn for this opening",
        "wait: everybody is drawn once in a cycle of openings",
    ),
    "NotSilent": ("{0} has kept silent in no opening", "expel only who has"),
    "TextTooLong": ("a text has {0} bytes, at most {1} are kept", "announce a shorter one"),
    "NotDisputable": (
        "the yardstick of 0x{0} can no longer be disputed, or has nobody to judge it",
        "dispute once, before the first settlement, where the terms name arbiters",
    ),
    "NotAnArbiter": ("the terms do not name {0} as an arbiter", "use an arbiter's key"),
    "AlreadyVoted": ("{0} has voted already", "wait for the others"),
    "NotAnEvaluator": ("{0} is not asked to measure now", "use an evaluator's key"),
    "CoordinatesDrawn": ("the round's coordinates are drawn already: 0x{0}", "measure in them"),
    "NoCoordinates": ("measurement {0} has no coordinates yet", "draw them first"),
    "NoHashYet": ("block {0}, which decides, is not there yet", "wait for it"),
    "WrongMeasurement": ("measurement {0} is not the open one, {1}", "see `market status`"),
    "BadMeasurement": ("the measured numbers are out of range", "measure again"),
    "NoSuchReveal": ("no reveal stands in epoch {0} at slot {1}", "see `market status`"),
    "AlreadyClaimed": ("a delta of {0} has been opened already", "withdraw when it is over"),
    "NegativeCurvature": (
        "the products of trainer {0} say that it bends utility upwards",
        "do not settle: the validation statistics are no squares of real rows",
    ),
    "HasTrainers": (
        "{0} trainers have joined, so the project cannot be cancelled",
        "let it run; what is not earned comes back",
    ),
    # money
    "AmountOutOfRange": ("the amount {0} is zero or above {1}", "choose one between"),
    "NothingToWithdraw": ("{0} has nothing to withdraw", "see `market status`"),
    "WrongValue": (
        "{0} wei were sent along, {1} are due",
        "send what the terms say; nothing if they are paid in a token",
    ),
    "TokenTookFee": (
        "the token {0} delivered {1} of {2}",
        "use a token that takes no fee on transfers",
    ),
    "SafeERC20FailedOperation": (
        "the token {0} refused the transfer",
        "check balance and allowance, and whether the token lets this account trade",
    ),
    "AddressEmptyCode": ("there is no contract at the token's address {0}", "check the token"),
    "FailedCall": (
        "the account that should be paid refuses the money",
        "use an account that takes native coin",
    ),
    "InsufficientBalance": ("the contract holds {0}, {1} are needed", "report this"),
    "ERC20InsufficientBalance": ("{0} holds {1} of the token, {2} are needed", "get more of it"),
    "ERC20InsufficientAllowance": (
        "the market may take {1} of the token, {2} are needed",
        "run the command again: it approves what it needs",
    ),
    "ERC20InvalidSender": ("the token does not let {0} send it", "use another account"),
    "ERC20InvalidReceiver": ("the token does not let {0} receive it", "use another account"),
    "ERC20InvalidApprover": ("the token does not let {0} approve", "use another account"),
    "ERC20InvalidSpender": ("the token does not let {0} spend it", "use another token"),
    # a round
    "AlreadyCommitted": ("{0} has committed in this round already", "reveal that commitment"),
    "EmptyCommitment": ("the commitment is zero", "commit to a delta"),
    "CommitmentMismatch": ("0x{0} was committed, 0x{1} was revealed", "reveal what was committed"),
    "NotCommitted": ("{0} has not committed in this round", "commit before you reveal"),
    "AlreadyRevealed": ("{0} has revealed in this round already", "wait for the settlement"),
    "BadPoint": ("({0}, {1}) is not an acceptable commitment", "salt the delta"),
    "PointTaken": ("this commitment was revealed by {0} first", "train a delta of your own"),
    "BadCid": ("{0!r} is not an acceptable CID", "give one of 1 to 64 characters"),
    # challenges
    "AlreadyChallenged": ("the challenge of epoch {0} has been used", "settle with what stands"),
    "NobodyAccused": (
        "the bits {0} accuse nobody, or more than the {1} reveals",
        "set bit i for the i-th reveal",
    ),
    "StakeBelowBonds": (
        "the aggregator's stake of {0} is below the bonds of {1}",
        "challenge fewer deltas",
    ),
    "NotAccused": ("the delta in slot {0} is not challenged", "nothing is to be done"),
    "DoesNotOpen": (
        "what was published is not the delta committed to in slot {0}",
        "publish the salted delta from the trainer's journal",
    ),
    # settlement
    "NoVerifier": (
        "no verifier of circuit 0x{0} with code hash 0x{1} is registered",
        "deploy it: `market create-project` does",
    ),
    "ProofRejected": ("the verifier rejected the proof", "prove about the revealed deltas"),
    "TooFewForShapley": ("{0} selected trainers are too few to score", "wait for more"),
    "TooFewToLeaveOneOut": ("{0} selected trainers are too few to score", "wait for more"),
    "ClaimCount": ("{0} claims were sent, the round has {1}", "prove about all that revealed"),
    "ClaimNotInField": (
        "claim {0} is not below the field's order: {1}",
        "send the claims as they were proven",
    ),
    "ClaimTooLarge": (
        "claim {0} is too large to be honest: {1}",
        "look for a delta that is out of range",
    ),
    # the registry
    "VerifierExists": ("the verifier stands at {0} already", "use it"),
    "FailedDeployment": (
        "the verifier could not be deployed",
        "look whether it stands already; otherwise compile it again",
    ),
    "Create2EmptyBytecode": ("the verifier has no code", "compile it again"),
    # arithmetic and the guard
    "Bn254PrecompileFailed": ("a point is not on the curve", "send the engine's own points"),
    "SafeCastOverflowedUintDowncast": ("{1} does not fit into {0} bits", "use a smaller number"),
    "SafeCastOverflowedUintToInt": ("{0} does not fit a signed number", "use a smaller number"),
    "ReentrancyGuardReentrantCall": (
        "the call came from within another one",
        "do not call the market from a token or a wallet while it pays",
    ),
}

_DEADLINES = ("DeadlinePassed", "DeadlineNotReached")


class Refusals:
    """Decodes revert data by the ABIs of some contracts, those of `CONTRACTS` if none are given."""

    def __init__(self, *artifacts: Artifact) -> None:
        self._errors: dict[bytes, tuple[str, list[tuple[str, str]]]] = {}
        for artifact in artifacts or map(load_artifact, CONTRACTS):
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
            if name in _DEADLINES:
                shown[0] = instant(values[0])
        except Exception:  # whatever the node made of it
            return ContractError(f"the contract refused the call: {name}")
        if name == "WrongPhase" and Phase(values[0]).closed:
            return ContractError(
                f"the project is over: {shown[0]}", "only `market withdraw` is left"
            )
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
