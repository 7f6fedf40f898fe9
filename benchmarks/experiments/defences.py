"""Accuracy under every attack and every defence, as one table.

    python -m benchmarks.experiments.defences SETTING [--seeds N] [--json FILE] [--plot FILE]

Labels are skewed by Dirichlet(0.5); a fifth of the clients attacks; the defence is told how many.
Cells are means over seeds and, where there are several, their standard deviation.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import product
from pathlib import Path

import click
import numpy as np

from benchmarks.experiments.record import Case, Record, markdown
from market.attacks import ATTACKS
from market.datasets.catalogue import Dataset, load
from market.errors import InputError, MarketError
from market.robust.aggregate import Floats
from market.simulation import Population, Scenario, Simulation
from market.simulation.plot import new_figure, write
from market.simulation.population import populate
from market.simulation.scenario import last_clients
from market.specification.methods import DEFENCES, Methods
from market.training.plan import TrainingPlan

ALPHA = 0.5


@dataclass(frozen=True)
class Setting:
    """What all runs of a table share."""

    dataset: str
    model: str
    clients: int
    attackers: int
    rounds: int
    learning_rate: float
    epochs: int
    batch_size: int
    seeds: int
    rows: int | None
    attacks: tuple[str, ...]
    defences: tuple[str, ...]


SETTINGS = {
    "fashion": Setting(
        "fashion-mnist", "linear", 60, 12, 10, 0.05, 1, 32, 3, 24_000, tuple(ATTACKS), DEFENCES
    ),
    "digits": Setting(
        "digits", "linear", 50, 10, 12, 0.05, 2, 16, 5, None, tuple(ATTACKS), DEFENCES
    ),
    "cnn": Setting(
        "fashion-mnist", "cnn", 12, 3, 6, 0.1, 2, 32, 3, 3_000, tuple(ATTACKS), DEFENCES
    ),
}


class Dealer:
    """Deals rows once for all defences."""

    def __init__(self, dataset: Dataset, rows: int | None) -> None:
        self._dataset, self._rows = dataset, rows
        self._last: tuple[Scenario, Population] | None = None

    def deal(self, scenario: Scenario) -> Population:
        """The rows of a scenario that does not say its defence."""
        if self._last is None or self._last[0] != scenario:
            self._last = scenario, populate(self._dataset, scenario, ALPHA, self._rows)
        return self._last[1]


def play(setting: Setting, dealer: Dealer, attack: str, defence: str, seed: int) -> Case:
    scenario = Scenario(
        clients=setting.clients,
        rounds=setting.rounds,
        assaults=last_clients(setting.clients, setting.attackers, attack),
        # Nobody is paid here, so nothing is spent on scores.
        methods=Methods(contribution="equal"),
        byzantine=setting.attackers,
        model=setting.model,
        plan=TrainingPlan(setting.learning_rate, setting.epochs, setting.batch_size),
        decay_bps=10_000,
        payment="per-round",
        seed=seed,
    )
    population = dealer.deal(scenario)
    methods = replace(scenario.methods, defence=defence)
    try:
        outcome = Simulation(replace(scenario, methods=methods), population).run()
    except InputError as error:
        return {"accuracy": None, "backdoor": None, "failure": error.message}
    return {"accuracy": outcome.accuracy, "backdoor": outcome.rounds[-1].backdoor}


Results = dict[tuple[str, str], list[Case]]
"""By attack and defence, a case a seed."""


def cells(
    setting: Setting, record: Record, dealer: Dealer
) -> Iterator[tuple[str, str, list[Case]]]:
    """(attack, defence, a case a seed)."""
    for attack in setting.attacks:
        found: dict[str, list[Case]] = {defence: [] for defence in setting.defences}
        for seed, defence in product(range(setting.seeds), setting.defences):
            measure = partial(play, setting, dealer, attack, defence, seed)
            found[defence].append(record.case(f"{attack} / {defence} / {seed}", measure))
        for defence, cases in found.items():
            yield attack, defence, cases


def _percent(cases: list[Case], key: str) -> Floats:
    return np.array([100 * case[key] for case in cases if case[key] is not None])


def table(setting: Setting, results: Results, key: str) -> str:
    rows = []
    for attack in setting.attacks:
        line = [_percent(results[attack, defence], key) for defence in setting.defences]
        if any(map(len, line)):
            rows.append([attack, *map(_cell, line)])
    return markdown(["attack", *setting.defences], rows)


def _cell(values: Floats) -> str:
    if len(values) < 2:
        return f"{values[0]:.1f}" if len(values) else "-"
    return f"{values.mean():.1f} ± {values.std(ddof=1):.1f}"


def losses(setting: Setting, results: Results) -> str:
    """Points of accuracy below the mean without attack on the same seeds, with standard errors.

    Cells in which a defence could not work in every seed are left out.
    """
    best = _percent(results["none", "mean"], "accuracy")
    lost = {
        cell: best - _percent(cases, "accuracy")
        for cell, cases in results.items()
        if all(case["accuracy"] is not None for case in cases)
    }
    rows = []
    for defence in setting.defences:
        column = {attack: lost[attack, defence] for attack, one in lost if one == defence}
        if "none" not in column:
            continue
        worst = max(column, key=lambda attack, of=column: float(of[attack].mean()))
        median = np.median([values.mean() for values in column.values()])
        errors = [
            f"{values.mean():.1f} ± {values.std(ddof=1) / np.sqrt(len(values)):.1f}"
            for values in (column["none"], column[worst])
        ]
        rows.append([defence, errors[0], f"{median:.1f}", errors[1], worst])
    header = ["points lost", "without attack", "median attack", "worst attack", "which"]
    return markdown(header, rows)


def _mean(values: Floats) -> float:
    """NaN where a defence could not work."""
    return float(values.mean()) if len(values) else float("nan")


def draw(setting: Setting, results: Results, path: Path) -> None:
    values = np.array(
        [
            [_mean(_percent(results[attack, defence], "accuracy")) for defence in setting.defences]
            for attack in setting.attacks
        ]
    )
    figure = new_figure(2.0 + 0.55 * len(setting.defences), 1.6 + 0.3 * len(setting.attacks))
    axes = figure.subplots()
    shown = axes.imshow(values, cmap="viridis", vmin=10, vmax=np.nanmax(values), aspect="auto")
    axes.set_xticks(range(len(setting.defences)), setting.defences, rotation=40, ha="right")
    axes.set_yticks(range(len(setting.attacks)), setting.attacks)
    for row, line in enumerate(values):
        for column, value in enumerate(line):
            dark = value < (10 + np.nanmax(values)) / 2
            axes.text(
                column,
                row,
                "-" if np.isnan(value) else f"{value:.0f}",
                ha="center",
                va="center",
                fontsize=7,
                color="white" if dark else "black",
            )
    figure.colorbar(shown, label="accuracy on held-out rows, %")
    write(figure, path)


@click.command()
@click.argument("name", type=click.Choice(list(SETTINGS)))
@click.option("--json", "file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--plot", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--seeds", type=click.IntRange(1), help="[default: the setting's]")
def main(name: str, file: Path | None, plot: Path | None, seeds: int | None) -> None:
    setting = replace(SETTINGS[name], seeds=seeds or SETTINGS[name].seeds)
    shared = {**asdict(setting), "alpha": ALPHA}
    del shared["seeds"]  # a file may go on with more
    shared = {key: list(v) if isinstance(v, tuple) else v for key, v in shared.items()}
    record = Record(file, shared)
    dealer = Dealer(load(setting.dataset), setting.rows)
    results: Results = {}
    for attack, defence, cases in cells(setting, record, dealer):
        results[attack, defence] = cases
        click.echo(f"{attack} / {defence}: {_cell(_percent(cases, 'accuracy'))}", err=True)
    click.echo(table(setting, results, "accuracy"))
    if any(attack.startswith("backdoor") for attack in setting.attacks):
        click.echo("\n" + table(setting, results, "backdoor"))
    if setting.seeds > 1:
        click.echo("\n" + losses(setting, results))
    click.echo(f"\n{record.seconds:.0f} s of processor time")
    if plot is not None:
        draw(setting, results, plot)


if __name__ == "__main__":
    try:
        main()
    except MarketError as error:
        raise SystemExit(str(error)) from error
