"""A network at given weights on a device, for a while in one mode; itself it stays as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn.modules.batchnorm import _NormBase

from market.errors import InputError


class Placed:
    """Calls a network with weights that are given, not its own.

    Buffers are the network's, copied: what a call changes in them is lost with this object.

    Args:
        network: takes one tensor, a batch of rows first.
        weights: all of its parameters, by the names of `named_parameters`.
        device: where to work.

    Raises:
        InputError: other names or shapes than the network's.
    """

    def __init__(
        self, network: nn.Module, weights: Mapping[str, Tensor], device: torch.device
    ) -> None:
        named = dict(network.named_parameters())
        if named.keys() != weights.keys():
            odd = sorted(named.keys() ^ weights.keys())
            raise InputError(f"the weights are not the network's: {', '.join(odd[:5])}")
        for name, value in named.items():
            if value.shape != weights[name].shape:
                raise InputError(
                    f"{name} has shape {tuple(value.shape)}, not {tuple(weights[name].shape)}"
                )
        self.network = network
        self.weights = {name: value.detach().to(device) for name, value in weights.items()}
        self._buffers = {
            name: value.detach().to(device, copy=True) for name, value in network.named_buffers()
        }

    def __call__(self, x: Tensor, moved: Mapping[str, Tensor] | None = None) -> Tensor:
        """The outputs for a batch, with some of the weights `moved`."""
        state = {**self._buffers, **self.weights, **(moved or {})}
        found: Tensor = functional_call(self.network, state, (x,))
        return found


@contextmanager
def training_mode(network: nn.Module) -> Iterator[None]:
    """Dropout drops; running statistics, which nobody trades, stay as they are."""
    with _modes_kept(network):
        network.train()
        for module in network.modules():
            if isinstance(module, _NormBase) and module.track_running_stats:
                module.eval()
        yield


@contextmanager
def evaluation_mode(network: nn.Module) -> Iterator[None]:
    with _modes_kept(network):
        network.eval()
        yield


@contextmanager
def _modes_kept(network: nn.Module) -> Iterator[None]:
    modes = [(module, module.training) for module in network.modules()]
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode
