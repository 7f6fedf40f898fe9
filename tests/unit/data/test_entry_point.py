from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from market.data import Array, Classes, Column, Columns, MismatchError, Schema, read
from market.data.entry_point import is_entry_point
from market.errors import InputError

SCHEMA = Schema(Array((2,)), Classes(("cat", "dog")))
MODULE = '''
import sys

import numpy as np
import torch

X, y = [[1, 2], [3, 4]], [0, 1]

class Frame:
    """As much of a data frame as is asked for."""
    def __init__(self, columns, rows):
        self.columns, self.rows = columns, np.array(rows)
    def __getitem__(self, names):
        return self.rows[:, [self.columns.index(name) for name in names]]

def lists(): return X, y
def tensors(): return torch.tensor(X, requires_grad=False).half(), torch.tensor(y)
def names(): return np.array(X), np.array(["cat", "dog"], dtype=object)
def frame(): return Frame(["b", "c", "a"], [[2, 0, 1], [4, 0, 3]]), y
def incomplete(): return Frame(["b", "b"], [[2, 0], [4, 0]]), y
def wrong(): return np.array(X) + np.nan, y
def ragged(): return [[1, 2], [3]], y
def masked(): return np.ma.masked_less(X, 2), y
def one(): return X
def fails(): return {}["rows"]
def leaves(): sys.exit(3)
def short(): return np.array(X), [0]
def wide(): return np.ones((2, 3)), y
def big(): return np.broadcast_to(np.float32(0), (10**9, 2)), np.broadcast_to(0, 10**9)
def prints(): print("rows"); return X, y

class Mute(Exception):
    def __str__(self): raise RuntimeError

class Torn:
    columns = ["a", "b"]
    def __getitem__(self, names): raise KeyError(names)
    def __array__(self, *_, **__): raise OSError("a disk")

def mute(): raise Mute
def torn(): return Torn(), y
value = 3
'''


@pytest.fixture(autouse=True)
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_rows_for_tests.py").write_text(MODULE)
    (tmp_path / "broken_for_tests.py").write_text("import json\nx = 1 / 0\n")
    (tmp_path / "leaving_for_tests.py").write_text("import sys\nsys.exit()\n")
    (tmp_path / "misspelt_for_tests.py").write_text("def rows(:\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.parametrize("name", ["lists", "tensors", "names", "prints"])
def test_a_function_gives_arrays_tensors_or_lists(name: str) -> None:
    rows = read(f"my_rows_for_tests:{name}", SCHEMA)
    assert rows.X.tolist() == [[1, 2], [3, 4]]
    assert rows.y.tolist() == [0, 1]
    assert rows.X.dtype == np.float32


def test_columns_of_a_frame_are_picked_by_name() -> None:
    schema = Schema(Columns((Column("a"), Column("b"))), SCHEMA.target)
    assert read("my_rows_for_tests:frame", schema).X.tolist() == [[1, 2], [3, 4]]
    with pytest.raises(MismatchError, match=r"0 columns 'a', expected one.*2 columns 'b'"):
        read("my_rows_for_tests:incomplete", schema)
    with pytest.raises(InputError, match="its columns cannot be picked: KeyError"):
        read("my_rows_for_tests:torn", schema)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("my_rows_for_tests:wrong", "my_rows_for_tests:wrong, X, rows 0, 1, first at 0: nan"),
        ("my_rows_for_tests:ragged", "X is no array: ValueError"),
        ("my_rows_for_tests:masked", "X is a masked array"),
        ("my_rows_for_tests:fails", "failed: KeyError: 'rows' (my_rows_for_tests.py:"),
        ("my_rows_for_tests:absent", "has no attribute 'absent'"),
        ("my_rows_for_tests:value", "failed: TypeError"),
        ("my_rows_for_tests:leaves", "failed: SystemExit: 3 (my_rows_for_tests.py:"),
        ("my_rows_for_tests:mute", "failed: Mute: it cannot say why (my_rows_for_tests.py:"),
        ("my_rows_for_tests:torn", "X is no array: OSError: a disk (my_rows_for_tests.py:"),
        ("my_rows_for_tests:short", "y: the shape is (1,), expected (2,)"),
        ("my_rows_for_tests:wide", "X: the shape is (2, 3), expected (n, 2)"),
        ("my_rows_for_tests:big", "1000000000 rows of 16 bytes take more than"),
        ("leaving_for_tests:rows", "cannot be imported: SystemExit"),
        ("misspelt_for_tests:rows", "cannot be imported: SyntaxError"),
        ("absent_for_tests:rows", "No module named 'absent_for_tests'"),
        (
            "broken_for_tests:rows",
            "cannot be imported: ZeroDivisionError: division by zero (broken_for_tests.py:2)",
        ),
    ],
)
def test_what_goes_wrong_in_it_is_told_in_one_line(source: str, says: str) -> None:
    with pytest.raises(InputError) as caught:
        read(source, SCHEMA)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_three_values_are_not_two() -> None:
    with pytest.raises(InputError):
        read("my_rows_for_tests:one", SCHEMA)


@pytest.mark.parametrize(
    "source",
    ["a:b:c", "a", "a:", ":b", "a.b", "../a:b", "a b:c", "a:b()", "a.:b", "1a:b", "rows.csv"],
)
def test_only_names_are_an_entry_point(source: str) -> None:
    assert not is_entry_point(source)
    with pytest.raises(InputError, match="no data at"):
        read(source, SCHEMA)
