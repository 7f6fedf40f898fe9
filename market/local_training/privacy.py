"""How much noise keeps a trainer's rows private, and what is spent: Opacus's accounting.

Abadi et al., "Deep Learning with Differential Privacy", CCS 2016, with Renyi's divergence in place
of the moments (Mironov, Talwar and Zhang, "Renyi Differential Privacy of the Sampled Gaussian
Mechanism", 2019). Holds for batches into which every row comes with the same chance, by itself.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from market.errors import InputError
from market.local_training.recipe import Privacy

KIND = "rdp"


@dataclass(frozen=True)
class Mechanism:
    """A step's noise, and what it protects.

    Args:
        clip: norm that each row's gradient is shortened to.
        noise: deviation of the noise on their sum, in `clip`.
        sample_rate: the chance of each row to be in a step's batch.
        delta: the chance left over.
    """

    clip: float
    noise: float
    sample_rate: float
    delta: float

    def spent(self, steps: int) -> float:
        """Epsilon after so many steps.

        Raises:
            InputError: Opacus is not installed.
        """
        accountant = _opacus().RDPAccountant()
        accountant.history = [(self.noise, self.sample_rate, steps)]
        with _loose_bounds():
            return float(accountant.get_epsilon(self.delta))


@lru_cache(maxsize=64)
def mechanism_for(privacy: Privacy, rows: int, batch_size: int, steps: int) -> Mechanism:
    """The least noise with which all `steps` together stay within epsilon.

    Remembered: the search takes a second or two, and every round asks for the same.

    Args:
        rows: that the trainer has.
        batch_size: rows of a step, on average.
        steps: of all rounds.

    Raises:
        InputError: Opacus is not installed, delta is no less than one over the rows, or epsilon is
            too small for any noise.
    """
    if privacy.delta * rows >= 1:
        raise InputError(
            f"training.privacy.delta = {privacy.delta:g} with {rows} rows would let a row be told",
            f"it must be below {1 / rows:g}",
        )
    sample_rate = min(1.0, batch_size / rows)
    try:
        with _loose_bounds():
            noise = _opacus().utils.get_noise_multiplier(
                target_epsilon=privacy.epsilon,
                target_delta=privacy.delta,
                sample_rate=sample_rate,
                steps=steps,
                accountant=KIND,
            )
    except ValueError as error:
        raise InputError(
            f"training.privacy.epsilon = {privacy.epsilon:g}: {error}",
            "allow more, or train on more rows, in fewer rounds or epochs",
        ) from error
    return Mechanism(privacy.clip, float(noise), sample_rate, privacy.delta)


@contextmanager
def _loose_bounds() -> Iterator[None]:
    """Opacus warns where other orders of the divergence would let less noise do: bounds hold."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Optimal order is the")
        yield


def _opacus() -> Any:
    try:
        from opacus import accountants
        from opacus.accountants import utils  # noqa: F401
    except ImportError as error:
        raise InputError(
            "training.privacy needs Opacus, which is not installed",
            "pip install '.[privacy]', or leave training.privacy out if the terms allow it",
        ) from error
    return accountants
