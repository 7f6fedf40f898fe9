"""Twenty million weights: memory grows with them, and not with them times k."""

from __future__ import annotations

from pathlib import Path

import torch

from market.coordinates import Coordinates
from tests.sketches import SEED

BIG = {
    "embedding.weight": torch.Size((30_522, 384)),
    **{f"layer.{number}.weight": torch.Size((1_024, 1_024)) for number in range(8)},
    "head.bias": torch.Size((4,)),
}
"""20,109,060 entries."""


def peak_reset() -> int:
    """Resident bytes now; from here on the kernel counts the peak anew."""
    Path("/proc/self/clear_refs").write_text("5")
    return peak()


def peak() -> int:
    status = Path("/proc/self/status").read_text()
    return 1024 * int(status.split("VmHWM:")[1].split()[0])


def test_twenty_million_weights_take_memory_in_proportion() -> None:
    """Against what k = 984 columns would take: 79 GB."""
    before = peak_reset()
    coordinates = Coordinates.of(BIG, 984, SEED)
    d = coordinates.entries
    assert d == 20_109_060
    assert peak() - before < 16 * d, "5 of them stay"

    theta = torch.ones(984, requires_grad=True)
    before = peak_reset()
    expanded = list(coordinates.expand(theta).values())
    assert peak() - before < 16 * d, "4 of them are the result"

    gradients = [each.detach() for each in expanded]
    before = peak_reset()
    torch.autograd.backward(expanded, gradients)
    assert peak() - before < 16 * d
    assert theta.grad is not None
    squares = [
        torch.bincount(each.columns, minlength=each.share) * each.scale**2
        for each in coordinates.sketches
    ]
    torch.testing.assert_close(theta.grad, torch.cat(squares), rtol=1e-4, atol=0)

    weights = dict(zip(BIG, gradients, strict=True))
    before = peak_reset()
    folded = coordinates.fold(weights, [-1] * 984, 1)
    assert peak() - before < 16 * d, "4 of them are the result"
    assert all(not bool(each.any()) for each in folded.values())
