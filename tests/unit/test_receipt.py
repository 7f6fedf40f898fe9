from __future__ import annotations

from typing import Any

import pytest
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from market.errors import TransportError
from market.flower.records import Record
from market.receipt import TrainingReceipt, read_receipt, sign_receipt

TRAINER = Account.from_key(b"\x01" * 32)
PROJECT = b"\x11" * 32
COMMITMENT = b"\x07" * 32


def record(**changes: Any) -> Record:
    return {**sign_receipt(TRAINER, PROJECT, 3, COMMITMENT, 0.5, 1.5), **changes}


def test_a_receipt_names_who_signed_it() -> None:
    assert read_receipt(PROJECT, record()) == TrainingReceipt(
        TRAINER.address, 3, COMMITMENT, 0.5, 1.5
    )


def test_a_receipt_holds_nothing_that_the_commitment_hides() -> None:
    assert record().keys() == {
        "epoch",
        "commitment",
        "waited_seconds",
        "busy_seconds",
        "signature",
    }


def test_no_tampered_receipt_speaks_for_the_trainer() -> None:
    assert read_receipt(b"\x12" * 32, record()).trainer != TRAINER.address
    for changes in ({"epoch": 4}, {"commitment": b"\x08" * 32}):
        assert read_receipt(PROJECT, record(**changes)).trainer != TRAINER.address


@given(st.integers(0, 63), st.integers(1, 255))
def test_no_tampered_signature_speaks_for_the_trainer(place: int, flip: int) -> None:
    signature = bytearray(record()["signature"])  # type: ignore[arg-type]
    # Not the last byte: it says which of two keys to recover, and is written in several ways.
    signature[place] ^= flip
    try:
        found = read_receipt(PROJECT, record(signature=bytes(signature)))
    except TransportError:
        return
    assert found.trainer != TRAINER.address


@pytest.mark.parametrize(
    "name", ["epoch", "commitment", "waited_seconds", "busy_seconds", "signature"]
)
@pytest.mark.parametrize("value", [None, [1], {}])
def test_an_entry_of_another_type_is_refused(name: str, value: Any) -> None:
    with pytest.raises(TransportError, match="lacks an entry"):
        read_receipt(PROJECT, record(**{name: value}))
    missing = {key: entry for key, entry in record().items() if key != name}
    with pytest.raises(TransportError, match="lacks an entry"):
        read_receipt(PROJECT, missing)


@given(st.binary(max_size=70))
def test_any_bytes_as_signature_are_another_account_or_refused(signature: bytes) -> None:
    try:
        found = read_receipt(PROJECT, record(signature=signature))
    except TransportError:
        return
    assert found.trainer != TRAINER.address
