from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.chain.measuring import Measurement
from market.data.inputs import Array
from market.data.rows import Rows
from market.data.schema import Schema
from market.data.target import Classes
from market.errors import InputError, StorageError
from market.evaluator.record import Journal, Kept
from market.measured.manifest import Manifest, SealedYardstick, fetch_manifest
from market.measured.rows import MAGIC, pack_rows, root_of_rows, unpack_rows
from market.storage.encryption import new_private_key, public_key_of
from market.storage.envelope import open_envelope
from market.storage.memory import MemoryNetwork
from market.vectors import encode, salted
from zk.field import Point

SCHEMA = Schema(Array((2, 2)), Classes(("a", "b")))
ROWS = Rows(np.arange(12, dtype=np.float32).reshape(3, 2, 2), np.array([0, 1, 1]))
SALTS = [bytes([i]) * 32 for i in range(3)]
ROOT = root_of_rows(ROWS, SALTS)


def test_rows_come_back_as_they_were_sealed() -> None:
    found = unpack_rows(pack_rows(ROWS, SALTS), SCHEMA, ROOT)
    assert (found.X == ROWS.X).all()
    assert (found.y == ROWS.y).all()


def test_rows_are_those_of_the_terms() -> None:
    """Another order, label, entry or salt has another root."""
    swapped = ROWS.take(np.array([1, 0, 2]))
    assert root_of_rows(swapped, SALTS) != ROOT
    assert root_of_rows(Rows(ROWS.X, np.array([0, 1, 0])), SALTS) != ROOT
    assert root_of_rows(ROWS, [SALTS[1], SALTS[0], SALTS[2]]) != ROOT
    with pytest.raises(StorageError, match="not those that the terms"):
        unpack_rows(pack_rows(swapped, SALTS), SCHEMA, ROOT)
    with pytest.raises(InputError, match="3 rows with 2 salts"):
        root_of_rows(ROWS, SALTS[:2])


@given(st.data())
def test_a_changed_package_is_refused_in_one_way(data: st.DataObject) -> None:
    package = pack_rows(ROWS, SALTS)
    at = data.draw(st.integers(0, len(package) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != package[at]))
    bad = package[:at] + bytes([byte]) + package[at + 1 :]
    if bad != package:
        with pytest.raises(StorageError):
            unpack_rows(bad, SCHEMA, ROOT)


@given(st.binary(max_size=300))
def test_what_strangers_send_is_no_package(data: bytes) -> None:
    for sent in (data, MAGIC + data):
        with pytest.raises(StorageError):
            unpack_rows(sent, SCHEMA, ROOT)


@pytest.mark.parametrize(
    "y", [np.array([0, 1, 2]), np.array([0, -1, 1]), np.zeros((3, 2), dtype=np.float32)]
)
def test_labels_that_the_network_would_stumble_over_are_refused(y: np.ndarray) -> None:
    """An owner seals what it likes, and commits to it."""
    bad = Rows(ROWS.X, y)
    with pytest.raises(StorageError, match="label"):
        unpack_rows(pack_rows(bad, SALTS), SCHEMA, root_of_rows(bad, SALTS))


def test_entries_beyond_the_bounds_are_refused() -> None:
    bounded = Schema(Array((2, 2), low=0, high=5), Classes(("a", "b")))
    with pytest.raises(StorageError, match="bounds"):
        unpack_rows(pack_rows(ROWS, SALTS), bounded, ROOT)


def test_a_head_that_claims_too_much_allocates_nothing() -> None:
    head = b'{"X":["float32",[1048576,1000000,1000000]],"y":["int64",[1048576]]}'
    claimed = MAGIC + len(head).to_bytes(4, "little") + head
    with pytest.raises(StorageError, match="too large"):
        unpack_rows(claimed, SCHEMA, ROOT)


def test_whoever_has_a_yardstick_can_hand_out_the_same_envelopes() -> None:
    judge, aggregator = new_private_key(), new_private_key()
    vector = salted([3, -4], 20)
    keys = [public_key_of(judge)], [public_key_of(aggregator)]
    sealed = SealedYardstick.of(vector, *keys)
    assert sealed == SealedYardstick.of(vector, *keys) != SealedYardstick.of(vector, *keys[::-1])
    assert open_envelope(sealed.for_judges, judge) == encode(vector)
    assert open_envelope(sealed.for_aggregators, aggregator) == encode(vector)
    with pytest.raises(StorageError):
        open_envelope(sealed.for_judges, aggregator)
    storage = MemoryNetwork().node()
    assert fetch_manifest(storage, storage.add(sealed.manifest.encode()), 1) == sealed.manifest


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"{}", b'{"judges":"a"}', b'{"judges":"a","aggregators":7}', b"\xff", b"[" * 900],
)
def test_a_strangers_manifest_is_refused_in_one_way(data: bytes) -> None:
    storage = MemoryNetwork().node()
    with pytest.raises(StorageError, match="names no yardstick"):
        fetch_manifest(storage, storage.add(data), 1)
    long = Manifest("a" * 65, "b").encode()
    with pytest.raises(StorageError, match="names no yardstick"):
        fetch_manifest(storage, storage.add(long), 1)


def test_what_was_attested_survives_and_belongs_to_its_coordinates(tmp_path: Path) -> None:
    journal = Journal(tmp_path, b"\x07" * 32)
    assert journal.read(0, bytes(32)) is None
    kept = Kept(b"\x01" * 32, (5, -6, 7), Measurement(Point(1, 2), -(2**200), 9, "Qm"))
    journal.write(0, kept)
    assert journal.read(0, kept.seed) == kept
    assert journal.read(0, b"\x02" * 32) is None  # before the chain was reorganised
    (file,) = tmp_path.rglob("0.yardstick")
    file.write_bytes(b"cut")
    assert journal.read(0, kept.seed) is None
