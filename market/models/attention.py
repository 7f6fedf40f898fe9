"""Attention, written as the products and the softmax that it is.

Vaswani et al., Attention is all you need, section 3.2.1: softmax(Q K' / sqrt(d) + mask) V.
PyTorch's fused kernels give the same up to rounding, but have no forward-mode derivative and no
rule for `vmap`, which yardsticks need.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import fx

from market.errors import InputError
from market.models.arguments import Outcome
from market.models.tracing import line_of

ATTENTION = "aten.scaled_dot_product_attention.default"
Write = Callable[[str, dict[str, Any]], Outcome]


def write_attention(node: fx.Node, given: dict[str, Any], write: Write) -> Outcome:
    """Writes one attention.

    Args:
        node: a traced `scaled_dot_product_attention`.
        given: its arguments, tensors among them as values of a file.
        write: adds a node of a file.

    Raises:
        InputError: it drops some of its scores at random, or groups its heads.
    """
    if given["dropout_p"] or given["enable_gqa"]:
        raise InputError(
            f"attention with dropout or grouped heads cannot be written{line_of(node)}",
            "give dropout_p=0.0 when not training, and repeat the keys of a group",
        )
    query, key, mask = (node.args[0], node.args[1], given["attn_mask"])
    assert isinstance(query, fx.Node)
    assert isinstance(key, fx.Node)
    dtype, width = query.meta["val"].dtype, query.meta["val"].shape[-1]
    scale = 1 / math.sqrt(width) if given["scale"] is None else given["scale"]
    lowest = torch.finfo(dtype).min

    turned = write("aten.transpose.int", {"self": given["key"], "dim0": -2, "dim1": -1})
    scores = write("aten.matmul.default", {"self": given["query"], "other": turned})
    scores = write("aten.mul.Scalar", {"self": scores, "other": scale})
    hidden: Any = None
    if given["is_causal"]:
        extents = (query.meta["val"].shape[-2], key.meta["val"].shape[-2])
        hidden = torch.ones(extents, dtype=torch.bool).tril().logical_not()
    elif mask is not None and _is_truth(node, mask):
        hidden = write("aten.logical_not.default", {"self": mask})
    elif mask is not None:
        scores = write("aten.add.Tensor", {"self": scores, "other": mask, "alpha": 1})
        hidden = write("aten.eq.Scalar", {"self": mask, "other": -math.inf})
    # As torch has it: who sees nothing gets zeros. The lowest number in place of -inf keeps the
    # softmax of such scores, and its derivative, from being NaN.
    if hidden is not None:
        scores = _hide(scores, hidden, lowest, write)
    shares = write("aten.softmax.int", {"self": scores, "dim": -1})
    if hidden is not None and not given["is_causal"]:
        shares = _hide(shares, hidden, 0, write)
    return write("aten.matmul.default", {"self": shares, "other": given["value"]})


def _hide(entries: Outcome, hidden: Any, value: float, write: Write) -> Outcome:
    return write("aten.masked_fill.Scalar", {"self": entries, "mask": hidden, "value": value})


def _is_truth(node: fx.Node, mask: Any) -> bool:
    if isinstance(mask, torch.Tensor):
        return mask.dtype == torch.bool
    traced = node.kwargs.get("attn_mask", node.args[3] if len(node.args) > 3 else None)
    assert isinstance(traced, fx.Node)
    return bool(traced.meta["val"].dtype == torch.bool)
