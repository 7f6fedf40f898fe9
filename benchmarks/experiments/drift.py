"""Accuracy of FedAvg, FedProx and SCAFFOLD where clients differ.

    python -m benchmarks.experiments.drift [--json FILE]

Digits, the linear model, 20 clients, no defence, nobody attacks. Many local epochs on labels skewed
by Dirichlet(alpha) make clients drift apart. Cells are means over seeds; FedAvg's with their
standard deviation, the others' with the difference from FedAvg on the same rows and its standard
error.
"""

from __future__ import annotations

from functools import partial
from itertools import product
from pathlib import Path

import click
import numpy as np

from benchmarks.experiments.record import Case, Record, markdown
from market.datasets.catalogue import Dataset, load
from market.errors import MarketError
from market.robust.aggregate import Floats
from market.simulation import Scenario, Simulation
from market.simulation.population import populate
from market.specification.methods import Methods
from market.training.plan import TrainingPlan

ALPHAS = (0.1, 0.5)
ROUNDS, EARLY = 12, 3
"""Rounds in all, and after how many accuracy is shown as well."""

BASELINE = "FedAvg"
LOCALS: dict[str, tuple[str, float | None]] = {
    BASELINE: ("sgd", None),
    "FedProx, mu = 0.01": ("fedprox", 0.01),
    "FedProx, mu = 0.1": ("fedprox", 0.1),
    "FedProx, mu = 1": ("fedprox", 1.0),
    "SCAFFOLD": ("scaffold", None),
}

CLIENTS, SEEDS = 20, 5
PLAN = TrainingPlan(learning_rate=0.05, epochs=10, batch_size=16)


def play(dataset: Dataset, name: str, alpha: float, seed: int) -> Case:
    local, mu = LOCALS[name]
    scenario = Scenario(
        clients=CLIENTS,
        rounds=ROUNDS,
        methods=Methods(contribution="equal", defence="mean", local=local, mu=mu),
        plan=PLAN,
        decay_bps=10_000,
        seed=seed,
    )
    outcome = Simulation(scenario, populate(dataset, scenario, alpha)).run()
    return {"early": outcome.rounds[EARLY - 1].accuracy, "last": outcome.accuracy}


def row(record: Record, dataset: Dataset, name: str) -> list[str]:
    def measured(local: str, alpha: float, key: str) -> Floats:
        found = [
            record.case(f"{local} / {alpha} / {seed}", partial(play, dataset, local, alpha, seed))
            for seed in range(SEEDS)
        ]
        return np.array([100 * case[key] for case in found])

    cells = []
    for alpha, key in product(ALPHAS, ("early", "last")):
        values, plain = (measured(local, alpha, key) for local in (name, BASELINE))
        cell = f"{values.mean():.1f}"
        if name == BASELINE:
            cell += f" ± {values.std(ddof=1):.1f}"
        else:
            gain = values - plain
            cell += f" ({gain.mean():+.1f} ± {gain.std(ddof=1) / np.sqrt(len(gain)):.1f})"
        cells.append(cell)
    return [name, *cells]


@click.command()
@click.option("--json", "file", type=click.Path(path_type=Path, dir_okay=False))
def main(file: Path | None) -> None:
    record = Record(file, {"rounds": ROUNDS, "early": EARLY})
    dataset = load("digits")
    header = ["clients train by"]
    header += [f"Dirichlet({a:g}), {r} rounds" for a, r in product(ALPHAS, (EARLY, ROUNDS))]
    rows = []
    for name in LOCALS:
        rows.append(row(record, dataset, name))
        click.echo(" | ".join(rows[-1]), err=True)
    click.echo(markdown(header, rows))
    click.echo(f"\n{record.seconds:.0f} s of processor time")


if __name__ == "__main__":
    try:
        main()
    except MarketError as error:
        raise SystemExit(str(error)) from error
