from __future__ import annotations

import json
from pathlib import Path

import pytest

from zk.inventory import LIST, PROVING_KEY, SMALL, Inventory

CONTENT = {name: name.encode() * 20 for name in (*SMALL, PROVING_KEY)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, data in CONTENT.items():
        (tmp_path / name).write_bytes(data)
    Inventory.take(tmp_path, 2.5)
    return tmp_path


def test_an_intact_folder_is_known_by_its_list(folder: Path) -> None:
    found = Inventory.of(folder)
    assert found is not None
    assert found.seconds == 2.5
    assert {name: size for name, (size, _) in found.files.items()} == {
        name: len(data) for name, data in CONTENT.items()
    }
    assert found.proving_key_holds(folder)


@pytest.mark.parametrize("name", [*SMALL, PROVING_KEY])
def test_a_file_of_another_length_is_noticed(folder: Path, name: str) -> None:
    for data in (b"", CONTENT[name][:-1], CONTENT[name] + b"\0"):
        (folder / name).write_bytes(data)
        assert Inventory.of(folder) is None
    (folder / name).unlink()
    assert Inventory.of(folder) is None


@pytest.mark.parametrize("name", SMALL)
def test_one_bit_of_a_small_file_is_noticed(folder: Path, name: str) -> None:
    data = bytearray(CONTENT[name])
    data[7] ^= 1
    (folder / name).write_bytes(data)
    assert Inventory.of(folder) is None


def test_one_bit_of_the_proving_key_is_noticed_by_who_reads_it(folder: Path) -> None:
    data = bytearray(CONTENT[PROVING_KEY])
    data[7] ^= 1
    (folder / PROVING_KEY).write_bytes(data)
    found = Inventory.of(folder)
    assert found is not None
    assert not found.proving_key_holds(folder)
    (folder / PROVING_KEY).unlink()
    assert not found.proving_key_holds(folder)


def test_a_list_cut_short_anywhere_lists_nothing(folder: Path) -> None:
    whole = (folder / LIST).read_bytes()
    for length in range(0, len(whole), 5):
        (folder / LIST).write_bytes(whole[:length])
        assert Inventory.of(folder) is None
    (folder / LIST).unlink()
    assert Inventory.of(folder) is None


@pytest.mark.parametrize(
    "change",
    [
        {"files": {}},
        {"files": []},
        {"files": {"vk": 3}},
        {"files": {"vk": ["a", "b"]}},
        {"seconds": None},
        {"seconds": "long"},
    ],
)
def test_a_list_of_another_form_lists_nothing(folder: Path, change: dict[str, object]) -> None:
    raw = json.loads((folder / LIST).read_bytes())
    (folder / LIST).write_text(json.dumps({**raw, **change}))
    assert Inventory.of(folder) is None


@pytest.mark.parametrize("text", ["null", "[]", "3", '{"seconds": 1}'])
def test_a_list_that_is_none_lists_nothing(folder: Path, text: str) -> None:
    (folder / LIST).write_text(text)
    assert Inventory.of(folder) is None
