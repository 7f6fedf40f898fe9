"""The same seed, the same bytes: on one machine, on one device, with one version of torch."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

_WORKSPACE = "CUBLAS_WORKSPACE_CONFIG"


@contextmanager
def repeatable(seed: int, device: torch.device) -> Iterator[None]:
    """Draws of torch, such as dropout's, by the seed; sums on a GPU in a fixed order.

    Torch's state is as it was afterwards. Operations for which a GPU has no fixed order are not
    refused: torch warns of them. cuBLAS keeps its order if this is entered before its first use in
    the process, or `CUBLAS_WORKSPACE_CONFIG` was set.
    """
    cuda = device.type == "cuda"
    with torch.random.fork_rng(devices=[device] if cuda else []):
        torch.manual_seed(seed)
        if not cuda:
            yield
            return
        os.environ.setdefault(_WORKSPACE, ":4096:8")
        enabled = torch.are_deterministic_algorithms_enabled()
        warns = torch.is_deterministic_algorithms_warn_only_enabled()
        benchmark = torch.backends.cudnn.benchmark
        torch.use_deterministic_algorithms(True, warn_only=True)
        torch.backends.cudnn.benchmark = False
        try:
            yield
        finally:
            torch.use_deterministic_algorithms(enabled, warn_only=warns)
            torch.backends.cudnn.benchmark = benchmark
