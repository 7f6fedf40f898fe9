"""Accuracy of federated averaging of a network: by every weight, by k numbers, by its last layer.

    python -m benchmarks.any_model_accuracy [--data digits|fashion-mnist] [--seeds N] [--k K ...]
            [--rounds N] [--rate R] [--clip C] [--epsilon E] [--json FILE]

8 trainers, one local epoch in ten steps of SGD with momentum 0.9, learning rates that fall as a
cosine over rounds to a tenth, all by `market.local_training`. Every weight is averaged by Flower's
own FedAvg; numbers are put on the grid, averaged there, and folded as the market would.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from flwr.app import Array, ArrayRecord, MetricRecord, RecordDict
from flwr.serverapp.strategy import FedAvg

from benchmarks.coordinates.task import Task, make_task
from market.coordinates import Coordinates, Weights, shapes_of
from market.coordinates.scope import in_scope
from market.errors import InputError
from market.local_training import Recipe, evaluate, parse_recipe, quantise, train
from market.local_training.on_grid import SCALE_BITS
from market.objectives import ClassMetrics, Loss

RATE_OF_WEIGHTS = 0.1
RATE_OF_LAST = 0.5
RATE_OF_NUMBERS = 1.0
CLIP = 1.0
"""Of a step's gradient in theta. Without, a trainer's theta leaves the grid in early rounds at this
rate; with it, one rate serves every k. All found on seed 0 of a coarse grid."""
NO_CLIP = 1e6
SHARE_BITS = 20


@dataclass(frozen=True)
class Moves:
    """What trainers of a round have sent, and all that a rule may look at to make one of it.

    Args:
        task: the network, and everybody's rows.
        weights: of the round's model.
        coordinates: of the round.
        deltas: on the grid, k integers of each trainer.
        round: counted from 0.
    """

    task: Task
    weights: Weights
    coordinates: Coordinates
    deltas: list[list[int]]
    round: int


Rule = Callable[[Moves], list[int]]
"""Theta-bar: k integers in units of 2**-(SCALE_BITS + SHARE_BITS)."""


def plain_mean(moves: Moves) -> list[int]:
    share = (1 << SHARE_BITS) // len(moves.deltas)
    return [share * sum(entries) for entries in zip(*moves.deltas, strict=True)]


RULES: dict[str, Rule] = {"mean": plain_mean}
"""The contract's own (selection, clipping, exact step) need a yardstick, and come in here."""


@dataclass(frozen=True)
class Arm:
    """One way to average.

    Args:
        name: for people.
        k: coordinates; 0 for an entry each.
        scope: what is traded.
        rate: of local training.
        clip: of a step's gradient.
        rule: None for Flower's FedAvg of the weights.
        epsilon: of differential privacy, in all rounds together; None without.
    """

    name: str
    k: int
    scope: tuple[str, ...]
    rate: float
    clip: float
    rule: Rule | None
    epsilon: float | None = None


def arms(
    task: Task, ks: Sequence[int], rate: float, clip: float, epsilon: float | None
) -> Iterator[Arm]:
    if epsilon is not None:
        for k in ks:
            name = f"k numbers, epsilon {epsilon:g}"
            yield Arm(name, k, ("*",), rate, clip, plain_mean, epsilon)
        return
    last = f"{list(shapes_of(task.module))[-1].rpartition('.')[0]}.*"
    yield Arm("every weight, Flower's FedAvg", 0, ("*",), RATE_OF_WEIGHTS, NO_CLIP, None)
    yield Arm("the last layer alone", 0, (last,), RATE_OF_LAST, clip, plain_mean)
    for k in ks:
        for name, rule in RULES.items():
            yield Arm(f"k numbers, {name}", k, ("*",), rate, clip, rule)


def recipe_of(arm: Arm, rows: int) -> Recipe:
    private = {"privacy": {"epsilon": arm.epsilon, "delta": 0.1 / rows}} if arm.epsilon else {}
    return parse_recipe(
        {
            **private,
            "loss": "cross-entropy",
            "learning_rate": arm.rate,
            "clip_norm": arm.clip,
            "batch_size": rows // 10,
            "over_rounds": {"name": "cosine", "floor": 0.1},
        }
    )


def accuracies(arm: Arm, task: Task, rounds: int, seed: int) -> list[float]:
    """After each round; those of the rounds before, if one has no model to end with."""
    weights, found = task.start, list[float]()
    shapes = shapes_of(task.module)
    k = arm.k or entries_of(task, arm.scope)
    recipe = recipe_of(arm, len(task.trainers[0][1]))
    for number in range(rounds):
        drawn = hashlib.sha256(f"{seed} {number}".encode()).digest()
        coordinates = Coordinates.of(shapes, k, drawn, arm.scope)
        try:
            thetas = [
                train(
                    task.module,
                    weights,
                    coordinates,
                    *rows,
                    recipe,
                    seed=1000 * seed + 10 * number + trainer,
                    round=number,
                    rounds=rounds,
                ).theta
                for trainer, rows in enumerate(task.trainers)
            ]
            if arm.rule is None:
                weights = flower_mean(
                    [
                        coordinates.at(weights, torch.tensor(theta, dtype=torch.float32))
                        for theta in thetas
                    ]
                )
            else:
                deltas = [quantise(theta).integers for theta in thetas]
                bar = arm.rule(Moves(task, weights, coordinates, deltas, number))
                weights = coordinates.fold(weights, bar, 1 << (SCALE_BITS + SHARE_BITS))
        except InputError as error:
            print(f"{arm.name}, k = {k}, seed {seed}, round {number}: {error}")
            break
        metrics = evaluate(task.module, weights, *task.test, Loss.CROSS_ENTROPY).metrics
        assert isinstance(metrics, ClassMetrics)
        found.append(metrics.accuracy)
    return found + [float("nan")] * (rounds - len(found))


def entries_of(task: Task, scope: tuple[str, ...]) -> int:
    """With as many coordinates as entries, S is the identity with signs."""
    shapes = shapes_of(task.module)
    return sum(shapes[name].numel() for name in in_scope(shapes, scope))


class Reply:
    """As much of a message as Flower's aggregation looks at."""

    def __init__(self, weights: Weights) -> None:
        arrays = ArrayRecord({name: Array(value.numpy()) for name, value in weights.items()})
        metrics = MetricRecord({"num-examples": 1})
        self.content = RecordDict({"arrays": arrays, "metrics": metrics})

    def has_error(self) -> bool:
        return False


def flower_mean(models: list[Weights]) -> Weights:
    replies = [Reply(model) for model in models]
    arrays, _ = FedAvg().aggregate_train(1, replies)  # type: ignore[arg-type]
    assert arrays is not None
    return {name: torch.tensor(arrays[name].numpy()) for name in models[0]}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", choices=("digits", "fashion-mnist"), default="digits")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--k", type=int, nargs="*", default=[512, 984, 1976])
    parser.add_argument("--rate", type=float, default=RATE_OF_NUMBERS, help="of k numbers")
    parser.add_argument("--clip", type=float, default=CLIP, help="of their gradient")
    parser.add_argument("--epsilon", type=float, help="only k numbers, with this much privacy")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    logging.getLogger("flwr").setLevel(logging.WARNING)
    marks = sorted({min(each, chosen.rounds) for each in (1, 5, 10, 20, chosen.rounds)})
    print("| what is averaged | k | " + " | ".join(f"r{mark}" for mark in marks) + " | ends | s |")
    print("|---|---|" + "---|" * (len(marks) + 2))
    results = []
    tasks = [make_task(chosen.data, seed) for seed in range(chosen.seeds)]
    for arm in arms(tasks[0], chosen.k, chosen.rate, chosen.clip, chosen.epsilon):
        start = time.perf_counter()
        runs = np.array(
            [accuracies(arm, task, chosen.rounds, seed) for seed, task in enumerate(tasks)]
        )
        seconds = (time.perf_counter() - start) / len(runs)
        means = " | ".join(f"{100 * runs[:, mark - 1].mean():.1f}" for mark in marks)
        ends = f"{100 * runs[:, -1].min():.1f} to {100 * runs[:, -1].max():.1f}"
        k = arm.k or entries_of(tasks[0], arm.scope)
        print(f"| {arm.name} | {k:,} | {means} | {ends} | {seconds:.0f} |", flush=True)
        results.append({"arm": arm.name, "k": k, "rate": arm.rate, "accuracies": runs.tolist()})
    if chosen.json:
        chosen.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
