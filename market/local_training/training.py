"""Local training of a network in a round's coordinates: rows in, theta out."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from market.arrays import as_integer
from market.coordinates import Coordinates
from market.errors import InputError
from market.local_training.batches import Array, LabelledRows
from market.local_training.descent import Descent
from market.local_training.evaluation import mean_loss
from market.local_training.placed import Placed, training_mode
from market.local_training.privacy import Mechanism, mechanism_for
from market.local_training.private_descent import PrivateDescent
from market.local_training.recipe import Recipe
from market.local_training.repeatable import repeatable
from market.local_training.stopping import Best, split
from market.progress import Progress, silent

CHECKED_STEPS = 20
"""After as many the loss is looked at and told: on a GPU each look waits for it."""


@dataclass(frozen=True)
class Epoch:
    """What an epoch came to.

    Args:
        number: from 1.
        loss: mean over the rows as they were trained on, one batch after another.
        held_out: mean over the rows held out, after it; None without early stopping.
    """

    number: int
    loss: float
    held_out: float | None = None


@dataclass(frozen=True, eq=False)
class Trained:
    """What training came to.

    Args:
        theta: (k,) finite.
        history: of the epochs that were trained. Not private, whatever theta is.
        best: the epoch that theta is of.
        epsilon: of differential privacy, spent by this round and those before it; None without.
    """

    theta: npt.NDArray[np.float64]
    history: tuple[Epoch, ...]
    best: int
    epsilon: float | None = None


def train(
    network: nn.Module,
    weights: Mapping[str, Tensor],
    coordinates: Coordinates,
    rows: Array,
    labels: Array,
    recipe: Recipe,
    *,
    seed: int,
    round: int,
    rounds: int,
    progress: Progress = silent,
) -> Trained:
    """Descends from theta = 0 on the loss of w + S theta, where the coordinates are.

    The same seed gives the same bytes on one device, but with privacy. Dropout drops; running
    statistics and other buffers stay as they are.

    Args:
        network: takes a batch of rows and gives (n, outputs). It is left as it is, and its own
            weights are not used.
        weights: w, all of its parameters by name, float32.
        coordinates: S, whose device is worked on.
        rows: (n, ...), an array, a memory map or a tensor; read a batch at a time.
        labels: (n,) or (n, T), as the recipe's loss takes them.
        recipe: of the project.
        seed: of the order of rows, of those held out, and of dropout.
        round: counted from 0, of `rounds`: where the schedule stands.
        rounds: of the project; privacy is meant for all of them together.
        progress: told "training" with epoch, epochs, step, steps, loss and rows_per_second.

    Raises:
        InputError: rows, labels, weights and network that do not go together, NaN or infinity
            among the rows, training that diverged, or a seed or round out of range.
    """
    if as_integer("seed", seed, 0) >= 2**63:
        raise InputError(f"seed = {seed} does not fit 64 bits")
    if not 0 <= as_integer("round", round, 0) < rounds:
        raise InputError(f"round {round} of {rounds}, counted from 0")
    data = LabelledRows(rows, labels, recipe.loss)
    placed = Placed(network, weights, coordinates.device)
    order = torch.Generator().manual_seed(seed)
    train_on, held_out = split(len(data), recipe.early_stopping, order)
    mechanism = None
    if recipe.privacy is None:
        descent = Descent(placed, coordinates, data, train_on, recipe, order)
    else:
        mechanism = _mechanism(recipe, len(data), rounds)
        descent = PrivateDescent(placed, coordinates, data, train_on, recipe, order, mechanism)
    best = Best(recipe.early_stopping)
    history: list[Epoch] = []
    with repeatable(seed, coordinates.device), training_mode(network):
        for number in range(1, recipe.epochs + 1):
            loss = _epoch(descent, recipe, number, (round, rounds), progress)
            held = None
            if len(held_out):
                moved = coordinates.at(placed.weights, descent.theta.detach())
                held = mean_loss(placed, data, held_out, coordinates.device, moved)
                _check_finite(held, recipe, number)
            history.append(Epoch(number, loss, held))
            if best.see(number, held, descent.theta):
                break
    theta = best.theta.cpu().double().numpy()
    if not np.isfinite(theta).all():
        raise _diverged(recipe, "theta holds NaN or infinity after the last step")
    epsilon = None
    if mechanism is not None:
        epsilon = mechanism.spent((round + 1) * recipe.epochs * descent.steps)
    return Trained(theta, tuple(history), best.epoch, epsilon)


def _mechanism(recipe: Recipe, rows: int, rounds: int) -> Mechanism:
    assert recipe.privacy is not None
    steps = rounds * recipe.epochs * -(-rows // recipe.batch_size)
    return mechanism_for(recipe.privacy, rows, recipe.batch_size, steps)


def _epoch(
    descent: Descent,
    recipe: Recipe,
    number: int,
    place: tuple[int, int],
    progress: Progress,
) -> float:
    """Trains an epoch; the mean loss."""
    start, seen = time.perf_counter(), 0
    steps = descent.steps
    total = torch.zeros((), dtype=torch.float64, device=descent.device)
    for step, indices in enumerate(descent.batches()):
        rate = recipe.rate(*place, (number - 1) * steps + step, recipe.epochs * steps)
        total += descent.step(indices, rate) * len(indices)
        seen += len(indices)
        if (step + 1) % CHECKED_STEPS == 0 or step + 1 == steps:
            loss = float(total) / max(seen, 1)
            _check_finite(loss, recipe, number)
            progress(
                "training",
                epoch=number,
                epochs=recipe.epochs,
                step=step + 1,
                steps=steps,
                loss=loss,
                rows_per_second=seen / max(time.perf_counter() - start, 1e-9),
            )
    return float(total) / max(seen, 1)


def _check_finite(loss: float, recipe: Recipe, number: int) -> None:
    if not math.isfinite(loss):
        raise _diverged(recipe, f"the loss is {loss} in epoch {number}")


def _diverged(recipe: Recipe, what: str) -> InputError:
    return InputError(
        f"training diverged at learning rate {recipe.learning_rate:g}: {what}",
        "lower training.learning_rate, set training.clip_norm, or scale the rows",
    )
