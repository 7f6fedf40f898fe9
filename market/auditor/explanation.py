"""Why an account was paid what it was paid for a round: the answer's parts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from market.auditor.arithmetic import Arithmetic


class Outcome(Enum):
    """What became of an account in a round; the value is the reason in a sentence."""

    PAID = "its delta was selected, and paid by its score"
    ATTENDANCE = "its delta was selected, and paid for attendance alone"
    FEE = "it settled the round, for the aggregator's fee"
    STANDBY = "another aggregator settled the round"
    WAITING = "what the round gained is owed until the end, and it has a part of it"
    NO_CONTRIBUTION = "its delta was selected, but nothing of its score is sure"
    NOTHING_GAINED = "its delta was selected, in a round that had nothing to pay"
    ZERO_DELTA = "its delta was zero, which scores nothing"
    DROPPED = "its delta made the model worse beyond chance, and was left out"
    OUTLIER = "multi-Krum found its delta to be an outlier"
    SET_ASIDE = "its delta was challenged, and nobody published it in time"
    SURPLUS = "more revealed than the round has slots, and its reveal gave way"
    NOT_REVEALED = "it committed and did not reveal, which costs its stake"
    NOT_COMMITTED = "it did not commit in the opening that was settled"
    NOT_DRAWN = "it was not drawn for the opening that was settled"
    SILENT = "it had kept silent in an earlier opening, and can commit no more"
    EXPELLED = "it had been expelled"
    LEFT = "it had left the project"
    SHARED = "the round was given up, and its reveal was opened for a part of what was forfeited"
    NOTHING_SHARED = "the round was given up, and no reveal of its was opened"


@dataclass(frozen=True)
class GivenUp:
    """A round that nobody proved.

    Args:
        reason: why, in a clause.
        forfeited: wei that is shared, or will be.
        claimants: whose reveals were opened.
        closed: whether nobody can be added.
    """

    reason: str
    forfeited: int
    claimants: int
    closed: bool

    @property
    def part(self) -> int:
        """Wei of each; who withdraws last has what does not divide as well."""
        return self.forfeited // self.claimants if self.claimants else 0


@dataclass(frozen=True)
class Explanation:
    """One payout.

    Args:
        round: from 0.
        account: whose.
        outcome: what became of it.
        payout: in the smallest unit.
        transaction: that credited it, or decided that there is nothing.
        compensation: what it had besides, of what others forfeited.
        slashed: what it lost.
        arithmetic: of a settled round, for whoever's reveal stood.
        given_up: of a round that was.
        proof_hash: keccak256 of the settlement's proof.
        verifier: address of the verifier that accepted it.
        verifier_code_hash: keccak256 of its code, as the terms name it.
        differences: where the recomputation disagrees with the contract; empty if it agrees.
    """

    round: int
    account: str
    outcome: Outcome
    payout: int
    transaction: str
    compensation: int = 0
    slashed: int = 0
    arithmetic: Arithmetic | None = None
    given_up: GivenUp | None = None
    proof_hash: bytes | None = None
    verifier: str | None = None
    verifier_code_hash: bytes | None = None
    differences: tuple[str, ...] = ()

    @property
    def agrees(self) -> bool:
        return not self.differences
