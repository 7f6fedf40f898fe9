"""What a trainer tells the aggregator over Flower, signed with its account's key (EIP-191).

Nothing is paid for a receipt: it lets an aggregator know who is at work. The
signature keeps a stranger who connects to the SuperLink from speaking for a trainer.
"""

from __future__ import annotations

from dataclasses import dataclass

from eth_account import Account
from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount

from market.errors import TransportError
from market.flower.records import Record


@dataclass(frozen=True)
class TrainingReceipt:
    """A trainer's word that it has committed.

    Args:
        trainer: account that signed.
        epoch: the opening of a round it is about.
        commitment: what it committed to, 32 bytes; says nothing about the delta before the reveal.
        waited_seconds: how long it waited for the invitation, by the trainer's clock.
        busy_seconds: what training and committing took, by the trainer's clock.
    """

    trainer: str
    epoch: int
    commitment: bytes
    waited_seconds: float
    busy_seconds: float


def sign_receipt(
    account: LocalAccount,
    project: bytes,
    epoch: int,
    commitment: bytes,
    waited_seconds: float,
    busy_seconds: float,
) -> Record:
    """The receipt as a Flower record."""
    message = _message(project, epoch, commitment)
    return {
        "epoch": epoch,
        "commitment": commitment,
        "waited_seconds": waited_seconds,
        "busy_seconds": busy_seconds,
        "signature": bytes(account.sign_message(encode_defunct(text=message)).signature),
    }


def read_receipt(project: bytes, record: Record) -> TrainingReceipt:
    """Parses and checks a receipt.

    Raises:
        TransportError: an entry is missing or of another type, or nobody signed it.
    """
    epoch, commitment = record.get("epoch"), record.get("commitment")
    waited, busy = record.get("waited_seconds"), record.get("busy_seconds")
    signature = record.get("signature")
    if not (
        isinstance(epoch, int)
        and isinstance(commitment, bytes)
        and isinstance(waited, float)
        and isinstance(busy, float)
        and isinstance(signature, bytes)
    ):
        raise TransportError("a receipt lacks an entry, or one has another type")
    try:
        trainer = Account.recover_message(
            encode_defunct(text=_message(project, epoch, commitment)), signature=signature
        )
    except Exception as error:  # eth-keys raises many kinds for a malformed signature
        raise TransportError("a receipt's signature is malformed") from error
    return TrainingReceipt(str(trainer), epoch, commitment, waited, busy)


def _message(project: bytes, epoch: int, commitment: bytes) -> str:
    return (
        f"federated market receipt\nproject 0x{project.hex()}\n"
        f"epoch {epoch}\ncommitment 0x{commitment.hex()}"
    )
