"""Tables as careless people and malicious ones write them: read rightly, or refused in words."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from market.data import DROP, Classes, Column, Columns, Schema, read
from market.errors import InputError

PETS = Schema(
    Columns((Column("age"), Column("weight", DROP), Column("legs", 4.0))),
    Classes(("cat", "dog", "eel"), "animal"),
)
HEAD = "age,weight,legs,animal\n"
ROWS = HEAD + "1,2,3,cat\n4,5,6,dog\n"


def refused(path: Path, schema: Schema = PETS, **options: Any) -> str:
    with pytest.raises(InputError) as caught:
        read(path, schema, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    "data",
    [
        ROWS.encode("utf-8-sig"),
        b'\xef\xbb\xbf"age","weight","legs","animal"\n1,2,3,cat\n4,5,6,dog',
        ROWS.replace("\n", "\r\n").encode(),
        ROWS.replace("\n", "\r").encode(),
        ROWS.replace("1,2", "\u00a01\u00a0, 2.0e0 ").encode(),
        b'age,weight,legs,animal,note\n1,2,3,cat,"a\nb"\n4,5,6,dog,"c,""d"""\n',
        b"age,note,note,weight,legs,animal,\n1,x,y,2,3,cat,\n4,x,y,5,6,dog,\n",
        (HEAD.strip() + "," * 100_000 + "\n1,2,3,cat" + "," * 100_000 + "\n4,5,6,dog").encode()
        + b"," * 100_000,
    ],
    ids=["mark", "quotes", "crlf", "cr", "blanks", "lines in cells", "doubles", "100,000 columns"],
)
def test_text_of_other_habits_is_read(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(data)
    rows = read(path, PETS)
    assert rows.X.tolist() == [[1, 2, 3], [4, 5, 6]]
    assert rows.y.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty (give a header"),
        (b"\n" + ROWS.encode(), "the first line is empty"),
        (HEAD.strip().encode(), "there are no rows"),
        (b'age,weight,legs,"an\nimal"\n1,2,3,cat\n', "the first line is no header"),
        (ROWS.encode("utf-16"), "the first line holds NUL, as UTF-16 does"),
        (ROWS.replace("age", "\u00e4ge").encode("latin-1"), "line 1 is not UTF-8"),
        (ROWS.encode("utf-16-le"), "the first line holds NUL, as UTF-16 does"),
        (ROWS.encode() + "1,2,3,c\u00e4t\n".encode("latin-1"), "line 4 is not UTF-8"),
        (ROWS.encode() + b"1,2,3,cat,\xe4\n", "line 4 is not UTF-8"),
        (ROWS.encode() + b"1,2,3,cat\xf0\x9f", "ends within a character"),
        (ROWS.replace(",", "\t").encode(), "the first line is one column, with '\\t' in it"),
        (b"sep=;\n" + ROWS.replace(",", ";").encode(), "the first line is one column, with ';'"),
        ((HEAD + "1,2,3\n" * 10_002).encode(), "lines 2, 3, 4 and 9998 more: more or fewer"),
        (b"a," * 2**21 + b"\n", "the first line is longer than"),
        (ROWS.encode() + b"\x1f\x8b\x08\x00", "line 4 is not UTF-8"),
        (HEAD.encode() + b"1\0,2,3,cat\n", "line 2: '1\\x00' is no number"),
        *[
            (f"{HEAD}{cell},2,3,cat\n".encode(), f"column 'age', line 2: {says}")
            for cell, says in (
                ("1e400", "'1e400' is out of range"),
                ("9" * 400, "'" + "9" * 40 + "\u2026' is out of range"),
                ("-Infinity", "'-Infinity' is out of range"),
                ("nan", "'nan' stands for a missing value"),
                ("2020-01-01", "'2020-01-01' is no number"),
                ('"1,000"', "'1,000' is no number"),
                ("1'000", '"1\'000" is no number'),
                ("5%", "'5%' is no number"),
                ("true", "'true' is no number"),
                ("\u0663", "'\u0663' is no number"),
            )
        ],
        (f"{HEAD}1,2,3,NaN\n".encode(), "labels that are no class: 'NaN' in line 2"),
        (f"{HEAD}1,2,3,0\n1,2,3,Cat\n".encode(), "labels that are no class: 'Cat' in line 3"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_text_that_is_no_table_is_refused_in_words(tmp_path: Path, data: bytes, says: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(data)
    assert says in refused(path)


def parquet(path: Path, **columns: Any) -> Path:
    every = {"age": [1.0, 2.0], "weight": [2, 2], "legs": [3, 4], "animal": ["cat", "dog"]}
    pq.write_table(pa.table({**every, **columns}), path)
    return path


@pytest.mark.parametrize(
    "age",
    [
        pa.array(["1", "2"], pa.string_view()),
        pa.array([1, 2], pa.uint64()),
        pa.array(np.array([1, 2], dtype=np.float16)),
        pa.array([1, 2]).dictionary_encode(),
        pa.array(["1", "2"]).dictionary_encode(),
        pa.array([1, 2], pa.decimal256(70, 2)),
    ],
    ids=lambda column: str(column.type)[:20],
)
def test_parquet_of_rarer_types_is_read(tmp_path: Path, age: Any) -> None:
    assert read(parquet(tmp_path / "t.parquet", age=age), PETS).X[:, 0].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"age": [2**60, 1]}, "column 'age', row 0: '1152921504606846976' is no number"),
        ({"age": [float("nan"), 1]}, "row 0: 'nan' stands for a missing value"),
        ({"age": [float("inf"), 1]}, "row 0: 'inf' is out of range"),
        ({"age": pa.nulls(2)}, "column 'age', rows 0, 1: the cell is empty"),
        ({"weight": pa.nulls(2)}, "none of 2 rows is left"),
        ({"animal": ["cat", None]}, "row 1: there is no label"),
        ({"animal": pa.nulls(2)}, "rows 0, 1: there is no label"),
        ({"animal": [True, False]}, "labels that are no class: 'true' in row 0"),
        ({"animal": ["cat", "x" * 5000]}, "a text has 5000 bytes, expected numbers or names"),
    ],
    ids=range(9),
)
def test_parquet_that_does_not_fit_is_refused_in_words(
    tmp_path: Path, columns: dict[str, Any], says: str
) -> None:
    assert says in refused(parquet(tmp_path / "t.parquet", **columns))


def test_columns_of_one_name_are_told_apart_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    arrays = [pa.array([1.0]), pa.array([2.0]), pa.array([3]), pa.array([4]), pa.array(["cat"])]
    twice = pa.table(arrays, names=["age", "age", "weight", "legs", "animal"])
    pq.write_table(twice, path)
    assert "the column 'age' is there 2 times" in refused(path)
    schema = Schema(Columns((Column("a.b"),)), Classes(("cat", "dog")))
    pq.write_table(pa.table({"a": [{"b": 5.0}], "a.b": [1.0], "label": ["dog"]}), path)
    assert read(path, schema).X.tolist() == [[1]]


def test_a_kilobyte_that_grows_to_gigabytes_is_refused_before(tmp_path: Path) -> None:
    n = 2**14
    texts = pa.DictionaryArray.from_arrays(pa.array(np.zeros(n, np.int32)), ["x" * 2**20])
    numbers = {name: [1] * n for name in ("age", "weight", "legs")}
    path = parquet(tmp_path / "t.parquet", **numbers, animal=texts)
    assert path.stat().st_size < 60_000
    before = pa.total_allocated_bytes()
    assert "a text has 1048576 bytes" in refused(path)
    assert pa.total_allocated_bytes() - before < 2**24
    columns = {**numbers, "animal": ["cat"] * n, "note": np.zeros(n)}
    pq.write_table(pa.table(columns), path, use_dictionary=False)
    assert read(path, PETS, max_bytes=2**20).X.shape == (n, 3)
    assert "one of its row groups unpacks to more than" in refused(path, max_bytes=400_000)


_EVERY_FOOTER = """
import sys
from pathlib import Path
from market.data import Classes, Column, Columns, Schema, read
from market.errors import InputError

path = Path(sys.argv[1])
whole = path.read_bytes()
footer = int.from_bytes(whole[-8:-4], "little")
schema = Schema(Columns((Column("a"),)), Classes(("x", "y")))
for at in range(len(whole) - 8 - footer, len(whole)):
    for bits in (0x10, 0x30):
        data = bytearray(whole)
        data[at] ^= bits
        path.write_bytes(data)
        try:
            read(path, schema)
        except InputError:
            pass
"""


def test_no_damaged_footer_ends_the_process(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pq.write_table(pa.table({"a": [1.0] * 3, "label": ["x"] * 3}), path)
    # A length of a histogram, changed in five of these ways, made pyarrow call std::terminate.
    command = [sys.executable, "-X", "faulthandler", "-c", _EVERY_FOOTER, str(path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
