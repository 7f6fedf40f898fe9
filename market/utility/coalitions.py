"""Utilities of many coalition models at once, on the CPU or a GPU."""

from __future__ import annotations

import copy
import hashlib

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from market.errors import InputError
from market.utility.parameters import names_and_shapes, split
from market.utility.scores import RowScore
from market.valuation.game import Floats


class CoalitionModels:
    """The utility of base + A @ deltas for many rows of mixing coefficients A.

    Models of a chunk are stacked and run by one `torch.func.vmap`; as many at a time as keep
    parameters and activations within `memory` bytes, and where one model alone would not, its
    rows are split. The module is evaluated in eval mode, with its own buffers, on a copy.
    It is a `market.valuation.rounds.MixtureValue`: pass it to `mean_game` or `one_round_game`.

    Args:
        module: its parameters are the base.
        deltas: (k, d), in the order of `module.named_parameters()`.
        inputs: (rows, ...) validation inputs.
        targets: (rows, ...).
        score: of each row; the utility is its mean.
        device: 'cpu', 'cuda' or any other of torch's.
        memory: bytes; an estimate from one forward pass, not a limit that torch enforces. By
            default 16 MiB on the CPU, where what leaves its caches is slow, else 1 GiB.

    Raises:
        InputError: shapes that disagree, no rows, NaN or infinity in the deltas.
    """

    def __init__(
        self,
        module: nn.Module,
        deltas: Tensor | Floats,
        inputs: Tensor,
        targets: Tensor,
        score: RowScore,
        *,
        device: str | torch.device = "cpu",
        memory: int | None = None,
    ) -> None:
        self._shapes = names_and_shapes(module)
        self._module = copy.deepcopy(module).eval().to(device)
        base = [value.detach().reshape(-1) for value in self._module.parameters()]
        self._base = torch.cat(base)
        self._deltas = torch.as_tensor(deltas).to(self._base.device, self._base.dtype)
        if self._deltas.ndim != 2 or self._deltas.shape[1] != len(self._base):
            raise InputError(
                f"deltas of shape {tuple(self._deltas.shape)} for a model of "
                f"{len(self._base)} parameters"
            )
        if not bool(torch.isfinite(self._deltas).all()):
            raise InputError("the deltas hold NaN or infinity", "drop those trainers first")
        if len(inputs) == 0 or len(inputs) != len(targets):
            raise InputError(f"{len(inputs)} validation rows with {len(targets)} targets")
        self._inputs = inputs.to(device)
        self._targets = targets.to(device)
        self._score = score
        if memory is None:
            memory = (16 << 20) if self._base.device.type == "cpu" else (1 << 30)
        self._models, self._rows = self._chunk(memory)

    @property
    def identity(self) -> str:
        """A hash of the base, the deltas and the validation rows."""
        digest = hashlib.sha256()
        for part in (self._base, self._deltas, self._inputs, self._targets):
            digest.update(np.ascontiguousarray(part.cpu().numpy()).tobytes())
        return digest.hexdigest()

    def __call__(self, mixing: Floats) -> Floats:
        """The utilities (m,) of the models that the rows of `mixing` (m, k) describe.

        Raises:
            InputError: another number of columns than deltas.
        """
        if mixing.ndim != 2 or mixing.shape[1] != len(self._deltas):
            raise InputError(f"mixing of shape {mixing.shape} for {len(self._deltas)} deltas")
        rows = torch.as_tensor(mixing).to(self._base.device, self._base.dtype)
        with torch.no_grad():
            parts = [self._utilities(chunk) for chunk in _blocks(rows, self._models)]
        return torch.cat(parts).cpu().numpy() if parts else np.empty(0)

    def _utilities(self, mixing: Tensor) -> Tensor:
        parameters = split(torch.addmm(self._base, mixing, self._deltas), self._shapes)
        total = torch.zeros(len(mixing), dtype=torch.float64, device=self._base.device)
        pairs = zip(
            _blocks(self._inputs, self._rows), _blocks(self._targets, self._rows), strict=True
        )
        for inputs, targets in pairs:

            def summed(one: dict[str, Tensor], x: Tensor = inputs, y: Tensor = targets) -> Tensor:
                outputs = functional_call(self._module, one, (x,))
                return self._score(outputs, y).sum(dtype=torch.float64)

            total += vmap(summed)(parameters)
        return total / len(self._inputs)

    def _chunk(self, memory: int) -> tuple[int, int]:
        """How many models, and how many rows of each, fit into `memory` bytes."""
        row_bytes = _activation_bytes(self._module, self._inputs[:1])
        # Mixed parameters, and a copy of them that a layer may make.
        model_bytes = 2 * self._base.numel() * self._base.element_size()
        rows = max(1, min(len(self._inputs), (memory - model_bytes) // max(row_bytes, 1)))
        models = max(1, memory // (model_bytes + rows * row_bytes))
        return int(models), int(rows)


def _blocks(rows: Tensor, size: int) -> list[Tensor]:
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def _activation_bytes(module: nn.Module, row: Tensor) -> int:
    """Bytes of the outputs of all leaf layers for one row."""
    total = 0

    def count(_module: nn.Module, _inputs: object, output: object) -> None:
        nonlocal total
        if isinstance(output, Tensor):
            total += output.numel() * output.element_size()

    leaves = [layer for layer in module.modules() if not list(layer.children())]
    handles = [layer.register_forward_hook(count) for layer in leaves]
    try:
        with torch.no_grad():
            module(row)
    finally:
        for handle in handles:
            handle.remove()
    return total
