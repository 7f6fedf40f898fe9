"""Rows of which a network is to say something: all of them, in order, labelled or not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image as Pillow

from market.data import (
    DROP,
    Array,
    Classes,
    Column,
    Columns,
    Image,
    Labels,
    MismatchError,
    Schema,
    read,
    read_inputs,
)
from market.data.read import read_unlabelled
from market.errors import InputError

PAIR = Classes(("cat", "dog"), column="animal")
GRID = Schema(Array((2, 3)), PAIR)
PETS = Schema(Columns((Column("age"), Column("weight", DROP), Column("legs", 4.0))), PAIR)
GREY = Schema(Image(1, 4, 3), PAIR)
X = np.arange(12, dtype=np.float32).reshape(2, 2, 3)


def refused(source: str | Path, schema: Schema) -> str:
    with pytest.raises(InputError) as caught:
        read_inputs(source, schema)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("labels", [{}, {"y": [0, 1]}, {"y": np.array(["eel", None])}])
def test_an_archive_needs_no_labels_and_none_is_looked_at(
    tmp_path: Path, labels: dict[str, object]
) -> None:
    np.savez(tmp_path / "t.npz", X=X, **labels)
    found = read_inputs(tmp_path / "t.npz", GRID)
    assert found.dtype == np.float32
    assert found.tolist() == X.tolist()


def test_an_array_needs_no_file_beside_it(tmp_path: Path) -> None:
    for name in ("X.npy", "new-rows.npy"):
        np.save(tmp_path / name, X.astype(np.float64))
        assert read_inputs(tmp_path / name, GRID).tolist() == X.tolist()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"rows": X}, "must hold the array X, once; it holds rows (numpy.savez(FILE, X=rows) "),
        ({"X": X[:, 0]}, "X: the shape is (2, 3), expected (n, 2, 3); bring the rows"),
        ({"X": X[:0]}, "X: there are no rows, expected at least one"),
        ({"X": X.astype(str)}, "X: the dtype is <U32, expected numbers"),
        ({"X": np.where(X > 6, np.inf, X)}, "X, row 1, first at (0, 1): inf, expected a finite"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_as_with_labels(
    tmp_path: Path, content: dict[str, np.ndarray], says: str
) -> None:
    np.savez(tmp_path / "t.npz", **content)
    assert says in refused(tmp_path / "t.npz", GRID)


def test_rows_that_would_not_fit_in_memory_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "X.npy", np.zeros((1000, 2, 3), dtype=np.int8))
    with pytest.raises(InputError, match="1000 rows of 24 bytes take more than 20000 bytes"):
        read_inputs(tmp_path / "X.npy", GRID, max_bytes=20_000)


def test_no_row_is_left_out_where_labelled_ones_would_be(tmp_path: Path) -> None:
    rows = np.array([[1, 2, 3], [4, np.nan, 5], [6, 7, np.nan]])
    np.savez(tmp_path / "t.npz", X=rows, y=[0, 1, 1])
    assert len(read(tmp_path / "t.npz", PETS)) == 2
    assert "X, row 1, first at 1: nan, expected a finite number" in refused(
        tmp_path / "t.npz", PETS
    )
    (tmp_path / "t.csv").write_text("age,weight,legs\n1,2,3\n4,,5\n6,7,\n")
    assert "t.csv, column 'weight', line 3: the cell is empty" in refused(tmp_path / "t.csv", PETS)
    pq.write_table(
        pa.table({"age": [1, 4], "weight": [2, None], "legs": [3, 5]}), tmp_path / "t.parquet"
    )
    assert "column 'weight', row 1: the cell is empty" in refused(tmp_path / "t.parquet", PETS)


@pytest.mark.parametrize("label", [[], ["animal"]])
def test_tables_are_read_by_name_with_or_without_labels(tmp_path: Path, label: list[str]) -> None:
    names = ["legs", "note", *label, "weight", "age"]
    cells = {"legs": ["", "3"], "note": ["a", ""], "animal": ["unicorn", ""]}
    cells |= {"weight": ["2", "5"], "age": ["1", "4"]}
    lines = [",".join(names), *(",".join(cells[name][row] for name in names) for row in (0, 1))]
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n,,,\n" * (not label))
    pq.write_table(pa.table({name: cells[name] for name in names}), tmp_path / "t.parquet")
    for name in ("t.csv", "t.parquet"):
        found = read_inputs(tmp_path / name, PETS)
        assert found.dtype == np.float32
        assert found.tolist() == [[1, 2, 4], [4, 5, 3]]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("age,wieght,legs\n1,2,3\n", "there is 'wieght', expected a column 'weight'; rename it"),
        ("age,legs\n1,3\n", "there is no such column, expected a column 'weight'; add it"),
        ("age,weight,legs\nx,2,3\n", "column 'age', line 2: 'x' is no number"),
        ("age,weight,legs\n1,2,3\n1,2\n", "line 3: more or fewer cells than the header has"),
        ("age,weight,legs\n", "there are no rows, expected at least one row"),
        (
            "age,weight,legs\n1,2,3\n\n,,\n4,5,6\n",
            "lines 3, 4: all cells are empty, expected a row in each line; fill it in, or delete",
        ),
        # No asked cell is there, and yet it is a row.
        ("age,weight,legs,id\n1,2,3,a\n,,,b\n", "column 'age', line 3: the cell is empty"),
    ],
)
def test_tables_that_do_not_fit_are_refused(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "t.csv").write_text(text)
    assert says in refused(tmp_path / "t.csv", PETS)


def test_lines_of_blanks_below_the_last_row_are_none(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('age,weight,legs,note\n1,2,3,"two\nlines"\n4,5,6,\n,,,\n\n')
    assert read_inputs(tmp_path / "t.csv", PETS).tolist() == [[1, 2, 3], [4, 5, 6]]


def test_blank_lines_are_found_across_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("market.data.csv_table._BLOCK", 64)
    lines = ["1,2,3"] * 40
    (tmp_path / "t.csv").write_text("\n".join(["age,weight,legs", *lines]))
    assert len(read_inputs(tmp_path / "t.csv", PETS)) == 40
    lines[33] = ",,"
    (tmp_path / "t.csv").write_text("\n".join(["age,weight,legs", *lines]))
    assert "line 35: all cells are empty" in refused(tmp_path / "t.csv", PETS)


def save(path: Path, value: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.fromarray(np.full((4, 3), value, dtype=np.uint8)).save(path)


def test_images_lie_flat_or_in_folders_of_any_name(tmp_path: Path) -> None:
    for place, name in enumerate(("b.png", "unicorn/c.png", "a.png", "cat/d.PNG")):
        save(tmp_path / name, 51 * place)
    (tmp_path / ".DS_Store").write_bytes(b"x")
    found = read_unlabelled(tmp_path, GREY)
    assert found.files == ("a.png", "b.png", "cat/d.PNG", "unicorn/c.png")
    assert found.X.shape == (4, 1, 4, 3)
    assert found.X[:, 0, 0, 0].tolist() == pytest.approx([0.4, 0, 0.6, 0.2])
    labelled = Schema(GREY.inputs, Labels(("tame",)))  # folders could not name these
    assert read_inputs(tmp_path, labelled).tolist() == found.X.tolist()


def test_a_list_of_files_gives_their_order_and_needs_no_labels(tmp_path: Path) -> None:
    save(tmp_path / "a.png", 0)
    save(tmp_path / "x/b.png", 255)
    for text in ("file\nx/b.png\na.png\n", "animal,file\nunicorn,x/b.png\n,a.png\n"):
        (tmp_path / "labels.csv").write_text(text)
        found = read_unlabelled(tmp_path, GREY)
        assert found.files == ("x/b.png", "a.png")
        assert found.X[:, 0, 0, 0].tolist() == [1, 0]
    (tmp_path / "labels.csv").write_text("file\n../a.png\na.png\na.png\n")
    said = refused(tmp_path, GREY)
    assert "line 2: '../a.png' leads out of the folder" in said
    assert "'a.png' is in line 3 already" in said


def test_images_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    assert "there are no images, expected at least one" in refused(tmp_path, GREY)
    Pillow.fromarray(np.zeros((9, 9), dtype=np.uint8)).save(tmp_path / "a.png")
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "linked.png").symlink_to(tmp_path / "a.png")
    (tmp_path / "cat/deeper").mkdir(parents=True)
    said = refused(tmp_path, GREY)
    assert "'a.png': it is 9 x 9 pixels, expected 3 x 4; resize it, or leave it out" in said
    assert f"{tmp_path / 'linked.png'}: it is a link" in said
    for name in ("notes.txt", "cat/deeper"):
        assert f"{tmp_path / name}: it is something else, expected images (.png" in said
    assert "and the project takes 3 columns" in refused(tmp_path, PETS)


MODULE = """
import numpy as np
import torch

X = [[1, 2], [3, 4]]

class Frame:
    columns, rows = ["b", "a", "c"], np.array([[2, 1, 0], [4, 3, 0]])
    def __getitem__(self, names):
        return self.rows[:, [self.columns.index(name) for name in names]]

def array(): return np.array(X)
def tensor(): return torch.tensor(X).half()
def pair(): return np.array(X), ["unicorn", object()]
def two_rows(): return X
def listed_pair(): return [X, [0, 1]]
def frame(): return Frame()
def frame_pair(): return [Frame(), [0, 1]]
def three(): return X, X, X
def wide(): return np.ones((2, 3))
"""


@pytest.fixture
def functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "unlabelled_for_tests.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.usefixtures("functions")
def test_a_function_gives_rows_alone_or_with_labels() -> None:
    plain = Schema(Array((2,)), PAIR)
    named = Schema(Columns((Column("a"), Column("b"))), PAIR)
    for name in ("array", "tensor", "pair", "two_rows", "listed_pair"):
        assert read_inputs(f"unlabelled_for_tests:{name}", plain).tolist() == [[1, 2], [3, 4]]
    for name in ("frame", "frame_pair"):
        assert read_inputs(f"unlabelled_for_tests:{name}", named).tolist() == [[1, 2], [3, 4]]
    assert "gave a tuple of 3, expected X or (X, y)" in refused("unlabelled_for_tests:three", plain)
    assert "X: the shape is (2, 3), expected (n, 2)" in refused("unlabelled_for_tests:wide", plain)


def test_what_is_not_there_or_of_no_form_is_refused(tmp_path: Path) -> None:
    assert "no data at absent.csv (give .csv, .parquet, .npz, .npy, a folder" in refused(
        "absent.csv", GRID
    )
    (tmp_path / "t.xlsx").write_bytes(b"x")
    assert "is of no known form" in refused(tmp_path / "t.xlsx", GRID)
    (tmp_path / "t.csv").write_text("a\n1\n")
    with pytest.raises(InputError, match=r"is a table, and the project takes arrays of 2 x 3"):
        read_inputs(tmp_path / "t.csv", GRID)


def test_all_mismatches_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("age,weight,legs\nx,2,3\n1,,3\n1,2,y\n")
    with pytest.raises(MismatchError) as caught:
        read_inputs(tmp_path / "t.csv", PETS)
    assert len(caught.value.mismatches) == 3
