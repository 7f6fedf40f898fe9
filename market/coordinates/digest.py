"""One hash by which two people see that they hold the same model."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from market.errors import InputError


def digest(weights: Mapping[str, Tensor]) -> bytes:
    """SHA-256 of float32 weights: 32 bytes.

    Of every tensor in order: the length of its name in UTF-8, the name, the number of its axes,
    their lengths, and its entries row by row. Lengths are 8 bytes, everything is little-endian.

    Raises:
        InputError: a tensor is of another type.
    """
    found = hashlib.sha256()
    for name, weight in weights.items():
        if weight.dtype != torch.float32:
            raise InputError(f"{name} is of {weight.dtype}: float32 alone has a digest")
        encoded = name.encode()
        found.update(_length(len(encoded)) + encoded)
        found.update(b"".join(_length(number) for number in (weight.ndim, *weight.shape)))
        entries = weight.detach().cpu().contiguous().numpy()
        found.update(np.ascontiguousarray(entries, dtype="<f4").reshape(-1).data)
    return found.digest()


def _length(number: int) -> bytes:
    return number.to_bytes(8, "little")
