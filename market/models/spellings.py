"""How PyTorch spells what a model file says otherwise, and why some of it cannot be said."""

from __future__ import annotations

COPIES = {
    "aten.alias.default",
    "aten.clone.default",
    "aten.contiguous.default",
    "aten.lift_fresh_copy.default",
}
"""Operations that give what they are given. Dropout in eval mode has become one of them."""

NOTHING = {"aten._assert_tensor_metadata.default", "aten.sym_constrain_range_for_size.default"}
"""Operations that give nothing."""

RENAMED: dict[str, tuple[str, dict[str, str]]] = {
    "aten.view.default": ("aten.reshape.default", {"size": "shape"}),
    "aten._unsafe_view.default": ("aten.reshape.default", {"size": "shape"}),
    "aten._to_copy.default": ("aten.to.dtype", {}),
    "aten.mm.default": ("aten.matmul.default", {"mat2": "other"}),
    "aten.bmm.default": ("aten.matmul.default", {"mat2": "other"}),
    "aten._native_batch_norm_legit_no_training.default": ("aten.batch_norm.default", {}),
    "aten.clamp_min.default": ("aten.clamp.default", {}),
    "aten.clamp_max.default": ("aten.clamp.default", {}),
}
"""Other names for operations of the list, with other names of arguments. A view asks for a layout
of memory that the same numbers need not have elsewhere; a reshape does not."""

SCALARS = {
    f"aten.{name}.Tensor": f"aten.{name}.Scalar"
    for name in ("add", "sub", "mul", "div", "eq", "ne", "lt", "le", "gt", "ge")
}
"""Overloads for two tensors, and those for a tensor and a number."""

TRUTHS = {
    "aten.bitwise_not.default": "aten.logical_not.default",
    "aten.bitwise_and.Tensor": "aten.logical_and.default",
    "aten.bitwise_or.Tensor": "aten.logical_or.default",
}
"""The same for truth values."""

FILLED: dict[str, float | None] = {
    "aten.zeros.default": 0,
    "aten.zeros_like.default": 0,
    "aten.new_zeros.default": 0,
    "aten.ones.default": 1,
    "aten.ones_like.default": 1,
    "aten.new_ones.default": 1,
    "aten.full.default": None,
    "aten.full_like.default": None,
    "aten.new_full.default": None,
}
"""Tensors of one number over and over: which; None where it is an argument."""

CUTS = {
    "aten.split.Tensor",
    "aten.split_with_sizes.default",
    "aten.chunk.default",
    "aten.unbind.int",
}

_MIXES = "it puts the rows of a batch together; name the dimensions"
_RECURRENT = "recurrent layers cannot be written; use convolutions or attention"
_REASONS = {
    "_native_batch_norm_legit": "batch norm that measures the batch makes rows depend on "
    "each other; let it track running statistics, or use group or layer norm",
    "prelu": "torch cannot differentiate it row by row; use a leaky or smooth activation",
    "mean.default": _MIXES,
    "sum.default": _MIXES,
    "lstm": _RECURRENT,
    "gru": _RECURRENT,
}


def why_not(name: str) -> str:
    """What to do about an operation that is off the list; empty if nothing special."""
    reasons = (text for start, text in _REASONS.items() if name.startswith(f"aten.{start}"))
    return next(reasons, "")
