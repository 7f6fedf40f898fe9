"""The kinds of numbers that tensors of a model file hold, by the names that safetensors gives
them."""

from __future__ import annotations

import torch

DTYPES: dict[str, torch.dtype] = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "BOOL": torch.bool,
}
NAMES: dict[torch.dtype, str] = {dtype: name for name, dtype in DTYPES.items()}
INPUTS = ("F32", "F64", "I64")
"""What the rows that a model takes can be."""


def width(name: str) -> int:
    """Bytes of one entry."""
    return DTYPES[name].itemsize
