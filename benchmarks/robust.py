"""The same updates to our rules, Flower's and FedML's: whom each keeps, how far off, how long.

    python -m benchmarks.robust [--fedml DIR] [--json FILE]

n clients train a model of d float32 weights; f of them flip the sign of their delta. Deltas lie on
a grid, so that the distances between them, and with them who should go, are known in exact
integers. Once the entries of deltas are about 1e-2 (large), and once about 2e-5 (small), as in
fine-tuning; weights are standard normal in both.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from flwr.app import Array, ArrayRecord, MetricRecord, RecordDict
from flwr.serverapp import strategy as flower

from benchmarks.fedml_defences import FedML
from market.game.outliers import multi_krum as exact_multi_krum
from market.robust.rules import RULES, Round, rule_named

Floats = npt.NDArray[np.float64]
Weights = npt.NDArray[np.float32]
Rule = Callable[[Any, Any], tuple[Floats, "list[int] | None"]]
"""(n, d) float32 weights of clients, (d,) of the server -> aggregated weights, who was kept."""

SIZES = {"large": 2.0**-11, "small": 2.0**-20}

REWEIGHTING = {"geometric-median", "norm-clipping"}
"""Rules that keep everybody, and give less weight to some."""

PATIENCE = 20.0
"""Seconds; a rule that takes longer for a round is not given another."""


@dataclass(frozen=True)
class Case:
    """One round's updates, and the right answer."""

    base: Weights
    rows: Weights
    attackers: set[int]
    honest: Floats


@dataclass(frozen=True)
class Result:
    """One rule over all rounds of one size.

    Args:
        attackers: over the rounds played.
        attackers_kept: how many of those; None where the rule keeps or drops nobody as a whole.
        error: distance from the mean of honest weights, over that mean delta's length; the mean
            over rounds. 1 is as bad as not training at all.
        seconds: of one round, the best, from Flower's records or arrays to the aggregate.
        failure: why it gave nothing.
    """

    implementation: str
    rule: str
    size: str
    attackers: int
    attackers_kept: int | None
    error: float | None
    seconds: float | None
    failure: str = ""


def make_case(n: int, d: int, f: int, unit: float, seed: int) -> Case:
    generator = np.random.default_rng(seed)
    grid = 2.0**-20
    base = (np.round(generator.normal(0, 1, d) / grid) * grid).astype(np.float32)
    Q = generator.integers(-40, 41, d) + generator.integers(-20, 21, (n, d))
    attackers = set(generator.choice(n, f, replace=False).tolist())
    Q[list(attackers)] *= -1
    K = (Q.astype(np.float64) @ Q.T.astype(np.float64)).astype(np.int64)  # exact below 2^53
    if set(exact_multi_krum(K.tolist(), f, range(n)).order[n - f :]) != attackers:
        raise SystemExit("in exact integers multi-Krum does not drop the attackers")
    honest = np.delete(Q, list(attackers), axis=0).mean(axis=0) * unit
    return Case(base, base + (Q * unit).astype(np.float32), attackers, honest)


def ours(name: str, f: int) -> Rule:
    def run(rows: Weights, base: Weights) -> tuple[Floats, list[int] | None]:
        origin = base.astype(np.float64)
        deltas = rows.astype(np.float64) - origin
        aggregate = rule_named(name, f)(deltas, Round(origin, tuple(range(len(rows)))))
        if aggregate.selected is None or name in REWEIGHTING:
            return origin + aggregate.delta, None
        return origin + aggregate.delta, aggregate.selected.tolist()

    return run


class Reply:
    """As much of a message as Flower's aggregation looks at."""

    def __init__(self, slot: int, row: Weights) -> None:
        metrics = MetricRecord({"num-examples": 1, "slot": slot})
        self.content = RecordDict({"arrays": ArrayRecord({"w": Array(row)}), "metrics": metrics})

    def has_error(self) -> bool:
        return False


def flowers(make: Callable[..., Any], by_coordinate: bool = False) -> Rule:
    def run(rows: Weights, base: Weights) -> tuple[Floats, list[int] | None]:  # noqa: ARG001
        kept: list[int] = []

        def collect(contents: list[RecordDict], _key: str) -> MetricRecord:
            kept.extend(int(content["metrics"]["slot"]) for content in contents)  # type: ignore
            return MetricRecord()

        replies = [Reply(slot, row) for slot, row in enumerate(rows)]
        arrays, _ = make(train_metrics_aggr_fn=collect).aggregate_train(1, replies)
        return arrays["w"].numpy().astype(np.float64), None if by_coordinate else sorted(kept)

    return run


def flower_rules(n: int, f: int) -> dict[str, Rule]:
    return {
        "krum": flowers(lambda **k: flower.Krum(num_malicious_nodes=f, **k)),
        "multi-krum": flowers(
            lambda **k: flower.MultiKrum(num_malicious_nodes=f, num_nodes_to_select=n - f, **k)
        ),
        "bulyan": flowers(lambda **k: flower.Bulyan(num_malicious_nodes=f, **k)),
        "trimmed-mean": flowers(
            lambda **k: flower.FedTrimmedAvg(beta=(f + 0.5) / n, **k), by_coordinate=True
        ),
        "coordinate-median": flowers(lambda **k: flower.FedMedian(**k), by_coordinate=True),
    }


def measure(implementation: str, name: str, rule: Rule, size: str, cases: list[Case]) -> Result:
    kept: int | None = 0
    errors: list[float] = []
    seconds: list[float] = []
    attackers = 0
    for case in cases:
        start = time.perf_counter()
        try:
            aggregate, selected = rule(case.rows.copy(), case.base)
        except Exception as failed:  # another project's code; reported, not hidden
            why = f"{type(failed).__name__}: {failed}"
            return Result(implementation, name, size, 0, None, None, None, why)
        attackers += len(case.attackers)
        seconds.append(time.perf_counter() - start)
        if selected is None:
            kept = None
        elif kept is not None:
            kept += len(case.attackers & set(selected))
        off = aggregate - case.base - case.honest
        errors.append(float(np.linalg.norm(off) / np.linalg.norm(case.honest)))
        if seconds[-1] > PATIENCE:
            break
    return Result(implementation, name, size, attackers, kept, float(np.mean(errors)), min(seconds))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--clients", type=int, default=11)
    parser.add_argument("--attackers", type=int, default=2)
    parser.add_argument("--parameters", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--fedml", type=Path, help="where FedML was installed with --target")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    n, f, d = chosen.clients, chosen.attackers, chosen.parameters

    implementations: list[tuple[str, dict[str, Rule]]] = [
        ("market", {name: ours(name, f) for name in RULES}),
        ("Flower", flower_rules(n, f)),
    ]
    if chosen.fedml:
        implementations.append(("FedML", FedML(chosen.fedml, f).rules))
    results = []
    print(f"{n} clients, {f} flip signs, {d:,} parameters, {chosen.rounds} rounds of each size\n")
    print(f"{'rule':18} {'of':8} {'size':6} {'attackers kept':>15} {'error':>10} {'seconds':>8}")
    for size, unit in SIZES.items():
        cases = [make_case(n, d, f, unit, seed) for seed in range(chosen.rounds)]
        for implementation, rules in implementations:
            for name, rule in rules.items():
                result = measure(implementation, name, rule, size, cases)
                results.append(result)
                print(_line(result), flush=True)
    if chosen.json:
        chosen.json.write_text(json.dumps([asdict(result) for result in results], indent=1))


def _line(result: Result) -> str:
    start = f"{result.rule:18} {result.implementation:8} {result.size:6}"
    if result.failure:
        return f"{start} {result.failure[:60]}"
    kept = (
        "-" if result.attackers_kept is None else f"{result.attackers_kept} of {result.attackers}"
    )
    return f"{start} {kept:>15} {result.error:10.2g} {result.seconds:8.2f}"


if __name__ == "__main__":
    main()
