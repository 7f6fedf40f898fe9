"""Folders of images, by subfolder and by labels.csv."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image as Pillow

from market.data import Array, Classes, Image, Labels, MismatchError, Numbers, Schema, read
from market.errors import InputError

GREY = Schema(Image(1, 4, 3), Classes(("cat", "dog")))
COLOUR = Schema(Image(3, 4, 3), Classes(("cat", "dog")))
RESIZED = Schema(Image(1, 4, 3, resize=True), Classes(("cat", "dog")))


def save(path: Path, pixels: np.ndarray, mode: str | None = None, **options: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Pillow.fromarray(pixels)
    (image if mode is None else image.convert(mode)).save(path, **options)  # type: ignore[arg-type]
    return path


def plain(value: int = 7) -> np.ndarray:
    return np.full((4, 3), value, dtype=np.uint8)


def refused(folder: Path, schema: Schema = GREY) -> str:
    with pytest.raises(InputError) as caught:
        read(folder, schema)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(arrays.arrays(np.uint8, (2, 4, 3)), arrays.arrays(np.uint8, (4, 3, 3)))
def test_pixels_come_back_as_fractions_of_255(
    tmp_path: Path, grey: np.ndarray, colour: np.ndarray
) -> None:
    save(tmp_path / "grey/dog/a.png", grey[0])
    save(tmp_path / "grey/cat/b.PNG", grey[1])
    rows = read(tmp_path / "grey", GREY)
    assert np.array_equal(np.rint(rows.X * 255), grey[::-1, None])
    assert rows.y.tolist() == [0, 1]
    save(tmp_path / "colour/dog/a.png", colour)
    rows = read(tmp_path / "colour", COLOUR)
    assert np.array_equal(np.rint(rows.X[0] * 255), colour.transpose(2, 0, 1))


def test_jpeg_is_read_turned_as_its_camera_says(tmp_path: Path) -> None:
    pixels = np.zeros((30, 40), dtype=np.uint8)
    pixels[:, :20] = 255
    exif = Pillow.Exif()
    exif[0x0112] = 6  # what is seen is turned right by a quarter
    save(tmp_path / "cat/a.jpg", pixels, exif=exif, quality=95)
    X = read(tmp_path, Schema(Image(1, 40, 30), GREY.target)).X[0, 0]
    assert X[:18].min() > 0.9
    assert X[22:].max() < 0.1


def test_other_sizes_are_refused_or_brought_to_one_by_the_projects_rule(tmp_path: Path) -> None:
    save(tmp_path / "cat/a.png", np.full((8, 6), 51, dtype=np.uint8))
    save(tmp_path / "cat/b.png", np.full((8, 6), 51, dtype=np.uint8))
    save(tmp_path / "dog/c.png", plain())
    assert refused(tmp_path) == (
        f"{tmp_path}, 'cat/a.png', 'cat/b.png': it is 6 x 8 pixels, expected 3 x 4; resize it, or "
        "leave it out"
    )
    rows = read(tmp_path, RESIZED)
    assert rows.X.shape == (3, 1, 4, 3)
    assert rows.X[0] == pytest.approx(0.2)


def test_colours_become_grey_by_their_luma_and_grey_all_colours(tmp_path: Path) -> None:
    green = np.zeros((4, 3, 3), dtype=np.uint8)
    green[..., 1] = 255
    save(tmp_path / "cat/a.png", green)
    assert pytest.approx(0.587, abs=0.003) == read(tmp_path, GREY).X
    save(tmp_path / "cat/a.png", plain(51))
    assert pytest.approx(0.2) == read(tmp_path, COLOUR).X
    save(tmp_path / "cat/a.png", plain(51), "P")
    assert pytest.approx(0.2, abs=0.02) == read(tmp_path, COLOUR).X


def test_see_through_pixels_are_refused_and_opaque_ones_are_not(tmp_path: Path) -> None:
    pixels = np.full((4, 3, 4), 255, dtype=np.uint8)
    save(tmp_path / "cat/a.png", pixels)
    assert read(tmp_path, COLOUR).X.min() == 1
    pixels[0, 0, 3] = 254
    save(tmp_path / "cat/a.png", pixels)
    assert "parts of it are see-through, expected none; flatten it" in refused(tmp_path, COLOUR)


def test_sixteen_bits_are_refused_rather_than_cut_off(tmp_path: Path) -> None:
    save(tmp_path / "cat/a.png", np.full((4, 3), 40_000, dtype=np.uint16))
    assert "pixels of mode I;16, expected 8 bits a channel" in refused(tmp_path)


def test_animations_are_refused_and_the_second_picture_of_a_telephone_is_not(
    tmp_path: Path,
) -> None:
    (tmp_path / "cat").mkdir()
    first, second = Pillow.fromarray(plain(51)), Pillow.fromarray(plain(255))
    first.save(tmp_path / "cat/a.jpg", "MPO", save_all=True, append_images=[second])
    assert pytest.approx(0.2, abs=0.01) == read(tmp_path, GREY).X
    first.save(tmp_path / "cat/b.png", save_all=True, append_images=[second])
    assert "'cat/b.png': it is animated, expected one picture" in refused(tmp_path)


def test_printers_colours_become_those_of_screens(tmp_path: Path) -> None:
    (tmp_path / "cat").mkdir()
    Pillow.new("CMYK", (3, 4), (0, 255, 255, 0)).save(tmp_path / "cat/a.jpg", quality=100)
    X = read(tmp_path, COLOUR).X[0]
    assert X[0].min() > 0.98
    assert X[1:].max() < 0.02


def test_strangers_in_the_folder_are_named_and_junk_is_not(tmp_path: Path) -> None:
    save(tmp_path / "cat/a.png", plain())
    (tmp_path / ".DS_Store").write_bytes(b"x")
    (tmp_path / "cat/Thumbs.db").write_bytes(b"x")
    assert len(read(tmp_path, GREY)) == 1
    assert "no row is of class 'dog'" in read(tmp_path, GREY).notes
    save(tmp_path / "Cat/a.png", plain())
    save(tmp_path / "bird/a.png", plain())
    save(tmp_path / "bird/b.png", plain())
    (tmp_path / "cat/notes.txt").write_text("x")
    (tmp_path / "cat/deeper").mkdir()
    save(tmp_path / "e.png", plain())
    said = refused(tmp_path)
    assert "its subfolders: labels that are no class: 'bird' in images" in said
    assert "'Cat' may mean 'cat'" in said
    for path in ("cat/notes.txt", "cat/deeper", "e.png"):
        assert f"{tmp_path / path}: it is something else, expected" in said


def test_links_and_pipes_are_not_followed(tmp_path: Path) -> None:
    outside = save(tmp_path / "outside/a.png", plain())
    folder = tmp_path / "data"
    save(folder / "cat/a.png", plain())
    (folder / "cat/b.png").symlink_to(outside)
    (folder / "dog").symlink_to(outside.parent)
    os.mkfifo(folder / "cat/c.png")
    said = refused(folder)
    for path in ("cat/b.png", "dog"):
        assert f"{folder / path}: it is a link" in said
    assert f"{folder}/cat/c.png: it is something else" in said


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("../outside/a.png,cat", "leads out of the folder"),
        ("a/../../outside/a.png,cat", "leads out of the folder"),
        ("/etc/passwd,cat", "leads out of the folder"),
        ("linked.png,cat", "'linked.png' is a link, expected the image itself"),
        ("folder/a.png,cat", "'folder/a.png' is a link"),
        ("absent.png,cat", "absent.png: cannot read"),
        ("pipe.png,cat", "is no file"),
        ("a.png,bird", "labels that are no class: 'bird' in line 3"),
        ("a.png,cat", "'a.png' is in line 2 already, expected each image once"),
        (",cat", "leads out of the folder"),
        ("b.png", "more or fewer cells than the header has"),
    ],
)
def test_labels_that_lead_astray_are_named(tmp_path: Path, line: str, says: str) -> None:
    outside = save(tmp_path / "outside/a.png", plain())
    folder = tmp_path / "data"
    save(folder / "a.png", plain())
    (folder / "linked.png").symlink_to(outside)
    (folder / "folder").symlink_to(outside.parent)
    os.mkfifo(folder / "pipe.png")
    (folder / "labels.csv").write_text(f"file,label\na.png,dog\n{line}\n")
    assert says in refused(folder)


def test_labels_csv_names_classes_labels_and_numbers(tmp_path: Path) -> None:
    for name in ("x/a.png", "b.jpeg"):
        save(tmp_path / name, plain())
    (tmp_path / "labels.csv").write_text(
        "label,file,tame,old,price\ndog,x/a.png,1,0,2.5\ncat,b.jpeg,1,1,-1\n"
    )
    assert read(tmp_path, GREY).y.tolist() == [1, 0]
    labels = Schema(GREY.inputs, Labels(("old", "tame")))
    assert read(tmp_path, labels).y.tolist() == [[0, 1], [1, 1]]
    assert read(tmp_path, Schema(GREY.inputs, Numbers(("price",)))).y.tolist() == [[2.5], [-1]]
    assert "expected a column 'size'" in refused(tmp_path, Schema(GREY.inputs, Numbers(("size",))))


def test_labels_csv_may_be_no_link(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "elsewhere.csv").write_text("file,label\n")
    (tmp_path / "data/labels.csv").symlink_to(tmp_path / "elsewhere.csv")
    assert "labels.csv is a link" in refused(tmp_path / "data")


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *chunks: bytes, pixels: bytes = b"") -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + body


GIF = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (png(60_000, 60_000), "too large, expected at most 67108864 pixels in all"),
        (png(10_000, 10_000), "too large, expected at most"),
        (png(8_200, 8_200), "too large, expected at most"),
        (png(2**31 - 1, 2**31 - 1), "too large, expected at most"),
        (png(3, 4), "cannot be decoded"),
        (png(0, 4), "neither PNG nor JPEG"),
        (b"", "neither PNG nor JPEG"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 50, "neither PNG nor JPEG"),
        (GIF, "neither PNG nor JPEG"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "neither PNG nor JPEG"),
        (
            png(3, 4, *[chunk(b"zTXt", b"a\0\0" + zlib.compress(b"x" * 2**21))] * 80),
            "cannot be decoded",
        ),
    ],
    ids=range(11),
)
def test_hostile_images_are_refused(tmp_path: Path, data: bytes, says: str) -> None:
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat/a.png").write_bytes(data)
    for schema in (GREY, RESIZED):
        assert says in refused(tmp_path, schema)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.sampled_from(["png", "jpg"]),
    st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=5),
)
def test_damaged_images_are_read_or_refused(
    tmp_path: Path, suffix: str, damage: list[tuple[int, int]]
) -> None:
    path = save(tmp_path / suffix / f"cat/a.{suffix}", np.arange(12, dtype=np.uint8).reshape(4, 3))
    data = bytearray(path.read_bytes())
    for place, byte in damage:
        data[place % len(data)] = byte
    path.write_bytes(data)
    try:
        rows = read(path.parents[1], RESIZED)
    except MismatchError:
        return
    assert rows.X.shape == (1, 1, 4, 3)
    assert 0 <= rows.X.min() <= rows.X.max() <= 1


def test_too_many_or_no_images_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    assert "there are no images" in refused(tmp_path)
    (tmp_path / "cat").mkdir()
    for name in range(9):
        (tmp_path / f"cat/{name}.png").write_bytes(b"")
    with pytest.raises(InputError, match="9 rows of 56 bytes take more than 100 bytes"):
        read(tmp_path, GREY, max_bytes=100)


def test_folders_need_a_project_of_images_and_classes(tmp_path: Path) -> None:
    said = refused(tmp_path, Schema(Array((3,)), GREY.target))
    assert "is a folder of images, and the project takes arrays of 3" in said
    said = refused(tmp_path, Schema(GREY.inputs, Labels(("old", "tame"))))
    assert "write one with the columns 'file', 'old', 'tame'" in said
