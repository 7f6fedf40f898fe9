"""Convolutions of many models at once as batched matrix products, rows of data innermost.

`vmap` turns convolutions with stacked weights into one grouped convolution, which is slow on a CPU
for the few channels of a small network. Here a row of outputs is a matrix product over a window of
consecutive rows of the images, which is a view of them: one product for each column of the kernel,
on views that are each moved by one, added up. Where that cannot be, an image is copied once for
each column and multiplied once. Pooling follows while the row is still in the cache.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

_BAND_BYTES = 1 << 20
_LEAST_INNER = 8  # terms of a product, below which copies are cheaper

Allocate = Callable[..., Tensor]
"""Maps a shape to a tensor to overwrite: zeros where nothing was ever written."""


@dataclass(frozen=True)
class Operands:
    """The right-hand sides of a convolution's matrix products.

    Args:
        views: (G, H', inner, W' * N) each; the products with them are added up.
        wide: W', output columns before pooling.
        rows: N, rows of data.
        interleaved: columns stand in their own order; else the first of every block that is
            pooled come first.
    """

    views: list[Tensor]
    wide: int
    rows: int
    interleaved: bool


@dataclass(frozen=True)
class Window:
    """The geometry of a convolution without groups or dilation, and of the pooling after it.

    Args:
        kernel: height and width.
        stride: down and across.
        before: rows above and columns left that are padded with zeros.
        after: rows below and columns right that are.
        pool: height and width of the maxima taken of the outputs; 1, 1 for none.
    """

    kernel: tuple[int, int]
    stride: tuple[int, int]
    before: tuple[int, int]
    after: tuple[int, int]
    pool: tuple[int, int] = (1, 1)

    def outputs(self, height: int, width: int) -> tuple[int, int]:
        """Height and width before pooling."""
        sizes = (height, width)
        padded = [sizes[i] + self.before[i] + self.after[i] for i in (0, 1)]
        high, wide = ((padded[i] - self.kernel[i]) // self.stride[i] + 1 for i in (0, 1))
        return high, wide

    def spread(self, images: Tensor, allocate: Allocate) -> Tensor:
        """Copies for every column of the kernel: (G, padded H, kernel width, C, W', N).

        Args:
            images: (G, H, C, W, N), of any strides; G groups, N rows of data, W' output columns:
                first the first of every block that is pooled, then the second of every block.
        """
        groups, height, channels, width, rows = images.shape
        _, wide = self.outputs(height, width)
        top, left = self.before
        across = self.pool[1]
        pooled = wide // across
        padded = height + top + self.after[0]
        shape = (groups, padded, self.kernel[1], channels, across * pooled, rows)
        # Padding is written by nobody, so it stays what the allocation gave: zeros.
        copies = allocate(shape)
        step = self.stride[1] * across
        for column in range(self.kernel[1]):
            for place in range(across):
                offset = column + place * self.stride[1] - left
                first = max(0, -(offset // step))
                end = min(pooled, (width - 1 - offset) // step + 1)
                if first >= end:
                    continue
                start = first * step + offset
                source = images[:, :, :, start : start + (end - first - 1) * step + 1 : step]
                columns = slice(place * pooled + first, place * pooled + end)
                copies[:, top : top + height, column, :, columns] = source
        return copies

    def copied(self, copies: Tensor) -> Operands:
        """What weights in the order of `filters` are multiplied with, of `spread` copies."""
        groups, padded, _, _, wide, rows = copies.shape
        high = (padded - self.kernel[0]) // self.stride[0] + 1
        inner = self.kernel[0] * copies.shape[2] * copies.shape[3]
        # Windows overlap: views of (G, H', inner, W' * N) without a copy.
        step = copies.stride(1)
        windows = copies.as_strided(
            (groups, high, inner, wide * rows),
            (copies.stride(0), self.stride[0] * step, wide * rows, 1),
        )
        return Operands([windows], wide, rows, interleaved=False)

    def slides(self, channels: int) -> bool:
        """Whether columns of the kernel may be added up, each on the same images moved by one.

        That takes no copies, but products of a column's rows and channels only.
        """
        return self.stride[1] == 1 and self.kernel[0] * channels >= _LEAST_INNER

    def padded(self, images: Tensor, allocate: Allocate) -> Tensor:
        """Images (G, H, C, W, N) with their padding, for `sliding`."""
        groups, height, channels, width, rows = images.shape
        (top, left), (below, right) = self.before, self.after
        held = allocate((groups, top + height + below, channels, left + width + right, rows))
        held[:, top : top + height, :, left : left + width] = images
        return held

    def sliding(self, padded: Tensor) -> Operands:
        """What weights in the order of `columns` are multiplied with, of `padded` images."""
        groups, height, channels, width, rows = padded.shape
        high = (height - self.kernel[0]) // self.stride[0] + 1
        wide = width - self.kernel[1] + 1
        wide -= wide % self.pool[1]
        size = (groups, high, self.kernel[0] * channels, wide * rows)
        step = (padded.stride(0), self.stride[0] * padded.stride(1), width * rows, 1)
        first = padded.storage_offset()
        views = [
            padded.as_strided(size, step, first + column * rows) for column in range(self.kernel[1])
        ]
        return Operands(views, wide, rows, interleaved=True)

    def convolve(self, weights: Sequence[Tensor], operands: Operands, allocate: Allocate) -> Tensor:
        """(H', G, M, W', N): products of the weights with every window, added up and pooled.

        A call multiplies all rows of one group or all groups of one row, whichever makes fewer
        calls: for small networks they cost more than the arithmetic.

        Args:
            weights: (G, M, inner) for each view of the operands, of any stride in G.
            operands: from `copied` or `sliding`.
        """
        groups, high, _, line = operands.views[0].shape
        outer = weights[0].shape[1]
        wide, rows = operands.wide, operands.rows
        result = self.result((high, groups, outer, wide, rows), allocate)
        if groups > high:
            band = result.new_empty(self.pool[0], groups * outer, line)
            for row in range(high // self.pool[0]):
                for place in range(self.pool[0]):
                    number = row * self.pool[0] + place
                    parts = [view[:, number] for view in operands.views]
                    _multiply(weights, parts, band[place].view(groups, outer, line))
                self.maximum(band, result[row].flatten(0, 1)[None], operands.interleaved)
            return result
        for group in range(groups):

            def product(first: int, end: int, out: Tensor, group: int = group) -> None:
                same = [each[group].expand(end - first, *each.shape[1:]) for each in weights]
                _multiply(same, [view[group, first:end] for view in operands.views], out)

            self.bands(product, (high, wide), result[:, group], operands.interleaved)
        return result

    def result(self, shape: tuple[int, int, int, int, int], allocate: Allocate) -> Tensor:
        """Memory for outputs of the shape (H, G, M, W, N) once they are pooled."""
        high, groups, outer, wide, rows = shape
        down, across = self.pool
        return allocate((high // down, groups, outer, wide // across, rows))

    def bands(
        self,
        product: Callable[[int, int, Tensor], object],
        size: tuple[int, int],
        result: Tensor,
        interleaved: bool = False,
    ) -> None:
        """Pools rows of outputs into `result` (H', M, W', N) while they are in the cache.

        Args:
            product: writes the rows from `first` to `end` into (end - first, M, W * N).
            size: H and W of the outputs before pooling.
            interleaved: as in `maximum`.
        """
        outer, rows = result.shape[1], result.shape[3]
        down = self.pool[0]
        row_bytes = outer * size[1] * rows * result.element_size()
        count = max(1, _BAND_BYTES // (row_bytes * down))
        for first in range(0, len(result), count):
            end = min(first + count, len(result))
            band = result.new_empty((end - first) * down, outer, size[1] * rows)
            product(first * down, end * down, band)
            self.maximum(band, result[first:end], interleaved)

    def maximum(self, band: Tensor, out: Tensor, interleaved: bool) -> None:
        """Maxima of the rows `band` (n * pool height, M, W * N), which is overwritten.

        Args:
            interleaved: columns stand in their own order; else the first of every block first.
        """
        down, across = self.pool
        count, outer, wide, rows = out.shape
        high, *others = band.view(count, down, outer, -1).unbind(1)
        for other in others:
            torch.maximum(high, other, out=high)
        if interleaved:
            first, *others = high.view(count, outer, wide, across, rows).unbind(3)
        else:
            first, *others = high.view(count, outer, across, wide, rows).unbind(2)
        if not others:
            out.copy_(first)
            return
        torch.maximum(first, others[0], out=out)
        for other in others[1:]:
            torch.maximum(out, other, out=out)


def filters(weights: Tensor) -> Tensor:
    """(B, M, kernel height * kernel width * C) of weights (B, M, C, kernel height, width)."""
    return weights.permute(0, 1, 3, 4, 2).flatten(2)


COLUMNS = (3, 0, 2, 1)
"""The axes of weights (M, C, kernel height, width) in the order that `columns` takes."""


def columns(arranged: Tensor) -> Sequence[Tensor]:
    """(B, M, kernel height * C) for each column of the kernel.

    Args:
        arranged: (B, width, M, kernel height, C) weights: their axes in the order `COLUMNS`.
    """
    return arranged.flatten(3).unbind(1)


def _multiply(weights: Sequence[Tensor], parts: Sequence[Tensor], out: Tensor) -> None:
    """The sum of the batched products, into `out`."""
    torch.bmm(weights[0], parts[0], out=out)
    for weight, part in zip(weights[1:], parts[1:], strict=True):
        out.baddbmm_(weight, part)
