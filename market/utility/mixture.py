"""Parameters of many coalition models, mixed from a base and deltas when they are asked for."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from market.errors import InputError
from market.utility.parameters import names_and_shapes
from market.valuation.game import Floats


@dataclass(frozen=True)
class Deltas:
    """A base and k directions that models are mixed from.

    Args:
        base: (d,).
        directions: (k, d).
        spans: by parameter, its first and past-the-end place in a vector.
        shapes: by parameter.
    """

    base: Tensor
    directions: Tensor
    spans: dict[str, tuple[int, int]]
    shapes: dict[str, tuple[int, ...]]
    _arranged: dict[tuple[str, tuple[int, ...]], Tensor] = field(default_factory=dict)

    @classmethod
    def of(cls, module: nn.Module, deltas: Tensor | Floats) -> Deltas:
        """Deltas (k, d) in the order of `module.named_parameters()`, on the module's device.

        Raises:
            InputError: a shape that disagrees, NaN or infinity.
        """
        shapes = names_and_shapes(module)
        base = torch.cat([value.detach().reshape(-1) for value in module.parameters()])
        directions = torch.as_tensor(deltas).to(base.device, base.dtype)
        if directions.ndim != 2 or directions.shape[1] != len(base):
            raise InputError(
                f"deltas of shape {tuple(directions.shape)} for a model of {len(base)} parameters"
            )
        if not bool(torch.isfinite(directions).all()):
            raise InputError("the deltas hold NaN or infinity", "drop those trainers first")
        spans, start = {}, 0
        for name, value in module.named_parameters():
            spans[name] = (start, start + value.numel())
            start += value.numel()
        return cls(base, directions, spans, shapes)

    def mixed(self, coefficients: Floats) -> Mixture:
        """The models base + A @ directions for the rows of A = `coefficients` (m, k).

        Raises:
            InputError: another number of columns than directions.
        """
        if coefficients.ndim != 2 or coefficients.shape[1] != len(self.directions):
            raise InputError(
                f"mixing of shape {coefficients.shape} for {len(self.directions)} deltas"
            )
        return Mixture(self, torch.as_tensor(coefficients).to(self.base))

    def all_of(self, name: str) -> Tensor:
        """(1 + k, *shape): a parameter in the base and in every direction."""
        start, end = self.spans[name]
        rows = torch.cat([self.base[None, start:end], self.directions[:, start:end]])
        return rows.reshape(len(rows), *self.shapes[name])

    def arranged(self, name: str, order: tuple[int, ...]) -> Tensor:
        """As `all_of`, with the axes of the parameter permuted; remembered."""
        key = (name, order)
        if key not in self._arranged:
            axes = (0, *(1 + axis for axis in order))
            self._arranged[key] = self.all_of(name).permute(axes).contiguous()
        return self._arranged[key]


@dataclass(frozen=True)
class Mixture:
    """B models; a parameter that nobody asks for is never mixed.

    Args:
        deltas: what they are mixed from.
        coefficients: (B, k).
    """

    deltas: Deltas
    coefficients: Tensor
    _known: dict[str, Tensor] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.coefficients)

    def __getitem__(self, name: str) -> Tensor:
        """(B, *shape): a parameter of every model."""
        if name not in self._known:
            start, end = self.deltas.spans[name]
            base, directions = self.deltas.base, self.deltas.directions
            flat = torch.addmm(base[start:end], self.coefficients, directions[:, start:end])
            self._known[name] = flat.reshape(len(self), *self.deltas.shapes[name])
        return self._known[name]

    def arranged(self, name: str, order: tuple[int, ...]) -> Tensor:
        """As `self[name]`, with the axes of the parameter permuted: mixed so, not copied so."""
        every = self.deltas.arranged(name, order)
        flat = every.flatten(1)
        mixed = torch.addmm(flat[0], self.coefficients, flat[1:])
        return mixed.reshape(len(self), *every.shape[1:])

    def everything(self) -> dict[str, Tensor]:
        """Every parameter of every model."""
        return {name: self[name] for name in self.deltas.shapes}

    def blocks(self, size: int) -> list[Mixture]:
        """The same models, at most `size` of them in a part and parts of nearly one size."""
        count = -(-len(self) // size)
        parts = torch.tensor_split(self.coefficients, count) if count else ()
        return [Mixture(self.deltas, part) for part in parts]

    def with_base(self) -> Tensor:
        """(B, 1 + k): coefficients of the base and the directions in every model."""
        return torch.cat([torch.ones_like(self.coefficients[:, :1]), self.coefficients], dim=1)
