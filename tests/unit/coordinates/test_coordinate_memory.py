"""Twenty million weights: memory grows with them, and not with them times k."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
import torch

from market.coordinates import Coordinates
from tests.sketches import SEED

BIG = {
    "embedding.weight": torch.Size((30_522, 384)),
    **{f"layer.{number}.weight": torch.Size((1_024, 1_024)) for number in range(8)},
    "head.bias": torch.Size((4,)),
}
ENTRIES = 20_109_060


def peak_reset() -> int:
    """Resident bytes now; from here on the kernel counts the peak anew."""
    Path("/proc/self/clear_refs").write_text("5")
    return peak()


def peak() -> int:
    status = Path("/proc/self/status").read_text()
    return 1024 * int(status.split("VmHWM:")[1].split()[0])


def peaks() -> tuple[int, int, int, int]:
    """Bytes that making, expanding, its backward pass, and folding take above what was there."""
    before = peak_reset()
    coordinates = Coordinates.of(BIG, 984, SEED)
    assert coordinates.entries == ENTRIES
    made = peak() - before

    theta = torch.ones(984, requires_grad=True)
    before = peak_reset()
    tensors = list(coordinates.expand(theta).values())
    expanded = peak() - before

    gradients = [each.detach() for each in tensors]
    before = peak_reset()
    torch.autograd.backward(tensors, gradients)
    differentiated = peak() - before
    assert theta.grad is not None
    squares = [
        torch.bincount(each.columns, minlength=each.share) * each.scale**2
        for each in coordinates.sketches
    ]
    torch.testing.assert_close(theta.grad, torch.cat(squares), rtol=1e-4, atol=0)

    weights = dict(zip(BIG, gradients, strict=True))
    before = peak_reset()
    folded = coordinates.fold(weights, [-1] * 984, 1)
    assert all(not bool(each.any()) for each in folded.values())
    return made, expanded, differentiated, peak() - before


def test_twenty_million_weights_take_memory_in_proportion(monkeypatch: pytest.MonkeyPatch) -> None:
    """Against what k = 984 columns would take: 79 GB."""
    # What is freed goes back at once, in a process that other tests have left nothing to.
    monkeypatch.setenv("MALLOC_MMAP_THRESHOLD_", str(1 << 16))
    with ProcessPoolExecutor(1, get_context("spawn")) as alone:
        made, expanded, differentiated, folded = alone.submit(peaks).result()
    assert made < 10 * ENTRIES, "5 of them stay"
    assert expanded < 10 * ENTRIES, "4 of them are the result"
    assert differentiated < 9 * ENTRIES
    assert folded < 8 * ENTRIES, "4 of them are the result"
