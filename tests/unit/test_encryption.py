import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.errors import StorageError
from market.storage.encryption import (
    OVERHEAD_BYTES,
    new_private_key,
    open_sealed,
    public_key_of,
    seal,
)

KEY = new_private_key()


@given(st.binary(max_size=1000))
def test_opens_what_was_sealed(data: bytes) -> None:
    box = seal(data, public_key_of(KEY))
    assert len(box) == len(data) + OVERHEAD_BYTES
    assert open_sealed(box, KEY) == data


def test_sealing_twice_shows_no_repetition() -> None:
    assert seal(b"delta", public_key_of(KEY)) != seal(b"delta", public_key_of(KEY))


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_tampering_is_refused(position: int, change: int) -> None:
    box = bytearray(seal(b"delta" * 10, public_key_of(KEY)))
    box[position % len(box)] ^= change
    with pytest.raises(StorageError):
        open_sealed(bytes(box), KEY)


def test_another_key_is_refused() -> None:
    with pytest.raises(StorageError):
        open_sealed(seal(b"delta", public_key_of(KEY)), new_private_key())


@pytest.mark.parametrize("length", [0, 1, 31, 47, 48])
def test_too_short_a_box_is_refused(length: int) -> None:
    with pytest.raises(StorageError):
        open_sealed(bytes(length), KEY)


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(33)])
def test_keys_of_another_length_are_refused(key: bytes) -> None:
    with pytest.raises(StorageError):
        seal(b"", key)
    with pytest.raises(StorageError):
        open_sealed(b"", key)
    with pytest.raises(StorageError):
        public_key_of(key)


@pytest.mark.parametrize("key", [bytes(32), b"\x01" + bytes(31)])
def test_keys_whose_secret_everyone_knows_are_refused(key: bytes) -> None:
    with pytest.raises(StorageError):
        seal(b"delta", key)
