"""Utilities of coalition models by any callable over a PyTorch model, one model at a time."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from market.errors import InputError
from market.utility.parameters import names_and_shapes, split
from market.valuation.game import Floats


class ModelByModel:
    """As `CoalitionModels`, for a utility that is no mean over rows or that vmap cannot run.

    Args:
        module: its parameters are the base.
        deltas: (k, d), in the order of `module.named_parameters()`.
        utility: of the module with a coalition's parameters in place; called in eval mode
            without gradients.

    Raises:
        InputError: shapes that disagree.
    """

    def __init__(
        self, module: nn.Module, deltas: Tensor | Floats, utility: Callable[[nn.Module], float]
    ) -> None:
        self._shapes = names_and_shapes(module)
        self._module = copy.deepcopy(module).eval()
        self._base = torch.cat([value.detach().reshape(-1) for value in module.parameters()])
        self._deltas = torch.as_tensor(deltas).to(self._base.device, self._base.dtype)
        if self._deltas.ndim != 2 or self._deltas.shape[1] != len(self._base):
            raise InputError(
                f"deltas of shape {tuple(self._deltas.shape)} for a model of "
                f"{len(self._base)} parameters"
            )
        self._utility = utility

    def __call__(self, mixing: Floats) -> Floats:
        """The utilities (m,) of base + A @ deltas for the rows of A = `mixing` (m, k)."""
        if mixing.ndim != 2 or mixing.shape[1] != len(self._deltas):
            raise InputError(f"mixing of shape {mixing.shape} for {len(self._deltas)} deltas")
        values = np.empty(len(mixing))
        own = dict(self._module.named_parameters())
        with torch.no_grad():
            for number, row in enumerate(torch.as_tensor(mixing).to(self._deltas)):
                for name, value in split(self._base + row @ self._deltas, self._shapes).items():
                    own[name].copy_(value)
                values[number] = float(self._utility(self._module))
        return values
