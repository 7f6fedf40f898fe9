"""Philox4x32-10: random words that are a pure function of a key and a counter.

Salmon, Moraes, Dror and Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011, section 3.3.
Torch's own generators are not promised to stay as they are over versions and devices; this one is
twenty lines of integer arithmetic, with test vectors that its authors published.
"""

from __future__ import annotations

import torch
from torch import Tensor

ROUNDS = 10
_MULTIPLIERS = 0xD2511F53, 0xCD9E8D57
_KEY_STEPS = 0x9E3779B9, 0xBB67AE85
_MASK = 0xFFFFFFFF


def philox4x32(counters: Tensor, key: tuple[int, int]) -> Tensor:
    """The four words of each counter.

    Args:
        counters: (n, 4) int64, each entry in [0, 2**32); on any device.
        key: two numbers in [0, 2**32).

    Returns:
        (n, 4) int64, each entry in [0, 2**32).
    """
    a, b, c, d = counters.unbind(1)
    first, second = key
    for _ in range(ROUNDS):
        high_a, low_a = _product(a, _MULTIPLIERS[0])
        high_c, low_c = _product(c, _MULTIPLIERS[1])
        a, b, c, d = high_c ^ b ^ first, low_c, high_a ^ d ^ second, low_a
        first, second = (first + _KEY_STEPS[0]) & _MASK, (second + _KEY_STEPS[1]) & _MASK
    return torch.stack([a, b, c, d], dim=1)


def _product(words: Tensor, multiplier: int) -> tuple[Tensor, Tensor]:
    """The high and the low word of a 64-bit product.

    By halves of a word, so that nothing exceeds 2**49: signed overflow is not defined everywhere.
    """
    low = (words & 0xFFFF) * multiplier
    middle = (words >> 16) * multiplier + (low >> 16)
    return middle >> 16, ((middle & 0xFFFF) << 16) | (low & 0xFFFF)
