from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.errors import InputError, StorageError
from market.storage.encryption import new_private_key, public_key_of
from market.storage.envelope import (
    MAX_OVERHEAD_BYTES,
    MAX_RECIPIENTS,
    enclose,
    enclose_alike,
    open_envelope,
)

KEYS = [new_private_key() for _ in range(3)]
PUBLIC = [public_key_of(key) for key in KEYS]


@given(data=st.binary(max_size=200))
def test_every_recipient_opens_it(data: bytes) -> None:
    envelope = enclose(data, PUBLIC)
    assert [open_envelope(envelope, key) for key in KEYS] == [data] * 3
    assert len(envelope) - len(data) <= MAX_OVERHEAD_BYTES


@given(data=st.binary(max_size=200))
def test_who_knows_the_content_makes_the_same_envelope(data: bytes) -> None:
    envelope = enclose_alike(data, PUBLIC)
    assert envelope == enclose_alike(data, PUBLIC) != enclose_alike(data + b"1", PUBLIC)
    assert [open_envelope(envelope, key) for key in KEYS] == [data] * 3
    assert len(envelope) == len(enclose(data, PUBLIC))
    # No two contents or recipients share a key.
    assert envelope[1:49] != enclose_alike(data + b"1", PUBLIC)[1:49] != envelope[81:129]


def test_nobody_else_opens_it() -> None:
    with pytest.raises(StorageError, match="cannot be decrypted"):
        open_envelope(enclose(b"delta", PUBLIC), new_private_key())


@given(st.data())
def test_a_changed_byte_shows(data: st.DataObject) -> None:
    envelope = enclose(b"delta", PUBLIC[:1])
    at = data.draw(st.integers(0, len(envelope) - 1))
    damaged = envelope[:at] + bytes([envelope[at] ^ 1]) + envelope[at + 1 :]
    with pytest.raises(StorageError):
        open_envelope(damaged, KEYS[0])


@given(st.binary(max_size=400))
def test_what_strangers_send_is_refused_in_one_way(data: bytes) -> None:
    with pytest.raises(StorageError):
        open_envelope(data, KEYS[0])


@pytest.mark.parametrize("count", [0, MAX_RECIPIENTS + 1])
def test_the_number_of_recipients_is_bounded(count: int) -> None:
    with pytest.raises(InputError, match="recipients"):
        enclose(b"", PUBLIC[:1] * count)
