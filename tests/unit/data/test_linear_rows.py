"""Files of today's linear projects, which the same command takes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from market.datasets.table import check_file, column_names, read_table
from market.errors import InputError

NAMES = ("a", "b")


def table(path: Path, text: str, columns: tuple[str, ...] = NAMES) -> list[list[float]]:
    path.write_text(text)
    return read_table(path, 2, 3, columns=columns).X.tolist()


def test_a_file_with_the_projects_names_is_read_by_them(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    assert table(path, "label,b,x,a\n2,1,9,0.1\n") == [[0.1, 1]]
    assert table(path, "a,b,label\n0.1,1,2\n") == [[0.1, 1]]


def test_a_file_with_names_of_its_own_is_read_in_its_order(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    assert table(path, "u,v,label\n1,2,0\n") == [[1, 2]]
    assert table(path, "a,v,label\n1,2,0\n") == [[1, 2]]
    assert table(path, "b,a,label\n1,2,0\n", columns=()) == [[1, 2]]


def test_some_of_the_names_elsewhere_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no column 'a', and 'b' stand elsewhere"):
        table(tmp_path / "t.csv", "b,v,label\n1,2,0\n")


@pytest.mark.parametrize("cell", ["1_000", "\u0663", "1e400", "1,5", "2020-01-01"])
def test_what_is_no_number_by_name_is_none_in_order(tmp_path: Path, cell: str) -> None:
    for columns in (NAMES, ()):
        with pytest.raises(InputError, match=r"column 'a'.* (no number|out of range|not finite)"):
            table(tmp_path / "t.csv", f'a,b,label\n"{cell}",1,2\n', columns)


def test_endings_are_taken_in_capitals_too(tmp_path: Path) -> None:
    for name, columns in (("t.CSV", NAMES), ("u.CSV", ())):
        assert table(tmp_path / name, "a,b,label\n1,2,0\n", columns) == [[1, 2]]
        check_file(tmp_path / name)


def test_parquet_holds_the_bits_of_float64(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    X = np.random.default_rng(0).normal(size=(20, 2))
    pq.write_table(pa.table({"b": X[:, 1], "label": [1] * 20, "a": X[:, 0]}), path)
    check_file(path)
    found = read_table(path, 2, 3, columns=NAMES)
    assert found.X.tobytes() == X.tobytes()
    assert found.X.dtype == np.float64
    assert found.y.tolist() == [1] * 20
    assert column_names(path) == ("b", "a")
    assert read_table(path, 2, 3).X.tobytes() == np.ascontiguousarray(X[:, ::-1]).tobytes()
    with pytest.raises(InputError, match="expected 3 feature columns and a label, got 2"):
        read_table(path, 3, 3)
    pq.write_table(pa.table({"a": [1.0], "b": [1.0], "label": [3]}), path)
    with pytest.raises(InputError, match="labels that are no class: '3' in row 0"):
        read_table(path, 2, 3)
    with pytest.raises(InputError, match="there is no such column; there is 'b', expected"):
        read_table(path, 2, 3, columns=("a", "B"))
    with pytest.raises(InputError, match="larger than 100 bytes"):
        read_table(path, 2, 3, max_bytes=100)
    pq.write_table(pa.table({"a" * 61: [1.0], "b": [1.0], "label": [1]}), path)
    with pytest.raises(InputError, match="has more than 60 characters"):
        column_names(path)
