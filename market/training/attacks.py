"""Known attacks by a trainer, so that demos and tests can show what the market does with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from market.errors import InputError

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Attack:
    """What an attacker changes; the other half stays honest.

    Args:
        labels: (labels, classes) -> the labels that the attacker trains on.
        delta: (delta, seed) -> the delta that the attacker sends.
    """

    labels: Callable[[Labels, int], Labels] = lambda y, _classes: y
    delta: Callable[[Floats, int], Floats] = lambda delta, _seed: delta


def label_flip(y: Labels, classes: int) -> Labels:
    """Every label y becomes classes - 1 - y."""
    return classes - 1 - y


def sign_flip(delta: Floats) -> Floats:
    """Ascends where the others descend."""
    return -delta


def noise(delta: Floats, seed: int) -> Floats:
    """Gaussian noise as long as the honest delta (in expectation), and nothing of the delta."""
    deviation = np.sqrt(np.mean(delta**2))
    return np.random.default_rng(seed).normal(0.0, deviation, delta.shape)


def free_rider(delta: Floats) -> Floats:
    """A delta of zeros: no work done."""
    return np.zeros_like(delta)


ATTACKS: dict[str, Attack] = {
    "free-rider": Attack(delta=lambda delta, _seed: free_rider(delta)),
    "label-flip": Attack(labels=label_flip),
    "noise": Attack(delta=noise),
    "none": Attack(),
    "sign-flip": Attack(delta=lambda delta, _seed: sign_flip(delta)),
}


def attack(name: str) -> Attack:
    """The attack called `name`.

    Raises:
        InputError: there is none of that name.
    """
    if name not in ATTACKS:
        raise InputError(f"no attack {name!r}", f"choose one of {', '.join(ATTACKS)}")
    return ATTACKS[name]
