"""A frozen network as a function of k numbers: f(x; w + S theta), and its loss."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.attention import SDPBackend, sdpa_kernel

from market.coordinates import Coordinates, Weights, shapes_of
from market.errors import InputError
from market.objectives import Loss


class Network:
    """What is measured: the model of a round, in that round's coordinates.

    It computes in the float type it is asked for. Weights are float32, as they are traded; in
    float64 the same weights are used, and only the arithmetic rounds less.

    Args:
        module: in eval mode: nothing in it may be drawn, or differ between batches.
        weights: name -> float32, w_r; left as they are.
        coordinates: of the round.
        loss: what outputs are held against.

    Raises:
        InputError: a part of the module is in training mode, or weights of other names.
    """

    def __init__(
        self, module: nn.Module, weights: Mapping[str, Tensor], coordinates: Coordinates, loss: Loss
    ) -> None:
        training = [name for name, child in module.named_modules() if child.training]
        if training:
            raise InputError(
                f"{training[0] or 'the module'} is in training mode", "call eval() on the model"
            )
        names = list(shapes_of(module))
        if list(weights) != names:
            raise InputError(f"weights of {list(weights)} for a module of {names}")
        self.coordinates = coordinates
        self.loss = loss
        own = {name: weight.detach() for name, weight in weights.items()}
        self._typed = {torch.float32: (module, own), torch.float64: _doubled(module, own)}

    @property
    def k(self) -> int:
        return self.coordinates.k

    def origin(self, dtype: torch.dtype) -> Tensor:
        """theta = 0: the model as it is."""
        return torch.zeros(self.k, dtype=dtype, device=self.coordinates.device)

    def traded(self, theta: Tensor) -> Weights:
        """The tensors in scope at theta, of its float type."""
        return self.coordinates.at(self._typed[theta.dtype][1], theta)

    def outputs_of(self, traded: Mapping[str, Tensor], X: Tensor) -> Tensor:
        """(n, C), of the tensors in scope that are given and all others as they are.

        Raises:
            InputError: the module's outputs have another number of axes.
        """
        dtype = next(iter(traded.values())).dtype
        module, weights = self._typed[dtype]
        X = X.to(dtype) if X.is_floating_point() else X
        with _without_fused_attention():
            outputs: Tensor = functional_call(module, {**weights, **traded}, (X,))
        if outputs.ndim != 2:
            raise InputError(f"outputs of shape {tuple(outputs.shape)}: a row of numbers a row")
        return outputs

    def outputs(self, theta: Tensor, X: Tensor) -> Tensor:
        """f(X; w + S theta), (n, C), differentiable in theta and of its float type."""
        return self.outputs_of(self.traded(theta), X)


@contextmanager
def _without_fused_attention() -> Iterator[None]:
    """Attention as plain products: what torch fuses has no derivatives in forward mode."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with sdpa_kernel(SDPBackend.MATH):
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


def _doubled(module: nn.Module, weights: Weights) -> tuple[nn.Module, Weights]:
    """The module and its weights in float64; buffers of floats are cast with them."""
    found = copy.deepcopy(module).double()
    doubled = {name: value.detach() for name, value in found.named_parameters()}
    for name, value in doubled.items():
        value.copy_(weights[name])
    return found, doubled
