from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from market.aggregator.proving import ProofJournal
from zk.field import Point, R
from zk.prove import Proof

PROJECT = b"\x11" * 32
PROOF = Proof(Point(1, 2).to_bytes() + b"rest", [0, R - 1, 5], seconds=2.5, peak_bytes=2**32)


def only_file(home: Path) -> Path:
    (path,) = (path for path in home.rglob("*") if path.is_file())
    return path


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.builds(
        Proof,
        data=st.binary(max_size=300),
        instances=st.lists(st.integers(0, R - 1), max_size=20),
        seconds=st.floats(0, 1e6),
        peak_bytes=st.integers(0, 2**48),
    ),
    st.integers(0, 2**16 - 1),
)
def test_what_was_written_is_read_by_the_next_process(
    tmp_path: Path, proof: Proof, epoch: int
) -> None:
    ProofJournal(tmp_path, PROJECT).write(epoch, proof)
    assert ProofJournal(tmp_path, PROJECT).read(epoch) == proof


def test_projects_and_epochs_are_kept_apart(tmp_path: Path) -> None:
    journal = ProofJournal(tmp_path, PROJECT)
    journal.write(0, PROOF)
    assert journal.read(1) is None
    assert ProofJournal(tmp_path, b"\x12" * 32).read(0) is None


def test_points_stand_in_front_of_the_proof() -> None:
    assert PROOF.points(1) == [Point(1, 2)]


@pytest.mark.parametrize(
    "content", [b"", b"null", b"[]", b"{}", b'{"proof": "zz"}', b'{"proof": "00"}', b"\xff" * 9]
)
def test_a_damaged_file_costs_a_second_proof_and_no_more(tmp_path: Path, content: bytes) -> None:
    journal = ProofJournal(tmp_path, PROJECT)
    journal.write(0, PROOF)
    only_file(tmp_path).write_bytes(content)
    assert journal.read(0) is None
    journal.write(0, PROOF)
    assert journal.read(0) == PROOF


def test_a_file_cut_short_anywhere_is_not_taken_for_a_proof(tmp_path: Path) -> None:
    journal = ProofJournal(tmp_path, PROJECT)
    journal.write(0, PROOF)
    path = only_file(tmp_path)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        assert journal.read(0) is None
