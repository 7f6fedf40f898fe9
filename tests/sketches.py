"""What several tests of coordinates draw from, and hold them against."""

from __future__ import annotations

import torch
from hypothesis import strategies as st
from torch import Tensor

from market.coordinates import Coordinates

SEED = bytes(range(32))
OTHER_SEED = bytes(range(1, 33))

seeds = st.binary(min_size=32, max_size=32)


@st.composite
def shapes_and_k(draw: st.DrawFn) -> tuple[dict[str, torch.Size], int]:
    """One to five small tensors of any number of axes, and a k that they can take."""
    sizes = draw(
        st.lists(st.lists(st.integers(1, 7), max_size=4).map(torch.Size), min_size=1, max_size=5)
    )
    shapes = {f"layer.{number}": size for number, size in enumerate(sizes)}
    k = draw(st.integers(len(sizes), sum(size.numel() for size in sizes)))
    return shapes, k


def philox_of(counter: list[int], key: tuple[int, int]) -> list[int]:
    """Philox4x32-10 as its paper defines it, on integers that never overflow."""
    for number in range(10):
        first = (key[0] + number * 0x9E3779B9) % 2**32
        second = (key[1] + number * 0xBB67AE85) % 2**32
        high_0, low_0 = divmod(counter[0] * 0xD2511F53, 2**32)
        high_1, low_1 = divmod(counter[2] * 0xCD9E8D57, 2**32)
        counter = [high_1 ^ counter[1] ^ first, low_1, high_0 ^ counter[3] ^ second, low_0]
    return counter


def dense(coordinates: Coordinates) -> Tensor:
    """S, (d, k) float64: the expansions of unit vectors."""
    expanded = coordinates.expand(torch.eye(coordinates.k, dtype=torch.float64))
    return torch.cat([each.reshape(coordinates.k, -1) for each in expanded.values()], dim=1).T
