"""w + S theta: a model of any size, moved by k numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from market.coordinates.fold import moved, steps
from market.coordinates.scope import EVERYTHING, in_scope
from market.coordinates.shares import shares
from market.coordinates.sketch import Sketch
from market.errors import InputError

Weights = dict[str, Tensor]

MOST_COORDINATES = 1 << 20


@dataclass(frozen=True, eq=False)
class Coordinates:
    """S, (d, k): every entry of a tensor in scope is +-2**-e of one of k coordinates, or its own.

    It holds 5 bytes an entry, and never d k of anything. Made by `of`.

    Args:
        sketches: of the traded tensors, in order; the first has the first coordinates.
        device: where they lie; theta, gradients and weights must be there too.
    """

    sketches: tuple[Sketch, ...]
    device: torch.device

    @classmethod
    def of(
        cls,
        shapes: Mapping[str, torch.Size],
        k: int,
        seed: bytes,
        scope: Sequence[str] = EVERYTHING,
        device: torch.device | str = "cpu",
    ) -> Coordinates:
        """The coordinates of a seed: the same for everybody, on any device.

        Args:
            shapes: name -> shape, as from `shapes_of(module)`. Their order matters.
            k: from the number of tensors in scope to the number of their entries.
            seed: 32 bytes. Who can choose it can choose in which directions a model moves.
            scope: patterns of names, `["head.*"]`; everything if not given.
            device: where to work.

        Raises:
            InputError: another k or seed, a pattern that matches nothing, a tensor without entries.
        """
        if not isinstance(k, int) or k > MOST_COORDINATES:
            raise InputError(f"a model is moved by at most 2**20 coordinates, not {k}")
        names = in_scope(shapes, scope)
        parts = shares([torch.Size(shapes[name]).numel() for name in names], k)
        where = torch.empty(0, device=device).device
        return cls(
            tuple(
                Sketch.of(name, torch.Size(shapes[name]), share, seed, where)
                for name, share in zip(names, parts, strict=True)
            ),
            where,
        )

    @property
    def k(self) -> int:
        return sum(sketch.share for sketch in self.sketches)

    @property
    def entries(self) -> int:
        """d: how many weights are traded."""
        return sum(sketch.shape.numel() for sketch in self.sketches)

    def expand(self, theta: Tensor) -> Weights:
        """S theta: name -> (..., *shape), of the type of `theta` (..., k).

        Exact for any float type. Differentiable, and runs under torch.func's transforms.

        Raises:
            InputError: theta of another length, of integers, or on another device.
        """
        self._check("theta", theta)
        if theta.ndim < 1 or theta.shape[-1] != self.k:
            raise InputError(f"theta has {self.k} entries, not shape {tuple(theta.shape)}")
        return {
            sketch.name: sketch.spread(part * sketch.scale) for sketch, part in self._parts(theta)
        }

    def at(self, weights: Mapping[str, Tensor], theta: Tensor) -> Weights:
        """w + S theta of the tensors in scope, as `torch.func.functional_call` takes it.

        Gradients pass to theta, and to the weights if those ask for them.

        Raises:
            InputError: as `expand`, or a tensor in scope is not among the weights as it should be.
        """
        return {
            name: self._weight(weights, name, change.shape[theta.ndim - 1 :]) + change
            for name, change in self.expand(theta).items()
        }

    def project(self, gradients: Mapping[str, Tensor]) -> Tensor:
        """S' g: (..., k), the gradient in theta, of gradients (..., *shape) in the weights.

        The transpose of `expand`, up to the rounding of sums. Tensors out of scope are ignored.

        Raises:
            InputError: a tensor in scope has no gradient, or one of another shape or device.
        """
        parts = []
        for sketch in self.sketches:
            gradient = self._weight(gradients, sketch.name, None)
            axes = len(sketch.shape)
            if gradient.shape[gradient.ndim - axes :] != sketch.shape:
                raise InputError(
                    f"{sketch.name} has shape {tuple(sketch.shape)}, "
                    f"its gradient {tuple(gradient.shape)}"
                )
            parts.append(sketch.gather(gradient) * sketch.scale)
        return torch.cat(parts, dim=-1)

    def fold(self, weights: Mapping[str, Tensor], theta_bar: Sequence[int], unit: int) -> Weights:
        """The next model, w + S theta_bar / unit, to the byte (see `market.coordinates.fold`).

        Args:
            weights: name -> float32; others than those in scope are passed on as they are.
            theta_bar: k integers, none beyond 2**53.
            unit: the integer that stands for 1.0, at most 2**53. A power of two makes every step
                before the last rounding exact.

        Raises:
            InputError: anything else, or a weight that is or becomes NaN or infinite.
        """
        if len(theta_bar) != self.k:
            raise InputError(f"theta-bar has {self.k} integers, not {len(theta_bar)}")
        found = dict(weights)
        for sketch, step in self._parts(steps(theta_bar, unit)):
            weight = self._weight(weights, sketch.name, sketch.shape)
            if weight.dtype != torch.float32:
                raise InputError(f"{sketch.name} is of {weight.dtype}: float32 alone is folded")
            found[sketch.name] = moved(sketch, weight, step)
        return found

    def _parts(self, theta: Tensor) -> Iterator[tuple[Sketch, Tensor]]:
        parts = torch.split(theta, [sketch.share for sketch in self.sketches], dim=-1)
        return zip(self.sketches, parts, strict=True)

    def _weight(self, weights: Mapping[str, Tensor], name: str, shape: torch.Size | None) -> Tensor:
        if name not in weights:
            raise InputError(f"there is no tensor {name}, which is in scope")
        weight = weights[name]
        self._check(name, weight)
        if shape is not None and weight.shape != shape:
            raise InputError(f"{name} has shape {tuple(shape)}, not {tuple(weight.shape)}")
        return weight

    def _check(self, name: str, value: Tensor) -> None:
        if not value.is_floating_point():
            raise InputError(f"{name} is of {value.dtype}, not of floats")
        if value.device != self.device:
            raise InputError(f"{name} is on {value.device}, its coordinates on {self.device}")
