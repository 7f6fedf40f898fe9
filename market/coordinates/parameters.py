"""Which of a module's tensors coordinates can move, and why another is refused."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from market.errors import InputError

Shapes = dict[str, torch.Size]


def shapes_of(module: nn.Module) -> Shapes:
    """Names and shapes of the parameters, in the order of `named_parameters`.

    A parameter that has several names (tied embeddings) is here once, by its first name;
    `torch.func.functional_call` moves it under all of them. Buffers are not here: running
    statistics, masks and tables of integers stay as they are, whatever is traded.

    Raises:
        InputError: there are no parameters; one is lazy, of another type than float32, or shares
            memory with another that is a different object; a normalisation would move its running
            statistics.
    """
    for name, child in module.named_modules():
        if isinstance(child, _NormBase) and child.training and child.track_running_stats:
            raise InputError(
                f"{name or 'the module'} would move its running statistics while it trains",
                "they are no parameters and stay as they are: call eval() on it first",
            )
    named = dict(module.named_parameters())
    if not named:
        raise InputError("the model has no parameters")
    for name, value in named.items():
        if nn.parameter.is_lazy(value):
            raise InputError(f"{name} has no shape yet", "run the model once on an input")
        if value.dtype != torch.float32:
            raise InputError(
                f"{name} is of {value.dtype}: float32 alone is traded", "call float() on the model"
            )
    _refuse_overlaps(named)
    return {name: value.shape for name, value in named.items()}


def _refuse_overlaps(named: dict[str, nn.Parameter]) -> None:
    """Two parameters in one place would each be moved, and only one of the moves would stay."""
    places = sorted((*_addresses(value), name) for name, value in named.items() if value.numel())
    for (_, end, name), (start, _, other) in pairwise(places):
        if start < end:
            raise InputError(
                f"{name} and {other} share memory", "tie them by one nn.Parameter of two names"
            )


def _addresses(value: Tensor) -> tuple[int, int]:
    """The first byte of its entries, and the one past the last."""
    last = sum(
        (size - 1) * stride for size, stride in zip(value.shape, value.stride(), strict=True)
    )
    return value.data_ptr(), value.data_ptr() + (last + 1) * value.element_size()
