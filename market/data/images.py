"""A folder of images: a subfolder for each class, or a labels.csv that names files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import numpy.typing as npt

from market.data.classes import UNKNOWN, ClassNames, absent
from market.data.files import check_memory, open_file
from market.data.inputs import Image
from market.data.mismatch import Findings, listed
from market.data.picture import SUFFIXES, UnfitError, read_picture
from market.data.rows import Rows
from market.data.schema import Schema
from market.data.target import Classes
from market.errors import InputError

LABELS = "labels.csv"
FILE = "file"
"""The column of labels.csv that says which image."""
MAX_FILES = 1_000_000
MAX_IMAGE_BYTES = 2**26
_JUNK = ("thumbs.db", "desktop.ini")


def read_images(folder: Path, schema: Schema, max_bytes: int) -> Rows:
    """All images of a folder, in the order of their paths, or of labels.csv.

    Raises:
        MismatchError: names every file, class and size that does not fit.
        InputError: the folder cannot be read, the project takes no images, or they would take
            more than `max_bytes`.
    """
    inputs = _image_of(folder, schema)
    findings = Findings()
    if os.path.lexists(folder / LABELS):
        paths, y, findings = _listed(folder, schema, max_bytes)
    elif isinstance(schema.target, Classes):
        paths, y = _by_class(folder, schema.target, findings)
    else:
        raise InputError(
            f"{folder} has no {LABELS}, and folders can name classes only",
            f"write one with the columns {listed((FILE, *schema.target.columns))}",
        )
    row_bytes = 4 * int(np.prod(inputs.shape)) + 8
    check_memory(str(folder), len(paths), row_bytes, max_bytes)
    if not paths and not findings:
        findings.add(str(folder), "there are no images", "at least one", "add some")
    X = _decode(folder, paths, inputs, findings)
    findings.refuse()
    notes = [absent(schema.target.names, y)] if isinstance(schema.target, Classes) else []
    return Rows(X, y, tuple(filter(None, notes)))


def read_input_images(
    folder: Path, schema: Schema, max_bytes: int
) -> tuple[list[PurePosixPath], npt.NDArray[np.float32]]:
    """All images of a folder and of its subfolders, or those that labels.csv names, in its order.

    What the subfolders are called, and what labels.csv says beside files, is not looked at.

    Returns:
        The images' paths within the folder, and their pixels.

    Raises:
        MismatchError, InputError: as `read_images`.
    """
    inputs = _image_of(folder, schema)
    findings = Findings()
    if os.path.lexists(folder / LABELS):
        paths = _files(folder, max_bytes)
    else:
        paths = _anywhere(folder, findings)
    check_memory(str(folder), len(paths), 4 * int(np.prod(inputs.shape)), max_bytes)
    if not paths and not findings:
        findings.add(str(folder), "there are no images", "at least one", "add some")
    X = _decode(folder, paths, inputs, findings)
    findings.refuse()
    return paths, X


def _image_of(folder: Path, schema: Schema) -> Image:
    inputs = schema.inputs
    if not isinstance(inputs, Image):
        raise InputError(
            f"{folder} is a folder of images, and the project takes {inputs.describe()}",
            "give a table or arrays",
        )
    return inputs


def _is_image(entry: os.DirEntry[str]) -> bool:
    return entry.is_file(follow_symlinks=False) and entry.name.lower().endswith(SUFFIXES)


def _anywhere(folder: Path, findings: Findings) -> list[PurePosixPath]:
    paths: list[PurePosixPath] = []
    for entry in _entries(folder):
        if not entry.is_dir(follow_symlinks=False):
            within, names = [entry], PurePosixPath()
        else:
            within, names = list(_entries(Path(entry.path))), PurePosixPath(entry.name)
        for image in within:
            if _is_image(image):
                paths.append(names / image.name)
            else:
                _stray(image, findings, f"images ({', '.join(SUFFIXES)})")
        if len(paths) > MAX_FILES:
            raise InputError(f"{folder} holds more than {MAX_FILES} images", "give fewer")
    return paths


def _files(folder: Path, max_bytes: int) -> list[PurePosixPath]:
    """What labels.csv names, without its labels."""
    from market.data.csv_table import CsvTable
    from market.data.table import check_header

    findings = Findings()
    table = CsvTable(folder / LABELS, max_bytes, links=False, every=True)
    check_header(table, (FILE,), findings)
    findings.refuse()
    paths: list[PurePosixPath] = []
    for piece in table.pieces((FILE,), findings):
        paths += [PurePosixPath(name.strip()) for name in piece.column(0).to_pylist()]
        if len(paths) > MAX_FILES:
            raise InputError(f"{table.where} names more than {MAX_FILES} images", "give fewer")
    _check_paths(folder, paths, table.number, findings)
    findings.refuse()
    return paths


def _by_class(
    folder: Path, target: Classes, findings: Findings
) -> tuple[list[PurePosixPath], npt.NDArray[np.int64]]:
    names = ClassNames(target.names)
    paths: list[PurePosixPath] = []
    labels: list[npt.NDArray[np.int64]] = []
    for entry in _entries(folder):
        if not entry.is_dir(follow_symlinks=False):
            _stray(entry, findings, "a folder for each class")
            continue
        found = []
        for image in _entries(Path(entry.path)):
            if _is_image(image):
                found.append(PurePosixPath(entry.name, image.name))
            else:
                _stray(image, findings, f"images ({', '.join(SUFFIXES)})")
            if len(paths) + len(found) > MAX_FILES:
                raise InputError(f"{folder} holds more than {MAX_FILES} images", "give fewer")
        if found:
            which = np.zeros(len(found), dtype=np.int64)
            rows = np.arange(len(paths), len(paths) + len(found))
            labels.append(names.positions([entry.name], which, rows))
            paths += found
    y = np.concatenate(labels) if labels else np.empty(0, dtype=np.int64)
    names.report(findings, f"{folder}, its subfolders", "image", lambda row: row + 1)
    return paths, np.where(y == UNKNOWN, 0, y)


def _listed(
    folder: Path, schema: Schema, max_bytes: int
) -> tuple[list[PurePosixPath], npt.NDArray[Any], Findings]:
    """Paths and targets of labels.csv; its own mismatches are found before any image is opened."""
    from market.data.columns import target_reader
    from market.data.csv_table import CsvTable
    from market.data.table import check_header

    findings = Findings()
    table = CsvTable(folder / LABELS, max_bytes, links=False)
    check_header(table, (FILE, *schema.target.columns), findings)
    findings.refuse()
    target = target_reader(table, schema.target)
    paths: list[PurePosixPath] = []
    pieces: list[npt.NDArray[Any]] = []
    for piece in table.pieces((FILE, *schema.target.columns), findings):
        start = len(paths)
        pieces.append(target.read(piece.columns[1:], start))
        paths += [PurePosixPath(name.strip()) for name in piece.column(0).to_pylist()]
        if len(paths) > MAX_FILES:
            raise InputError(f"{table.where} names more than {MAX_FILES} images", "give fewer")
    target.report(findings)
    _check_paths(folder, paths, table.number, findings)
    findings.refuse()
    y = np.concatenate(pieces) if pieces else np.empty(0, dtype=np.int64)
    return paths, y, findings


def _check_paths(
    folder: Path, paths: Sequence[PurePosixPath], line: Callable[[int], int], findings: Findings
) -> None:
    seen: dict[PurePosixPath, int] = {}
    for row, path in enumerate(paths):
        where = f"{folder / LABELS}, line {line(row)}"
        if path.is_absolute() or ".." in path.parts or not path.parts or "\0" in str(path):
            findings.add(
                where, f"{str(path)[:80]!r} leads out of the folder", "a path within", "move it in"
            )
        elif _through_link(folder, path):
            findings.add(
                where,
                f"{str(path)[:80]!r} is a link",
                "the image itself",
                "copy it into the folder",
            )
        elif path in seen:
            findings.add(
                where,
                f"{str(path)[:80]!r} is in line {line(seen[path])} already",
                "each image once",
                "delete one of the two lines",
            )
        seen.setdefault(path, row)


def _through_link(folder: Path, path: PurePosixPath) -> bool:
    within = folder
    for part in path.parts:
        within = within / part
        # Unlike is_symlink it takes names too long to exist; those are refused when opened.
        if os.path.islink(within):
            return True
    return False


def _decode(
    folder: Path, paths: Sequence[PurePosixPath], inputs: Image, findings: Findings
) -> npt.NDArray[np.float32]:
    """(n, channels, height, width); alike mismatches are told once, with their number."""
    X = np.zeros((len(paths), *inputs.shape), dtype=np.float32)
    unfit: dict[tuple[str, str, str], list[PurePosixPath]] = {}
    for row, path in enumerate(paths):
        try:
            with open_file(folder / path, MAX_IMAGE_BYTES, links=False) as file:
                X[row] = read_picture(file, inputs)
        except UnfitError as error:
            unfit.setdefault((error.found, error.expected, error.remedy), []).append(path)
        except InputError as error:
            findings.add(f"{folder / path}", error.message, "an image", error.hint or "add it")
    for (found, expected, remedy), which in unfit.items():
        findings.add(f"{folder}, {listed(which, 3)}", found, expected, remedy)
    return X


def _entries(folder: Path) -> Iterable[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            every = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise InputError(f"cannot read {folder}: {error.strerror or error}") from error
    # What desktops leave behind is nobody's data.
    return [
        each for each in every if not each.name.startswith(".") and each.name.lower() not in _JUNK
    ]


def _stray(entry: os.DirEntry[str], findings: Findings, expected: str) -> None:
    link = entry.is_symlink()
    findings.add(
        entry.path,
        "it is a link" if link else "it is something else",
        expected,
        "copy what it leads to" if link else "move it out of the folder",
    )
