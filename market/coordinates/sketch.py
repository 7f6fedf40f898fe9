"""The count-sketch of one tensor: which of its coordinates moves which entry, and which way.

Charikar, Chen and Farach-Colton, "Finding Frequent Items in Data Streams", ICALP 2002, section 3,
as a linear map: each entry has one coordinate and one sign. Their hash leaves coordinates empty
where there are few entries for each; here the load is even. The entries, row after row of the
tensor, are laid out in rows of `share`, and a row is turned by a random number of places. Two
entries of one row never meet in a coordinate, two of different rows do with probability 1 / share:
the squared length of a sketch has the mean and no more than the variance that independent places
would give (Weinberger et al., "Feature Hashing for Large Scale Multitask Learning", ICML 2009,
lemma 2), for which signs must be independent, and places only in pairs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from market.coordinates.draws import Stream
from market.errors import InputError

MOST_ENTRIES = 1 << 31


@dataclass(frozen=True, eq=False)
class Sketch:
    """The columns of S that belong to one tensor, each of norm between sqrt(1/2) and sqrt(2).

    Args:
        name: of the tensor.
        shape: of the tensor.
        share: how many columns there are.
        exponent: entries of S are 0, +2**-exponent and -2**-exponent.
        columns: (entries,) int32 in [0, share), the tensor read row by row.
        signs: (entries,) int8, +1 or -1.
    """

    name: str
    shape: torch.Size
    share: int
    exponent: int
    columns: Tensor
    signs: Tensor

    @classmethod
    def of(
        cls, name: str, shape: torch.Size, share: int, seed: bytes, device: torch.device
    ) -> Sketch:
        """The sketch that the seed gives this tensor.

        Raises:
            InputError: the tensor has 2**31 entries or more, or the seed not 32 bytes.
        """
        entries = shape.numel()
        if entries >= MOST_ENTRIES:
            raise InputError(f"{name} has {entries} entries: a traded tensor has fewer than 2**31")
        stream = Stream.of(seed, name)
        turns = stream.turns(-(-entries // share), share, device)
        places = torch.arange(share, dtype=torch.int32, device=device)
        columns = (turns[:, None] + places).remainder_(share).flatten()[:entries]
        signs = stream.signs(entries, device)
        return cls(name, shape, share, exponent_of(entries // share), columns, signs)

    @property
    def scale(self) -> float:
        """2**-exponent."""
        return math.ldexp(1.0, -self.exponent)

    def spread(self, scaled: Tensor) -> Tensor:
        """(..., *shape): each entry's coordinate with its sign, of `scaled` (..., share)."""
        flat = scaled.index_select(-1, self.columns) * self.signs
        return flat.reshape((*scaled.shape[:-1], *self.shape))

    def gather(self, gradient: Tensor) -> Tensor:
        """(..., share): signed sums over each coordinate's entries, of (..., *shape)."""
        lead = gradient.shape[: gradient.ndim - len(self.shape)]
        signed = gradient.reshape((*lead, -1)) * self.signs
        return signed.new_zeros((*lead, self.share)).index_add(-1, self.columns, signed)


def exponent_of(entries: int) -> int:
    """The e for which sqrt(m) * 2**-e lies between sqrt(1/2) and sqrt(2).

    For m = `entries` and for m + 1: a tensor's columns have as many entries as one another, or one
    more. Of 2**e and sqrt(m) neither is more than sqrt(2) times the other: e = floor(log4(2 m)).
    """
    return ((2 * entries).bit_length() - 1) // 2
