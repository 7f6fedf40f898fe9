"""The safetensors container, in the one layout that a model file may have.

Eight bytes say how long the header is (little endian); the header is JSON: for every tensor its
dtype, shape and place, and under `__metadata__` texts; the tensors' bytes follow, in rows, without
a gap. https://huggingface.co/docs/safetensors says what the format allows. Here tensors come by
falling width of their entries and then by name, so that they are aligned, and the header is
canonical JSON with spaces up to the next multiple of eight: equal content is equal bytes. Any
library of that format reads such a file.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from io import BufferedIOBase
from math import prod
from typing import Any

import torch

from market.errors import InputError
from market.models.dtypes import DTYPES, NAMES, width
from market.models.limits import (
    MAX_EXTENT,
    MAX_FILE_BYTES,
    MAX_HEADER_BYTES,
    MAX_RANK,
    MAX_TENSORS,
)
from market.models.names import check_name, check_scopes
from market.models.strict_json import canonical, parse

_METADATA = "__metadata__"
_LENGTH = 8
_PART = 2**20


@dataclass(frozen=True)
class Stored:
    """What the header says of one tensor, `dtype` by its safetensors name."""

    dtype: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """Bytes."""
        return prod(self.shape) * width(self.dtype)

    def meta(self) -> torch.Tensor:
        """A tensor of this shape without memory."""
        return torch.empty(self.shape, dtype=DTYPES[self.dtype], device="meta")


@dataclass(frozen=True)
class Header:
    """A header that was checked against the file's size.

    Args:
        metadata: texts by name.
        tensors: what is stored, in the order of its bytes.
    """

    metadata: dict[str, str]
    tensors: dict[str, Stored]

    def encode(self) -> bytes:
        """The header's bytes, its length in front."""
        entries: dict[str, Any] = {_METADATA: self.metadata}
        start = 0
        for name, stored in self.tensors.items():
            entries[name] = {
                "dtype": stored.dtype,
                "shape": list(stored.shape),
                "data_offsets": [start, start + stored.size],
            }
            start += stored.size
        text = canonical(entries)
        text += b" " * (-len(text) % _LENGTH)
        return len(text).to_bytes(_LENGTH, "little") + text


def arrange(metadata: Mapping[str, str], tensors: Mapping[str, Stored]) -> Header:
    """The header of the file that holds these tensors."""
    ordered = sorted(tensors.items(), key=lambda item: (-width(item[1].dtype), item[0]))
    return Header(dict(metadata), dict(ordered))


def describe(tensor: torch.Tensor) -> Stored:
    """How a tensor would be stored.

    Raises:
        InputError: its dtype is not among `DTYPES`.
    """
    if tensor.dtype not in NAMES:
        raise InputError(f"tensors of {tensor.dtype} cannot be stored", f"use {', '.join(DTYPES)}")
    return Stored(NAMES[tensor.dtype], tuple(tensor.shape))


def encode(metadata: Mapping[str, str], tensors: Mapping[str, torch.Tensor]) -> bytes:
    """The file's bytes.

    Raises:
        InputError: a dtype is unknown, or the file would be larger than `MAX_FILE_BYTES`.
    """
    header = arrange(metadata, {name: describe(tensor) for name, tensor in tensors.items()})
    if sum(stored.size for stored in header.tensors.values()) > MAX_FILE_BYTES - MAX_HEADER_BYTES:
        raise InputError(f"the model is larger than {MAX_FILE_BYTES} bytes")
    parts = [header.encode()]
    for name in header.tensors:
        raw = tensors[name].detach().cpu().contiguous().reshape(-1).view(torch.uint8)
        parts.append(raw.numpy().tobytes())
    return b"".join(parts)


def read_header(file: BufferedIOBase, size: int) -> Header:
    """Reads and checks all that stands in front of the tensors' bytes.

    Args:
        file: at its beginning.
        size: bytes of the whole file.

    Raises:
        InputError: the file is too large, or its header is anything but the canonical one of a file
            of
            exactly this size.
    """
    if size > MAX_FILE_BYTES:
        raise InputError(f"{size} bytes are more than a model has ({MAX_FILE_BYTES})")
    length = int.from_bytes(file.read(_LENGTH), "little")
    if size < _LENGTH + 2 or not 2 <= length <= min(MAX_HEADER_BYTES, size - _LENGTH):
        raise InputError("this is no model file: its first bytes give no length of a header")
    text = file.read(length)
    header = _parse(parse(text, "header"))
    end = sum(stored.size for stored in header.tensors.values())
    if _LENGTH + length + end != size:
        raise InputError(
            f"the header tells of {end} bytes of tensors, {size} bytes are the whole file"
        )
    if header.encode() != length.to_bytes(_LENGTH, "little") + text:
        raise InputError(
            "the header is not written as a model's is",
            "places overlap or leave gaps, or order, spaces or numbers differ from what "
            "`market export-model` writes",
        )
    return header


def read_tensors(
    file: BufferedIOBase, header: Header, masks: Collection[str] = ()
) -> dict[str, torch.Tensor]:
    """The tensors, on the CPU; `file` stands behind the header.

    Args:
        masks: names of tensors that may hold negative infinity, of which masks are made.

    Raises:
        InputError: the file ends too soon, a float is not finite, or a truth value is neither 0 nor
            1.
    """
    tensors = {}
    for name, stored in header.tensors.items():
        raw = bytearray(stored.size)
        if file.readinto(raw) != stored.size:
            raise InputError("the file ends within its tensors")
        # A truth value of 2 is no value at all to the machine code that reads it.
        if stored.dtype == "BOOL" and int(torch.frombuffer(raw, dtype=torch.uint8).max()) > 1:
            raise InputError(f"{name} holds truth values that are neither 0 nor 1")
        tensor = torch.frombuffer(raw, dtype=DTYPES[stored.dtype]).reshape(stored.shape)
        check_numbers(name, tensor, mask=name in masks)
        tensors[name] = tensor
    return tensors


def check_numbers(name: str, tensor: torch.Tensor, mask: bool) -> None:
    """Refuses floats that are not finite, except for negative infinity in a mask.

    Raises:
        InputError: there is one.
    """
    if tensor.is_floating_point():
        for part in torch.split(tensor.reshape(-1), _PART):
            usable = part < torch.inf if mask else part.abs() < torch.inf
            if not bool(usable.all()):
                raise InputError(f"{name} holds NaN or infinity")


def _parse(raw: Any) -> Header:
    if not isinstance(raw, dict) or not isinstance(raw.get(_METADATA), dict):
        raise InputError("the header has no __metadata__: this holds weights, but no model")
    metadata = raw.pop(_METADATA)
    if not all(isinstance(text, str) for text in metadata.values()):
        raise InputError("an entry of __metadata__ is no text")
    if not 1 <= len(raw) <= MAX_TENSORS:
        raise InputError(f"a model has 1 to {MAX_TENSORS} tensors, not {len(raw)}")
    tensors = {check_name(name): _stored(name, raw[name]) for name in raw}
    check_scopes(tensors)
    return arrange(metadata, tensors)


def _stored(name: str, raw: Any) -> Stored:
    if not isinstance(raw, dict) or set(raw) != {"dtype", "shape", "data_offsets"}:
        raise InputError(f"{name} needs dtype, shape, data_offsets and nothing else")
    dtype, shape = raw["dtype"], raw["shape"]
    if not isinstance(dtype, str) or dtype not in DTYPES:
        raise InputError(f"{name} is of a dtype that is not among {', '.join(DTYPES)}")
    if not isinstance(shape, list) or len(shape) > MAX_RANK:
        raise InputError(f"the shape of {name} is no list of at most {MAX_RANK} entries")
    if not all(type(extent) is int and 1 <= extent <= MAX_EXTENT for extent in shape):
        raise InputError(f"the shape of {name} has an entry that is no size")
    stored = Stored(dtype, tuple(shape))
    if stored.size > MAX_FILE_BYTES:
        raise InputError(f"{name} is larger than any model file")
    return stored
