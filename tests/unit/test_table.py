from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from market.datasets.table import Table, read_table, write_csv
from market.errors import InputError

finite = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    shape = draw(st.tuples(st.integers(1, 6), st.integers(1, 4)))
    X = draw(arrays.arrays(np.float64, shape, elements=finite))
    y = draw(arrays.arrays(np.int64, shape[0], elements=st.integers(0, 2)))
    return Table(X, y)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables())
def test_what_was_written_is_read_back_bit_for_bit(tmp_path: Path, table: Table) -> None:
    features = table.X.shape[1]
    csv, npz = tmp_path / "t.csv", tmp_path / "t.npz"
    write_csv(csv, table, tuple(f"f{i}" for i in range(features)))
    np.savez(npz, X=table.X, y=table.y)
    for path in (csv, npz):
        back = read_table(path, features, 3)
        assert back.X.tobytes() == table.X.tobytes()
        assert back.y.tolist() == table.y.tolist()
        assert (back.X.dtype, back.y.dtype) == (np.float64, np.int64)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), st.sampled_from([".csv", ".npz"]))
def test_any_bytes_are_read_or_refused(tmp_path: Path, data: bytes, suffix: str) -> None:
    path = tmp_path / f"t{suffix}"
    path.write_bytes(data)
    try:
        table = read_table(path, 1, 2)
    except InputError:
        return
    assert np.isfinite(table.X).all()
    assert set(table.y.tolist()) <= {0, 1}


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=4))
def test_a_damaged_archive_is_read_or_refused(
    tmp_path: Path, damage: list[tuple[int, int]]
) -> None:
    path = tmp_path / "t.npz"
    np.savez_compressed(path, X=np.ones((4, 1)), y=np.array([0, 1, 1, 0]))
    data = bytearray(path.read_bytes())
    for place, byte in damage:
        data[place % len(data)] = byte
    path.write_bytes(data)
    try:
        table = read_table(path, 1, 2)
    except InputError:
        return
    assert np.isfinite(table.X).all()
    assert set(table.y.tolist()) <= {0, 1}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("a,b,label\n", "has no rows"),
        ("a,b,c\n1,2,0\n", "last column is 'c'"),
        ("a,label\n1,0\n", "the header: expected 2 feature columns and a label, got 1"),
        ("a,b,label\n1,2,0\n1,2,3,0\n", "line 3: expected 2 feature columns and a label, got 3"),
        ("a,b,label\n1,x,0\n", "line 2, column 'b': 'x' is no number"),
        ("a,b,label\n1,,0\n", "line 2, column 'b': '' is no number"),
        ("a,b,label\n1,2,0\n\nnan,2,0\n", "line 4, column 'a': 'nan' is not finite"),
        ("a,b,label\n1,1e999,0\n", "column 'b': '1e999' is not finite"),
        ("a,b,label\n1,2,3\n", "line 2: label 3 is no class"),
        ("a,b,label\n1,2,-1\n", "label -1 is no class"),
        ("a,b,label\n1,2,0.5\n", "label 0.5 is no class"),
        ('a,b,label\n1,"2,0\n', "is not CSV text"),
    ],
)
def test_bad_csv_names_the_place(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_table(path, 2, 3)
    assert says in caught.value.message
    assert "\n" not in str(caught.value)


X, y = np.ones((2, 2)), np.array([0, 1])


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"X": X}, "must hold the arrays X and y"),
        ({"X": X[0], "y": y}, "expected (n, F), (n,)"),
        ({"X": X, "y": y[:1]}, "expected (n, F), (n,)"),
        ({"X": X[:0], "y": y[:0]}, "has no rows"),
        ({"X": X[:, :1], "y": y}, "expected 2 feature columns and a label, got 1"),
        ({"X": X * [1, np.inf], "y": y}, "row 0, column 1: not a finite number"),
        ({"X": X.astype(str), "y": y}, "must be numeric"),
        ({"X": X.astype(object), "y": y}, "X is of dtype object"),
        ({"X": X, "y": y + 2}, "row 1: label 3 is no class"),
        ({"X": X, "y": y + 0.5}, "label 0.5 is no class"),
    ],
)
def test_bad_npz_names_the_place(tmp_path: Path, content: dict[str, np.ndarray], says: str) -> None:
    path = tmp_path / "t.npz"
    np.savez(path, **content)
    with pytest.raises(InputError) as caught:
        read_table(path, 2, 3)
    assert says in caught.value.message


def test_absurd_sizes_are_refused_before_they_are_read(tmp_path: Path) -> None:
    text = tmp_path / "t.csv"
    text.write_text("a,label\n" + "1,0\n" * 100)
    with pytest.raises(InputError, match="larger than 64 bytes"):
        read_table(text, 1, 2, max_bytes=64)
    bomb = tmp_path / "t.npz"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("X.npy", b"\0" * 2**20)
        archive.writestr("y.npy", b"")
    with pytest.raises(InputError, match="unpacks to more than"):
        read_table(bomb, 1, 2, max_bytes=2**19)


def test_paths_that_are_no_data_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no data file"):
        read_table(tmp_path / "absent.csv", 1, 2)
    with pytest.raises(InputError, match="no data file"):
        read_table(tmp_path, 1, 2)
    (tmp_path / "t.txt").write_text("a,label\n1,0\n")
    with pytest.raises(InputError, match=r"neither \.csv nor \.npz"):
        read_table(tmp_path / "t.txt", 1, 2)
