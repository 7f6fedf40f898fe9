"""The operations that a model may be made of, each with the arguments that a file gives it.

All of them compute their outcome from their arguments and from nothing else: none draws numbers,
writes into a tensor, opens a file, or makes a tensor larger than its arguments say. An argument
that torch has and that is not listed keeps torch's default.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch

from market.models.arguments import (
    Kind,
    between,
    constant,
    dimension,
    dtype,
    flag,
    number,
    one_of,
    optional,
    position,
    size,
    some,
    tensor,
    tensors,
)
from market.models.limits import MAX_LIST

_aten = torch.ops.aten


@dataclass(frozen=True)
class Operation:
    """An overload of torch, and the kinds of its arguments by torch's names.

    Args:
        overload: what is called.
        arguments: all that a file says.
        fixed: arguments that are the same for every file.
        take: which of several outcomes is the operation's; None where there is but one.
        whole: whether the outcome may be of whole numbers or truth values, that is, whether numbers
            are only moved or compared. Arithmetic is done on floats.
        moves: whether entries are only moved, so that whole numbers stay within their range.
    """

    overload: Any
    arguments: dict[str, Kind]
    fixed: dict[str, Any] = field(default_factory=dict)
    take: int | None = None
    whole: bool = False
    moves: bool = False

    @property
    def name(self) -> str:
        return str(self.overload)


_extent = between(1, 2**16)
_padding = between(0, 2**16)
_dimensions = some(dimension, 0)


def _operation(overload: Any, /, **arguments: Kind) -> Operation:
    return Operation(overload, arguments)


def _picked(overload: Any, /, **arguments: Kind) -> Operation:
    return Operation(overload, arguments, take=0)


def _moved(overload: Any, /, **arguments: Kind) -> Operation:
    return Operation(overload, arguments, whole=True, moves=True)


def _compared(overload: Any, /, **arguments: Kind) -> Operation:
    return Operation(overload, arguments, whole=True)


def _unary() -> Iterator[Operation]:
    one = partial(_operation, self=tensor)
    for overload in (
        _aten.abs, _aten.detach, _aten.erf, _aten.exp, _aten.hardsigmoid, _aten.hardswish,
        _aten.log, _aten.neg, _aten.reciprocal, _aten.relu, _aten.rsqrt, _aten.sigmoid, _aten.silu,
        _aten.sqrt, _aten.tanh,
    ):  # fmt: skip
        yield one(overload.default)
    yield one(_aten.gelu.default, approximate=one_of("none", "tanh"))
    yield one(_aten.leaky_relu.default, negative_slope=number)
    yield one(_aten.elu.default, alpha=number, scale=number, input_scale=number)
    yield one(_aten.softplus.default, beta=number, threshold=number)
    yield one(_aten.hardtanh.default, min_val=number, max_val=number)
    yield one(_aten.clamp.default, min=optional(number), max=optional(number))
    yield one(_aten.pow.Tensor_Scalar, exponent=number)
    yield one(_aten.softmax.int, dim=dimension)
    yield one(_aten.log_softmax.int, dim=dimension)


def _binary() -> Iterator[Operation]:
    two = partial(_operation, self=tensor, other=tensor)
    for overload in (
        _aten.mul.Tensor,
        _aten.div.Tensor,
        _aten.maximum.default,
        _aten.minimum.default,
    ):
        yield two(overload)
    yield two(_aten.add.Tensor, alpha=number)
    yield two(_aten.sub.Tensor, alpha=number)
    scalar = partial(_operation, self=tensor, other=number)
    yield scalar(_aten.mul.Scalar)
    yield scalar(_aten.div.Scalar)
    for overload in (_aten.add.Scalar, _aten.sub.Scalar, _aten.rsub.Scalar):
        yield scalar(overload, alpha=number)


def _comparisons() -> Iterator[Operation]:
    for overload in (_aten.eq, _aten.ne, _aten.lt, _aten.le, _aten.gt, _aten.ge):
        yield _compared(overload.Tensor, self=tensor, other=tensor)
        yield _compared(overload.Scalar, self=tensor, other=number)
    yield _compared(_aten.logical_not.default, self=tensor)
    yield _compared(_aten.logical_and.default, self=tensor, other=tensor)
    yield _compared(_aten.logical_or.default, self=tensor, other=tensor)
    yield _compared(_aten.where.self, condition=tensor, self=tensor, other=tensor)
    yield _compared(_aten.masked_fill.Scalar, self=tensor, mask=tensor, value=constant)
    yield _compared(_aten.to.dtype, self=tensor, dtype=dtype)


def _products() -> Iterator[Operation]:
    yield _operation(_aten.linear.default, input=tensor, weight=tensor, bias=optional(tensor))
    yield _operation(_aten.matmul.default, self=tensor, other=tensor)
    weights = {"input": tensor, "weight": tensor, "bias": optional(tensor)}
    for rank, conv in ((1, _aten.conv1d), (2, _aten.conv2d)):
        extents = some(_extent, rank, rank)
        more = {"stride": extents, "dilation": extents, "groups": _extent}
        yield Operation(conv.default, {**weights, **more, "padding": some(_padding, rank, rank)})
        yield Operation(conv.padding, {**weights, **more, "padding": one_of("same", "valid")})
    # The range of indices is checked in market/models/indices.py.
    yield _operation(
        _aten.embedding.default, weight=tensor, indices=tensor, padding_idx=between(-1, 2**31)
    )


def _norms() -> Iterator[Operation]:
    scaled = {"weight": optional(tensor), "bias": optional(tensor), "eps": number}
    measured = {"running_mean": tensor, "running_var": tensor}
    yield Operation(
        _aten.batch_norm.default,
        {"input": tensor, **measured, **scaled},
        fixed={"training": False, "momentum": 0.0, "cudnn_enabled": True},
    )
    # The flags about cuDNN choose a kernel, not an outcome.
    yield Operation(
        _aten.layer_norm.default,
        {"input": tensor, "normalized_shape": some(_extent, 1), **scaled},
        fixed={"cudnn_enable": True},
    )
    yield Operation(
        _aten.group_norm.default,
        {"input": tensor, "num_groups": _extent, **scaled},
        fixed={"cudnn_enabled": True},
    )
    yield _operation(
        _aten.rms_norm.default,
        input=tensor,
        normalized_shape=some(_extent, 1),
        weight=optional(tensor),
        eps=optional(number),
    )


def _pools() -> Iterator[Operation]:
    for rank, highest, mean, adaptive in (
        (1, _aten.max_pool1d, _aten.avg_pool1d, _aten.adaptive_avg_pool1d),
        (2, _aten.max_pool2d, _aten.avg_pool2d, _aten.adaptive_avg_pool2d),
    ):
        # Strides may be left out, and are the window's then.
        extents, paddings = some(_extent, rank, rank), some(_padding, rank, rank)
        window = {
            "self": tensor,
            "kernel_size": extents,
            "stride": some(_extent, 0, rank),
            "padding": paddings,
            "ceil_mode": flag,
        }
        yield Operation(highest.default, {**window, "dilation": extents})
        yield Operation(mean.default, {**window, "count_include_pad": flag})
        yield _operation(adaptive.default, self=tensor, output_size=extents)


def _shapes() -> Iterator[Operation]:
    one = partial(_moved, self=tensor)
    yield one(_aten.reshape.default, shape=some(size, 0))
    yield one(_aten.expand.default, size=some(size, 0))
    yield one(_aten.permute.default, dims=_dimensions)
    yield one(_aten.transpose.int, dim0=dimension, dim1=dimension)
    yield one(_aten.unsqueeze.default, dim=dimension)
    yield one(_aten.squeeze.dim, dim=dimension)
    yield one(_aten.squeeze.dims, dim=_dimensions)
    yield one(_aten.select.int, dim=dimension, index=position)
    yield one(
        _aten.slice.Tensor,
        dim=dimension,
        start=optional(position),
        end=optional(position),
        step=_extent,
    )
    yield _moved(_aten.cat.default, tensors=tensors, dim=dimension)
    yield _moved(_aten.stack.default, tensors=tensors, dim=dimension)
    yield _operation(
        _aten.pad.default,
        self=tensor,
        pad=some(between(-(2**16), 2**16), 0, MAX_LIST),
        mode=one_of("constant"),
        value=optional(number),
    )


def _reductions() -> Iterator[Operation]:
    reduced = partial(_operation, self=tensor, dim=some(dimension, 1), keepdim=flag)
    for overload in (_aten.mean.dim, _aten.sum.dim_IntList, _aten.amax.default, _aten.amin.default):
        yield reduced(overload)
    yield _operation(
        _aten.linalg_vector_norm.default,
        self=tensor,
        ord=number,
        dim=some(dimension, 1),
        keepdim=flag,
    )
    yield reduced(_aten.var.correction, correction=optional(number))
    yield reduced(_aten.var.dim, unbiased=flag)
    yield _picked(_aten.max.dim, self=tensor, dim=dimension, keepdim=flag)
    yield _picked(_aten.min.dim, self=tensor, dim=dimension, keepdim=flag)


OPERATIONS: dict[str, Operation] = {
    each.name: each
    for group in (_unary, _binary, _comparisons, _products, _norms, _pools, _shapes, _reductions)
    for each in group()
}
"""By the name that a file gives them, such as `aten.linear.default`."""
