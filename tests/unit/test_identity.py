from __future__ import annotations

from pathlib import Path

import pytest

from market.errors import InputError
from market.identity import encryption_key
from market.storage.encryption import KEY_BYTES, open_sealed, public_key_of, seal


def test_the_key_is_made_once_and_opens_what_is_sealed_to_it(tmp_path: Path) -> None:
    home = tmp_path / "aggregator"
    key = encryption_key(home)
    assert len(key) == KEY_BYTES
    sealed = seal(b"delta", public_key_of(key))
    assert open_sealed(sealed, encryption_key(home)) == b"delta"
    assert encryption_key(tmp_path / "trainer") != key


def test_the_key_is_for_its_owners_eyes(tmp_path: Path) -> None:
    encryption_key(tmp_path)
    (path,) = tmp_path.iterdir()
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("content", [b"", b"00" * 31, b"00" * 33, b"zz" * 32, b"\xff\xfe"])
def test_a_damaged_key_is_named_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "encryption.key"
    path.write_bytes(content)
    with pytest.raises(InputError, match="holds no encryption key"):
        encryption_key(tmp_path)
    assert path.read_bytes() == content


def test_a_folder_in_place_of_the_key(tmp_path: Path) -> None:
    (tmp_path / "encryption.key").mkdir()
    with pytest.raises(InputError, match="holds no encryption key"):
        encryption_key(tmp_path)
