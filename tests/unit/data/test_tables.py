"""CSV and Parquet, picked by name."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from market.data import (
    DROP,
    Array,
    Classes,
    Column,
    Columns,
    Labels,
    MismatchError,
    Numbers,
    Rows,
    Schema,
    read,
)
from market.errors import InputError

files = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
floats = st.floats(width=32, allow_nan=False, allow_infinity=False)

PETS = Schema(
    Columns((Column("age"), Column("weight", DROP), Column("legs", 4.0))),
    Classes(("cat", "dog", "eel"), "animal"),
)


def csv_of(path: Path, header: list[str], rows: list[list[object]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def refused(path: Path, schema: Schema = PETS) -> MismatchError:
    with pytest.raises(MismatchError) as caught:
        read(path, schema)
    assert "\n" not in str(caught.value)
    return caught.value


@st.composite
def filled(draw: st.DrawFn) -> tuple[list[list[float]], list[int], list[int]]:
    n = draw(st.integers(1, 7))
    rows = draw(st.lists(st.lists(floats, min_size=3, max_size=3), min_size=n, max_size=n))
    labels = draw(st.lists(st.integers(0, 2), min_size=n, max_size=n))
    return rows, labels, draw(st.permutations(range(5)))


@files
@given(filled())
def test_rows_come_back_bit_for_bit_whatever_the_order_of_columns(
    tmp_path: Path, table: tuple[list[list[float]], list[int], list[int]]
) -> None:
    rows, labels, order = table
    header = ["age", "weight", "legs", "animal", "other"]
    cells = [[*row, PETS.target.names[label], "x"] for row, label in zip(rows, labels, strict=True)]
    mixed = [[row[place] for place in order] for row in cells]
    paths = [csv_of(tmp_path / "pets.csv", [header[place] for place in order], mixed)]
    paths.append(tmp_path / "pets.parquet")
    pq.write_table(
        pa.table({header[place]: [row[place] for row in cells] for place in order}), paths[1]
    )
    for path in paths:
        found = read(path, PETS)
        assert found.X.tobytes() == np.array(rows, dtype=np.float32).tobytes()
        assert found.y.tolist() == labels
        assert (found.X.dtype, found.y.dtype) == (np.float32, np.int64)
        assert any("'other'" in note for note in found.notes)


@files
@given(
    st.lists(
        st.tuples(*[st.none() | st.integers(-9, 9)] * 3, st.sampled_from(["cat", "eel"])),
        min_size=1,
        max_size=8,
    )
)
def test_each_column_has_its_own_rule_for_missing_values(
    tmp_path: Path, rows: list[tuple[int | None, int | None, int | None, str]]
) -> None:
    header = ["age", "weight", "legs", "animal"]
    paths = [csv_of(tmp_path / "pets.csv", header, [list(row) for row in rows])]
    paths.append(tmp_path / "pets.parquet")
    types = [pa.int8(), pa.float64(), pa.int64(), pa.string()]
    columns = {
        name: pa.array([row[place] for row in rows], kind)
        for place, (name, kind) in enumerate(zip(header, types, strict=True))
    }
    pq.write_table(pa.table(columns), paths[1])
    kept = [row for row in rows if row[1] is not None]
    expected = [[row[0], row[1], 4 if row[2] is None else row[2]] for row in kept]
    for path in paths:
        if any(row[0] is None for row in rows) or not kept:
            refused(path)
        else:
            assert read(path, PETS).X.tolist() == expected


@files
@given(st.binary(max_size=200), st.sampled_from([".csv", ".parquet", ".npz"]))
def test_any_bytes_are_read_or_refused(tmp_path: Path, data: bytes, suffix: str) -> None:
    path = tmp_path / f"t{suffix}"
    path.write_bytes(data)
    with pytest.raises(InputError):
        read(path, PETS)


@files
@given(st.text(max_size=60))
def test_any_text_below_a_header_is_read_or_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "t.csv"
    schema = Schema(Columns((Column("a"),)), Classes(("0", "1")))
    path.write_text("a,label\n1,0\n" + text, encoding="utf-8", errors="replace", newline="")
    try:
        rows = read(path, schema)
    except InputError:
        return
    assert np.isfinite(rows.X).all()
    assert set(rows.y.tolist()) <= {0, 1}


@files
@given(st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=4))
def test_damaged_parquet_is_read_or_refused(tmp_path: Path, damage: list[tuple[int, int]]) -> None:
    path = tmp_path / "t.parquet"
    columns = {"age": [1.0] * 9, "weight": [2] * 9, "legs": [3] * 9, "animal": ["cat"] * 9}
    pq.write_table(pa.table(columns), path)
    data = bytearray(path.read_bytes())
    for place, byte in damage:
        data[place % len(data)] = byte
    path.write_bytes(data)
    try:
        rows = read(path, PETS)
    except InputError:
        return
    assert np.isfinite(rows.X).all()


HEAD = "age,weight,legs,animal\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "age,wieght,legs,animal\n1,2,3,cat\n",
            "the header: there is no such column; there is 'wieght', expected a column 'weight'; "
            "rename it to 'weight'",
        ),
        ("age,legs,animal\n1,3,cat\n", "there is no such column, expected a column 'weight'; add"),
        (
            "age,age,weight,legs,animal\n1,1,2,3,cat\n",
            "the column 'age' is there 2 times, expected it once; rename or delete the others",
        ),
        (
            "age;weight;legs;animal\n1;2;3;cat\n",
            "the first line is one column, with ';' in it, expected columns between commas",
        ),
        (
            HEAD + "1,2,3,cat\nx,2,3,cat\n\n1.5.2,2,3,dog\n",
            "column 'age', lines 3, 5: 'x' is no number, expected a finite number; correct it",
        ),
        (HEAD + ",2,3,cat\n", "column 'age', line 2: the cell is empty, expected a finite number"),
        (HEAD + "NA,2,3,cat\n", "line 2: 'NA' stands for a missing value, expected a finite"),
        (HEAD + "inf,2,3,cat\n", "column 'age', line 2: 'inf' is out of range"),
        (HEAD + "1e999,2,3,cat\n", "'1e999' is out of range, expected a finite number"),
        (HEAD + "1,1e39,3,cat\n", "column 'weight', line 2: '1e39' is out of range"),
        (HEAD + "0x10,2,3,cat\n", "'0x10' is no number"),
        (HEAD + "1_0,2,3,cat\n", "'1_0' is no number"),
        (HEAD + '"1,5",2,3,cat\n', "'1,5' is no number"),
        (
            HEAD + "1,2,3,cat\n1,2,3\n1,2,3,cat,4\n",
            "lines 3, 4: more or fewer cells than the header has, expected 4 cells",
        ),
        (
            HEAD + "1,2,3,Cat\n1,2,3,bird\n1,2,3,bird\n1,2,3,dog\n",
            "column 'animal': labels that are no class: 'bird' in lines 3 and 1 more; 'Cat' in "
            "line 2, expected one of 'cat', 'dog', 'eel'; 'Cat' may mean 'cat'",
        ),
        (HEAD + "1,2,3,\n", "column 'animal', line 2: there is no label, expected one of 'cat'"),
        (HEAD + "1,2,3,3\n", "labels that are no class: '3' in line 2"),
        (
            'age,weight,legs,animal,note\n1,2,3,cat,"a\n1,2,3,dog,\n1,2,3,dog,\n',
            "a quote opens and does not close, and 2 lines are within, expected quotes in pairs",
        ),
        (HEAD, "there are no rows, expected at least one row"),
        (HEAD + "1,,3,cat\n", "none of 1 rows is left, expected at least one row"),
    ],
)
def test_a_mismatch_is_told_with_place_expectation_and_remedy(
    tmp_path: Path, text: str, says: str
) -> None:
    path = tmp_path / "pets.csv"
    path.write_text(text)
    error = refused(path)
    assert says in str(error)
    assert str(path) in str(error)
    assert all(each.expected and each.remedy for each in error.mismatches)


def test_all_mismatches_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "pets.csv"
    path.write_text(HEAD + "x,y,3,cat\n1,2,z,bird\n1\n")
    assert [each.where.removeprefix(f"{path}, ") for each in refused(path).mismatches] == [
        "line 4",
        "column 'age', line 2",
        "column 'weight', line 2",
        "column 'legs', line 3",
        "column 'animal'",
    ]


def test_lines_are_counted_across_pieces_blank_and_ragged_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("market.data.csv_table._BLOCK", 64)
    path = tmp_path / "pets.csv"
    lines = ["1,2,3,cat"] * 40
    lines[7], lines[20], lines[33] = "", "1,2", "x,2,3,cat"
    path.write_text(HEAD + "\n".join(lines))
    message = str(refused(path))
    assert "line 22: more or fewer" in message
    assert "line 35: 'x' is no number" in message
    lines[20], lines[33] = ",,,", "9,2,3,dog"
    path.write_text(HEAD + "\n".join(lines) + "\n\n\n")
    assert read(path, PETS).X[:, 0].tolist() == [1.0] * 31 + [9.0] + [1.0] * 6


def test_labels_are_names_and_positions_only_where_no_name_is_a_number(tmp_path: Path) -> None:
    def labels(names: tuple[str, ...], cells: list[str]) -> list[int]:
        path = csv_of(tmp_path / "t.csv", ["a", "label"], [["1", cell] for cell in cells])
        return read(path, Schema(Columns((Column("a"),)), Classes(names))).y.tolist()

    assert labels(("cat", "dog"), ["1", " dog ", "0.0", "cat"]) == [1, 1, 0, 0]
    assert labels(("1", "2", "3"), ["1", "3.0", "2"]) == [0, 2, 1]
    with pytest.raises(MismatchError, match="'0' in line 2"):
        labels(("1", "2", "3"), ["0", "1"])


def test_a_class_of_no_row_and_rows_left_out_are_told(tmp_path: Path) -> None:
    path = csv_of(
        tmp_path / "t.csv",
        ["age", "weight", "legs", "animal", "name"],
        [[1, 2, "", "cat", "Tom"], [1, "", 4, "eel", "Al"]],
    )
    rows = read(path, PETS)
    assert rows.notes == (
        "no row is of class 'dog', 'eel'",
        "1 of 2 rows are left out for missing values",
        "columns that the project does not ask for are ignored: 'name'",
    )


def test_numbers_and_labels_as_targets(tmp_path: Path) -> None:
    path = csv_of(tmp_path / "t.csv", ["b", "a", "c"], [[1, 2.5, 0], [0, -1, 1]])
    numbers = read(path, Schema(Columns((Column("a"),)), Numbers(("c", "b"))))
    assert numbers.y.tolist() == [[0, 1], [1, 0]]
    assert numbers.y.dtype == np.float32
    labels = read(path, Schema(Columns((Column("a"),)), Labels(("b", "c"))))
    assert labels.y.tolist() == [[1, 0], [0, 1]]
    with pytest.raises(MismatchError, match=r"lines 2, 3: '2.5' is out of range, .*0 or 1"):
        read(path, Schema(Columns((Column("b"),)), Labels(("a",))))


def test_whole_numbers_stay_whole(tmp_path: Path) -> None:
    schema = Schema(Columns((Column("a"),), "int64"), Classes(("x", "y")))
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"a": [2**53, -3], "label": ["x", "y"]}), path)
    rows = read(path, schema)
    assert rows.X.tolist() == [[2**53], [-3]]
    assert rows.X.dtype == np.int64
    pq.write_table(pa.table({"a": [2**53 + 1, 1], "label": ["x", "y"]}), path)
    assert "'9007199254740993' is no number" in str(refused(path, schema))
    pq.write_table(pa.table({"a": [0.5, 1], "label": ["x", "y"]}), path)
    assert "'0.5' is out of range, expected a whole number up to 2^53" in str(refused(path, schema))


@pytest.mark.parametrize(
    "column",
    [
        pa.array([["a"], ["b"]]),
        pa.array([{"x": 1}, {"x": 2}]),
        pa.array([1, 2], pa.timestamp("s")),
        pa.array([b"1", b"2"]),
    ],
)
def test_parquet_columns_of_other_types_are_named(tmp_path: Path, column: pa.Array) -> None:
    path = tmp_path / "t.parquet"
    columns = {"age": column, "weight": [1, 2], "legs": [1, 2], "animal": ["cat", "dog"]}
    pq.write_table(pa.table(columns), path)
    message = str(refused(path))
    assert "column 'age': it is of type" in message
    assert "expected numbers or texts; convert it" in message


def test_parquet_types_that_hold_numbers(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    columns = {
        "age": pa.array([1, 2], pa.decimal128(9, 2)),
        "weight": pa.array(["1", "2"]).dictionary_encode(),
        "legs": pa.array([True, None]),
        "animal": pa.array(["eel", "cat"], pa.large_string()).dictionary_encode(),
    }
    pq.write_table(pa.table(columns), path)
    assert read(path, PETS).X.tolist() == [[1, 1, 1], [2, 2, 4]]
    assert read(path, PETS).y.tolist() == [2, 0]
    columns["animal"] = pa.array([2.0, 0.0])
    pq.write_table(pa.table(columns), path)
    assert read(path, PETS).y.tolist() == [2, 0]


def test_a_table_that_grows_when_unpacked_is_refused_before(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    n = 200_000
    columns = {"age": np.zeros(n), "weight": np.zeros(n), "legs": np.zeros(n)}
    pq.write_table(pa.table({**columns, "animal": ["cat"] * n}), path)
    assert path.stat().st_size < 50_000
    with pytest.raises(InputError, match="take more than 1000000 bytes"):
        read(path, PETS, max_bytes=1_000_000)
    with pytest.raises(InputError, match="is larger than 100 bytes"):
        read(path, PETS, max_bytes=100)


def test_text_that_is_no_csv(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    for data in (HEAD.encode("utf-16"), b'age,"weight\n1,2\n'):
        path.write_bytes(data)
        with pytest.raises(InputError, match=r"is not CSV text|is no header") as caught:
            read(path, PETS)
        assert "\n" not in str(caught.value)
    path.write_bytes(HEAD.encode() + b"1,2,3,c\xff\n")
    with pytest.raises(InputError, match="is not CSV text"):
        read(path, PETS)
    path.write_bytes(b"\xef\xbb\xbf" + HEAD.encode() + b"1,2,3,cat\r\n")
    assert read(path, PETS).X.tolist() == [[1, 2, 3]]


def test_quotes_and_lines_within_cells_are_text(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    for note in ('5" long', '"a\nb"', '"5"" long"'):
        path.write_text(f"age,weight,legs,animal,note\n1,2,3,cat,{note}\n1,2,3,eel,\n")
        assert read(path, PETS).y.tolist() == [0, 2]


def test_a_table_for_a_project_of_arrays_is_refused(tmp_path: Path) -> None:
    path = csv_of(tmp_path / "t.csv", ["a", "label"], [[1, "cat"]])
    with pytest.raises(InputError, match="is a table, and the project takes arrays of 2 x 2"):
        read(path, Schema(Array((2, 2)), Classes(("cat", "dog"))))


def test_what_is_no_data(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no data at .*absent"):
        read(tmp_path / "absent.csv", PETS)
    (tmp_path / "t.xlsx").write_bytes(b"PK")
    with pytest.raises(InputError, match="is of no known form"):
        read(tmp_path / "t.xlsx", PETS)


def test_rows_are_immutable_and_batches_are_views(tmp_path: Path) -> None:
    path = csv_of(
        tmp_path / "t.csv",
        ["age", "weight", "legs", "animal"],
        [[n, 0, 0, "cat"] for n in range(7)],
    )
    rows: Rows = read(path, PETS)
    with pytest.raises(ValueError, match="read-only"):
        rows.X[0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        rows.y[0] = 1
    batches = list(rows.batches(3))
    assert [len(y) for _, y in batches] == [3, 3, 1]
    assert all(np.shares_memory(X, rows.X) for X, _ in batches)
    assert np.concatenate([X for X, _ in batches]).tobytes() == rows.X.tobytes()
    X, y = rows.tensors()
    assert X.data_ptr() == rows.X.ctypes.data
    assert y.tolist() == rows.y.tolist()
    with pytest.raises(InputError, match="a batch of 0 rows"):
        next(rows.batches(0))
