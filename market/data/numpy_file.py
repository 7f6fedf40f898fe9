"""NumPy's files, .npy and .npz: no pickle, and no array larger than its header may claim."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy

from market.data.files import MAX_BYTES, open_file
from market.errors import InputError

_MAX_HEADER = 10_000
_MAX_ENTRIES = 1_000
_KINDS = "biufU"


def read_npz(
    path: Path, max_bytes: int = MAX_BYTES, wanted: Sequence[str] = ("X", "y")
) -> Mapping[str, npt.NDArray[Any]]:
    """The `wanted` arrays of an archive; other entries stay unread.

    Raises:
        InputError: the file is missing, damaged, no archive, lacks one of them or has one twice,
            holds Python objects, or unpacks to more than `max_bytes`.
    """
    files = [f"{name}.npy" for name in wanted]
    with open_file(path, max_bytes) as file:
        try:
            with zipfile.ZipFile(file) as archive:
                entries = archive.infolist()
                names = [entry.filename for entry in entries]
                once = all(names.count(name) == 1 for name in files)
                if not once or len(entries) > _MAX_ENTRIES:
                    several = len(files) > 1
                    raise InputError(
                        f"{path} must hold the array{'s' * several} {' and '.join(wanted)}, "
                        f"once{' each' * several}; it holds "
                        f"{', '.join(name[:40].removesuffix('.npy') for name in names[:8])}",
                        f"numpy.savez(FILE, X=rows{', y=labels' * several}) writes such a file",
                    )
                asked = [archive.getinfo(name) for name in files]
                if sum(entry.file_size for entry in asked) > max_bytes:
                    raise InputError(
                        f"{path} unpacks to more than {max_bytes} bytes", "give fewer rows"
                    )
                found = {}
                for entry in asked:
                    with archive.open(entry) as stream:
                        name = entry.filename.removesuffix(".npy")
                        found[name] = _read_array(f"{path}, {name}", stream, entry.file_size)
                return found
        except InputError:
            raise
        # A damaged archive raises almost anything: from zipfile, zlib, struct, ast and NumPy.
        except Exception as error:
            said = " ".join(str(error).split())[:200]
            raise InputError(f"{path} is not a NumPy archive: {said}") from error


def read_npy(path: Path, max_bytes: int = MAX_BYTES) -> npt.NDArray[Any]:
    """The array of a file.

    Raises:
        InputError: the file is missing, damaged, too large, or holds Python objects.
    """
    with open_file(path, max_bytes) as file:
        size = file.seek(0, 2)
        file.seek(0)
        try:
            return _read_array(str(path), file, size)
        except InputError:
            raise
        except Exception as error:  # as above
            said = " ".join(str(error).split())[:200]
            raise InputError(f"{path} is not a NumPy array: {said}") from error


def _read_array(where: str, stream: IO[bytes], size: int) -> npt.NDArray[Any]:
    """Reads an array whose file has `size` bytes, header included."""
    version = npy.read_magic(stream)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    if version not in ((1, 0), (2, 0), (3, 0)):
        raise InputError(f"{where}: no version {version} of the format is known")
    shape, fortran, dtype = read(stream, max_header_size=_MAX_HEADER)
    if dtype.kind not in _KINDS or dtype.fields is not None:
        raise InputError(
            f"{where} is of dtype {str(dtype)[:40]}, expected numbers (or texts as labels)",
            "convert it with .astype(), objects too",
        )
    count = 1
    for axis in shape:
        count *= axis
    if any(axis < 0 for axis in shape) or count * dtype.itemsize > size or len(shape) > 8:
        raise InputError(f"{where}: the header says more than the {size} bytes that there are")
    data = stream.read(count * dtype.itemsize + 1)
    if len(data) != count * dtype.itemsize:
        what = "fewer" if len(data) < count * dtype.itemsize else "more"
        raise InputError(f"{where} has {what} bytes than its header says")
    array = np.frombuffer(data, dtype=dtype)
    return array.reshape(shape[::-1]).T if fortran else array.reshape(shape)
