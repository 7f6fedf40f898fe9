"""Every error a user can meet, with the exit code it ends a command with.

    MarketError                1   a claim does not hold, or nothing more specific applies
    +-- InputError             3   a file, spec, key or data set given by the user is unusable
    +-- ChainError             4   the RPC endpoint is dead, or speaks for another network
    +-- ContractError          5   the contract refused the call
    +-- StorageError           6   IPFS is dead, or content is missing or not what its name says
    +-- FundsError             7   the account cannot pay for what it asked
    +-- ProofError             8   setting up, proving or verifying failed
    +-- NotFoundError          9   no such project, round or participant
    +-- DeadlineError         10   waited as long as allowed, and nothing came
    +-- TransportError        11   Flower is dead, or a peer broke the message protocol

0 is success, 2 a wrong command line (click), 130 an interrupt.
"""

from __future__ import annotations


class MarketError(Exception):
    """Base of all expected errors: one line of what went wrong, one of what to do.

    Args:
        message: what was wrong and where.
        hint: what the user can do about it; empty if there is nothing to do.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class InputError(MarketError):
    exit_code = 3


class ChainError(MarketError):
    exit_code = 4


class ContractError(MarketError):
    exit_code = 5


class StorageError(MarketError):
    exit_code = 6


class FundsError(MarketError):
    exit_code = 7


class ProofError(MarketError):
    exit_code = 8


class NotFoundError(MarketError):
    exit_code = 9


class DeadlineError(MarketError):
    exit_code = 10


class TransportError(MarketError):
    exit_code = 11
