"""Layers of many models at once: what is shared by all models is computed once.

A value that differs between models is `Stacked`. Its tensor has the models first and the rows of
data next, (B, N, ...), but fast layers keep the rows innermost in memory, where every copy, sum
and maximum then runs over many neighbouring numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from market.utility.mixture import Mixture
from market.utility.windows import COLUMNS, Window, columns, filters

KEPT_BYTES = 256 << 20
"""What the first layers may keep of the data between calls."""


@dataclass(frozen=True)
class Stacked:
    """A value of every model.

    Args:
        tensor: (B, ...): for activations (B, N, ...), for parameters (B, *shape).
        owned: nothing else refers to the memory, so it may be overwritten.
    """

    tensor: Tensor
    owned: bool = False


@dataclass
class Workspace:
    """Memory that is used again: fresh pages cost more than the arithmetic of a small layer.

    Attributes:
        kept: what shared layers computed of the data, by layer and block of rows.
    """

    kept: dict[tuple[str, int], Tensor] = field(default_factory=dict)
    _slots: dict[str, Tensor] = field(default_factory=dict)
    _bytes: int = 0

    def __reduce__(self) -> tuple[type[Workspace], tuple[()]]:
        return Workspace, ()  # copies and pickles start empty

    def slot(self, name: str, like: Tensor) -> Callable[[tuple[int, ...]], Tensor]:
        """An allocator of the tensor that goes by this name; zeros when it is new."""

        def allocate(shape: tuple[int, ...]) -> Tensor:
            held = self._slots.get(name)
            if held is None or held.shape != shape:
                held = self._slots[name] = like.new_zeros(shape)
            return held

        return allocate

    def remember(self, key: tuple[str, int], compute: Callable[[], Tensor]) -> Tensor:
        """`compute()`, from memory where it was kept."""
        found = self.kept.get(key)
        if found is None:
            found = compute()
            size = found.numel() * found.element_size()
            if self._bytes + size <= KEPT_BYTES:
                self._bytes += size
                self.kept[key] = found
        return found


@dataclass(frozen=True)
class Place:
    """Where a layer stands: its name, the block of rows, how many rows there are in all."""

    name: str
    block: int
    rows: int
    workspace: Workspace


@dataclass(frozen=True)
class Weights:
    """A layer's parameters: their names in the mixture."""

    mixture: Mixture
    weight: str
    bias: str | None

    def combines(self, inner: int, outputs: int, place: Place) -> bool:
        """Whether to combine the responses of the base and of every delta instead.

        A layer is linear in its parameters, so on shared data a model's outputs are the mixture
        of those. That costs 1 + k products for each output instead of `inner`.
        """
        count = 1 + len(self.mixture.deltas.directions)
        size = count * outputs * place.rows * self.mixture.coefficients.element_size()
        return count < inner and size <= KEPT_BYTES // 2

    def add_bias(self, outputs: Tensor, shape: tuple[int, ...]) -> None:
        if self.bias is not None:
            outputs += self.mixture[self.bias].reshape(shape)


def linear(inputs: Tensor | Stacked, weights: Weights, place: Place) -> Stacked:
    """A linear layer of features (N, F) that all models share, or (B, N, F)."""
    mixture = weights.mixture
    models = len(mixture)
    outer, inner = mixture.deltas.shapes[weights.weight]
    if isinstance(inputs, Stacked):
        features = inputs.tensor.permute(0, 2, 1)  # rows innermost
        result = place.workspace.slot(place.name, features)((models, outer, features.shape[2]))
        torch.bmm(mixture[weights.weight], features.contiguous(), out=result)
    else:
        rows = len(inputs)
        result = place.workspace.slot(place.name, inputs)((models, outer, rows))
        if weights.combines(inner, outer, place):
            every = mixture.deltas.all_of(weights.weight)
            responses = place.workspace.remember(
                (place.name, place.block),
                lambda: (every.flatten(0, 1) @ inputs.T).view(len(every), -1),
            )
            torch.mm(mixture.with_base(), responses, out=result.view(models, -1))
        else:
            flat = mixture[weights.weight].reshape(models * outer, inner)
            torch.mm(flat, inputs.T, out=result.view(models * outer, rows))
    weights.add_bias(result, (models, outer, 1))
    return Stacked(result.permute(0, 2, 1), owned=True)


def convolution(
    inputs: Tensor | Stacked, weights: Weights, window: Window, place: Place
) -> Stacked:
    """A convolution of images (N, C, H, W) that all models share, or (B, N, C, H, W), pooled.

    The bias is added after pooling: rounding is monotone, so the maxima are the same numbers.
    """
    mixture, workspace = weights.mixture, place.workspace
    models = len(mixture)
    outer, channels = mixture.deltas.shapes[weights.weight][:2]
    if isinstance(inputs, Stacked):
        images = inputs.tensor.permute(0, 3, 2, 4, 1)
        copies = workspace.slot(f"{place.name}, copies", images)
        allocate = workspace.slot(place.name, images)
        if window.slides(channels):
            moved = window.sliding(window.padded(images, copies))
            arranged = mixture.arranged(weights.weight, COLUMNS)
            result = window.convolve(columns(arranged), moved, allocate)
        else:
            whole = window.copied(window.spread(images, copies))
            stacked = filters(mixture[weights.weight])
            result = window.convolve([stacked], whole, allocate)
    else:
        images = inputs.permute(2, 1, 3, 0)[None]
        allocate = workspace.slot(place.name, images)
        high, wide = window.outputs(*inputs.shape[2:])
        wide -= wide % window.pool[1]
        inner = channels * window.kernel[0] * window.kernel[1]
        combines = weights.combines(inner, outer * high * wide, place)

        def operand() -> Tensor:
            copies = window.spread(images, images.new_zeros)
            if not combines:
                return copies
            every = filters(mixture.deltas.all_of(weights.weight)).flatten(0, 1)
            unpooled = replace(window, pool=(1, 1))
            return unpooled.convolve([every[None]], unpooled.copied(copies), images.new_zeros)

        found = workspace.remember((place.name, place.block), operand)
        if combines:
            coefficients = mixture.with_base()

            def product(first: int, end: int, out: Tensor) -> None:
                same = coefficients.expand(end - first, *coefficients.shape)
                responses = found[first:end].view(end - first, coefficients.shape[1], -1)
                torch.bmm(same, responses, out=out.view(end - first, models, -1))

            result = window.result((high, models, outer, wide, len(inputs)), allocate)
            window.bands(product, (high, wide), result.flatten(1, 2))
        else:
            flat = filters(mixture[weights.weight]).flatten(0, 1)[None]
            result = window.convolve([flat], window.copied(found), allocate)
            result = result.view(len(result), models, outer, *result.shape[3:])
    weights.add_bias(result, (models, outer, 1, 1))
    return Stacked(result.permute(1, 4, 2, 0, 3), owned=True)


def flat(inputs: Stacked) -> Stacked:
    """(B, N, F) of (B, N, ...)."""
    innermost = inputs.tensor.movedim(1, -1)
    return Stacked(innermost.flatten(1, -2).movedim(-1, 1))


def maximum(inputs: Stacked, pool: tuple[int, int]) -> Stacked:
    """Maxima over blocks of images (B, N, C, H, W) that neither overlap nor are padded."""
    images = inputs.tensor
    (down, across), (high, wide) = pool, images.shape[3:]
    kept = images[:, :, :, : high // down * down, : wide // across * across]
    places = [
        kept[..., row::down, column::across] for row in range(down) for column in range(across)
    ]
    result = places[0].clone()
    for place in places[1:]:
        torch.maximum(result, place, out=result)
    return Stacked(result, owned=True)
