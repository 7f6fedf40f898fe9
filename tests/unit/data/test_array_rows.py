"""Arrays: NumPy's files, and what a function gives."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from market.data import (
    DROP,
    Array,
    Classes,
    Column,
    Columns,
    Image,
    Labels,
    MismatchError,
    Numbers,
    Schema,
    read,
)
from market.data.numpy_file import read_npz
from market.errors import InputError

files = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PAIR = Classes(("cat", "dog"))
GRID = Schema(Array((2, 3)), PAIR)


def npz(path: Path, **content: object) -> Path:
    np.savez(path, **content)
    return path


@files
@given(st.data(), st.integers(1, 5))
def test_arrays_come_back_bit_for_bit(tmp_path: Path, data: st.DataObject, n: int) -> None:
    finite = st.floats(width=32, allow_nan=False, allow_infinity=False)
    X = data.draw(arrays.arrays(np.float32, (n, 2, 3), elements=finite))
    y = data.draw(arrays.arrays(np.int8, n, elements=st.integers(0, 1)))
    texts = np.array(PAIR.names)[y]
    order = data.draw(st.sampled_from([np.ascontiguousarray, np.asfortranarray]))
    np.save(tmp_path / "X.npy", order(X))
    np.save(tmp_path / "y.npy", texts)
    for source in (
        npz(tmp_path / "t.npz", X=order(X), y=y, other=np.zeros(3)),
        tmp_path / "X.npy",
    ):
        rows = read(source, GRID)
        assert rows.X.tobytes() == X.tobytes()
        assert rows.y.tolist() == y.tolist()
        assert (rows.X.dtype, rows.y.dtype) == (np.float32, np.int64)


@files
@given(st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=4))
def test_damaged_files_are_read_or_refused(tmp_path: Path, damage: list[tuple[int, int]]) -> None:
    np.savez_compressed(tmp_path / "t.npz", X=np.ones((4, 2, 3)), y=np.array([0, 1, 1, 0]))
    np.save(tmp_path / "X.npy", np.ones((4, 2, 3)))
    np.save(tmp_path / "y.npy", np.array([0, 1, 1, 0]))
    for path in (tmp_path / "t.npz", tmp_path / "X.npy"):
        data = bytearray(path.read_bytes())
        for place, byte in damage:
            data[place % len(data)] = byte
        path.write_bytes(data)
        try:
            rows = read(path, GRID)
        except InputError:
            continue
        assert np.isfinite(rows.X).all()
        assert set(rows.y.tolist()) <= {0, 1}


X, y = np.ones((3, 2, 3)), np.array([0, 1, 1])
BAD = X.copy()
BAD[1, 0, 2] = np.inf


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"X": X}, "must hold the arrays X and y, once each; it holds X"),
        ({"X": X[:, 0], "y": y}, "X: the shape is (3, 3), expected (n, 2, 3); bring the rows"),
        ({"X": X[:0], "y": y[:0]}, "X: there are no rows"),
        ({"X": X, "y": y[:2]}, "y: the shape is (2,), expected (3,); give one label for each"),
        ({"X": X, "y": np.eye(2)[y]}, "y: the shape is (3, 2), expected (3,)"),
        ({"X": X.astype(str), "y": y}, "X: the dtype is <U32, expected numbers"),
        ({"X": X.astype(object), "y": y}, "is of dtype object, expected numbers"),
        ({"X": X + 1j, "y": y}, "is of dtype complex128"),
        ({"X": BAD, "y": y}, "X, row 1, first at (0, 2): inf, expected a finite number; correct"),
        ({"X": np.where(BAD > 2, np.nan, X), "y": y}, "row 1, first at (0, 2): nan, expected"),
        ({"X": X * 1e39, "y": y}, "rows 0, 1, 2, first at (0, 0): 1e+39, expected a finite"),
        ({"X": BAD.astype(np.float16), "y": y}, "row 1, first at (0, 2): inf"),
        ({"X": X, "y": y + 1}, "y: labels that are no class: '2' in rows 1 and 1 more, expected"),
        ({"X": X, "y": y - 0.5}, "labels that are no class"),
        ({"X": X, "y": np.array(["cat", "Dog", "dog"])}, "'Dog' may mean 'dog'"),
        ({"X": X, "y": np.array([0, np.nan, 1])}, "labels that are no class: 'nan' in row 1"),
    ],
)
def test_a_mismatch_is_told_with_place_expectation_and_remedy(
    tmp_path: Path, content: dict[str, np.ndarray], says: str
) -> None:
    path = npz(tmp_path / "t.npz", **content)
    with pytest.raises(InputError) as caught:
        read(path, GRID)
    assert says in str(caught.value)
    assert str(path) in str(caught.value)


def test_all_mismatches_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(MismatchError) as caught:
        read(npz(tmp_path / "t.npz", X=BAD, y=y + 1), GRID)
    assert len(caught.value.mismatches) == 2


@pytest.mark.parametrize("dtype", ["f2", ">f4", "f8", "i1", "u8", ">i4", "?"])
def test_any_real_dtype_is_converted_where_nothing_is_lost(tmp_path: Path, dtype: str) -> None:
    rows = read(npz(tmp_path / "t.npz", X=X.astype(dtype), y=y), GRID)
    assert rows.X.tolist() == X.tolist()


def test_whole_numbers_and_their_bounds(tmp_path: Path) -> None:
    schema = Schema(Array((2,), "int64", low=0, high=9), PAIR)
    tokens = np.array([[0, 9], [3, 4]])
    assert read(npz(tmp_path / "t.npz", X=tokens, y=[0, 1]), schema).X.dtype == np.int64
    for wrong, row in ((tokens + 1, 0), (tokens - 1, 0), (np.add(tokens, [[0], [0.5]]), 1)):
        with pytest.raises(MismatchError, match=rf"row {row}, first at \d: .* from 0 to 9"):
            read(npz(tmp_path / "t.npz", X=wrong, y=[0, 1]), schema)


def test_pixels_are_bytes_or_fractions(tmp_path: Path) -> None:
    schema = Schema(Image(1, 2, 2), PAIR)
    pixels = np.array([[[[0, 255], [51, 102]]]], dtype=np.uint8)
    as_bytes = read(npz(tmp_path / "t.npz", X=pixels, y=[0]), schema)
    assert as_bytes.X.ravel().tolist() == pytest.approx([0, 1, 0.2, 0.4])
    as_fractions = read(npz(tmp_path / "t.npz", X=as_bytes.X, y=[0]), schema)
    assert as_fractions.X.tobytes() == as_bytes.X.tobytes()
    with pytest.raises(MismatchError, match=r"divide pixels by 255, or give them as uint8"):
        read(npz(tmp_path / "t.npz", X=pixels.astype(float), y=[0]), schema)


def test_nan_is_missing_where_columns_have_a_rule(tmp_path: Path) -> None:
    columns = Columns((Column("a", DROP), Column("b", 7.0)))
    rows = np.array([[np.nan, 1], [1, np.nan], [2, 3]])
    found = read(npz(tmp_path / "t.npz", X=rows, y=[0, 1, 1]), Schema(columns, PAIR))
    assert found.X.tolist() == [[1, 7], [2, 3]]
    assert found.y.tolist() == [1, 1]
    assert "no row is of class 'cat'" in found.notes
    rows[0, 1] = np.inf
    with pytest.raises(MismatchError, match=r"row 0, first at 1: inf"):
        read(npz(tmp_path / "t.npz", X=rows, y=[0, 1, 1]), Schema(columns, PAIR))


def test_targets_of_numbers_and_labels(tmp_path: Path) -> None:
    path = npz(tmp_path / "t.npz", X=X, y=np.array([0.5, 1, -2]))
    assert read(path, Schema(Array((2, 3)), Numbers(("price",)))).y.tolist() == [[0.5], [1], [-2]]
    with pytest.raises(MismatchError, match=r"y, rows 0, 2, first at 0: 0.5, expected 0 or 1"):
        read(path, Schema(Array((2, 3)), Labels(("sold",))))
    with pytest.raises(MismatchError, match=r"y: the shape is \(3,\), expected \(3, 2\)"):
        read(path, Schema(Array((2, 3)), Labels(("sold", "new"))))


class Evil:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (open, (str(Evil.trace), "w"))

    trace = Path()


def test_no_pickle_is_ever_opened(tmp_path: Path) -> None:
    Evil.trace = tmp_path / "trace"
    np.save(tmp_path / "X.npy", np.array([Evil()], dtype=object), allow_pickle=True)
    np.save(tmp_path / "y.npy", y)
    (tmp_path / "t.npz").write_bytes(pickle.dumps(Evil()))
    bare = tmp_path / "bare.npz"
    with zipfile.ZipFile(bare, "w") as archive:
        archive.writestr("X.npy", pickle.dumps(Evil()))
        archive.writestr("y.npy", pickle.dumps(Evil()))
    for source in (tmp_path / "X.npy", tmp_path / "t.npz", bare):
        with pytest.raises(InputError):
            read(source, GRID)
    assert not Evil.trace.exists()


def header(shape: str, descr: str = "'<f8'") -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"
    padded = text.ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded.encode()


@pytest.mark.parametrize(
    "data",
    [
        header("(1099511627776, 2, 3)"),
        header("(9223372036854775807, 9223372036854775807)"),
        header("(-1, 2, 3)"),
        header("(1,)" + " " * 20_000),
        header("(1, 2, 3)", "[('a', '<f8')]"),
        header("(1, 2, 3)", "'|O'"),
        header("(1, 2, 3)", "'<U1000000000'"),
        header("(1, 2, 3)") + b"\0" * 47,
        header("(1, 2, 3)") + b"\0" * 49,
        header("__import__('os').getpid()"),
        header("(" * 200 + ")" * 200),
        b"\x93NUMPY\x09\x00",
    ],
)
def test_headers_that_lie_are_refused_before_anything_is_allocated(
    tmp_path: Path, data: bytes
) -> None:
    (tmp_path / "X.npy").write_bytes(data)
    np.save(tmp_path / "y.npy", np.array([0]))
    with pytest.raises(InputError) as caught:
        read(tmp_path / "X.npy", GRID)
    assert "\n" not in str(caught.value)
    buffer = io.BytesIO()
    np.save(buffer, np.array([0]))
    with zipfile.ZipFile(tmp_path / "t.npz", "w") as archive:
        archive.writestr("X.npy", data)
        archive.writestr("y.npy", buffer.getvalue())
    with pytest.raises(InputError):
        read(tmp_path / "t.npz", GRID)


def test_bombs_and_doubles_are_refused_before_they_are_unpacked(tmp_path: Path) -> None:
    bomb, twice = tmp_path / "bomb.npz", tmp_path / "twice.npz"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("X.npy", b"\0" * 2**20)
        archive.writestr("y.npy", b"\0")
    with pytest.raises(InputError, match="unpacks to more than 524288 bytes"):
        read_npz(bomb, 2**19)
    with zipfile.ZipFile(twice, "w") as archive:
        archive.writestr("X.npy", b"\0")
        archive.writestr("y.npy", b"\0")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("X.npy", b"\0")
    with pytest.raises(InputError, match="once each; it holds X, y, X"):
        read_npz(twice)
    lying = bytearray(bomb.read_bytes())
    at = lying.rindex(b"PK\x01\x02", 0, lying.rindex(b"PK\x01\x02"))
    lying[at + 24 : at + 28] = (64).to_bytes(4, "little")  # the unpacked size of X
    bomb.write_bytes(lying)
    with pytest.raises(InputError, match="is not a NumPy archive"):
        read_npz(bomb, 2**19)


def test_rows_that_would_not_fit_are_refused(tmp_path: Path) -> None:
    path = npz(tmp_path / "t.npz", X=np.ones((1000, 2, 3), dtype=np.int8), y=np.zeros(1000, "i1"))
    assert len(read(path, GRID)) == 1000
    with pytest.raises(InputError, match="1000 rows of 32 bytes take more than 20000 bytes"):
        read(path, GRID, max_bytes=20_000)
