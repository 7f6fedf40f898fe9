"""Accuracy of FedAvg, FedProx and SCAFFOLD where clients differ.

    python -m benchmarks.experiments.drift [digits|cnn] [--json FILE]

No defence, nobody attacks. Many local epochs on labels skewed by Dirichlet(alpha) make clients
drift apart. Cells are means over seeds; FedAvg's with their standard deviation, the others' with
the difference from FedAvg on the same rows and its standard error.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
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
SEEDS = 5


@dataclass(frozen=True)
class Setting:
    """What all runs of a table share; accuracy is shown after `early` of the `rounds`, too."""

    dataset: str
    model: str
    clients: int
    rows: int | None
    rounds: int
    early: int
    plan: TrainingPlan


SETTINGS = {
    "digits": Setting("digits", "linear", 20, None, 12, 3, TrainingPlan(0.05, 10, 16)),
    "cnn": Setting("fashion-mnist", "cnn", 10, 2_000, 8, 3, TrainingPlan(0.05, 5, 32)),
}

BASELINE = "FedAvg"
LOCALS: dict[str, tuple[str, float | None]] = {
    BASELINE: ("sgd", None),
    "FedProx, mu = 0.01": ("fedprox", 0.01),
    "FedProx, mu = 0.1": ("fedprox", 0.1),
    "FedProx, mu = 1": ("fedprox", 1.0),
    "SCAFFOLD": ("scaffold", None),
}


def play(setting: Setting, dataset: Dataset, name: str, alpha: float, seed: int) -> Case:
    local, mu = LOCALS[name]
    scenario = Scenario(
        clients=setting.clients,
        rounds=setting.rounds,
        methods=Methods(contribution="equal", defence="mean", local=local, mu=mu),
        model=setting.model,
        plan=setting.plan,
        decay_bps=10_000,
        payment="per-round",
        seed=seed,
    )
    outcome = Simulation(scenario, populate(dataset, scenario, alpha, setting.rows)).run()
    return {"early": outcome.rounds[setting.early - 1].accuracy, "last": outcome.accuracy}


def row(setting: Setting, record: Record, dataset: Dataset, name: str) -> list[str]:
    def measured(local: str, alpha: float, key: str) -> Floats:
        found = []
        for seed in range(SEEDS):
            measure = partial(play, setting, dataset, local, alpha, seed)
            found.append(record.case(f"{local} / {alpha} / {seed}", measure))
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
@click.argument("name", type=click.Choice(list(SETTINGS)), default="digits")
@click.option("--json", "file", type=click.Path(path_type=Path, dir_okay=False))
def main(name: str, file: Path | None) -> None:
    setting = SETTINGS[name]
    record = Record(file, asdict(setting))
    dataset = load(setting.dataset)
    header = ["clients train by"]
    shown = product(ALPHAS, (setting.early, setting.rounds))
    header += [f"Dirichlet({alpha:g}), {rounds} rounds" for alpha, rounds in shown]
    rows = []
    for local in LOCALS:
        rows.append(row(setting, record, dataset, local))
        click.echo(" | ".join(rows[-1]), err=True)
    click.echo(markdown(header, rows))
    click.echo(f"\n{record.seconds:.0f} s of processor time")


if __name__ == "__main__":
    try:
        main()
    except MarketError as error:
        raise SystemExit(str(error)) from error
