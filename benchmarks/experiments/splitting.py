"""What a trainer earns by taking part under k names, against taking part once.

    python -m benchmarks.experiments.splitting [--json FILE] [--plot FILE]

Digits, seven others and one that splits, 3 rounds. "Copies": every name sends what the trainer
trained on all of its rows, hidden by 1 % of noise. "Parts": every name trains on a k-th of the
rows. The table's figures are what all names together earn over what the one name earns, and for
one name its part of the deposit and how often it is paid nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from pathlib import Path

import click
import numpy as np

from benchmarks.experiments.record import Case, Record, markdown
from market.datasets.catalogue import Dataset, load
from market.datasets.partition import partition_iid
from market.errors import MarketError
from market.simulation import Assault, Population, Scenario, Simulation
from market.simulation.plot import new_figure, write
from market.simulation.population import populate
from market.specification.methods import Methods

OTHERS, ROUNDS, BYZANTINE, SEEDS = 7, 3, 2, 10
ALPHAS = (None, 1.0)
NAMES_OF_ONE = (1, 2, 3, 4, 6)
WAYS = ("copies", "parts")


@dataclass(frozen=True)
class Rule:
    """One way to pay."""

    methods: Methods
    attendance_bps: int = 0
    payment: str = "per-round"


RULES = {
    "market: in-run, proven value, exact step": Rule(Methods(), 200, "per-gain"),
    "leave-one-out, proven value, exact step": Rule(Methods("leave-one-out"), 200, "per-gain"),
    "exact-shapley, multi-Krum, mean": Rule(Methods("exact-shapley", "multi-krum", "mean"), 200),
    "leave-one-out, multi-Krum, mean": Rule(Methods("leave-one-out", "multi-krum", "mean"), 200),
    "equal shares": Rule(Methods(contribution="equal", defence="mean")),
    **{
        f"{name}, no defence": Rule(Methods(name, "mean", "mean"))
        for name in (
            "exact-shapley",
            "leave-one-out",
            "banzhaf",
            "beta-shapley",
            "in-run-first-order",
            "in-run-second-order",
        )
    },
    "exact-shapley, FoolsGold": Rule(Methods("exact-shapley", "foolsgold", "mean")),
    "banzhaf, multi-Krum": Rule(Methods("banzhaf", "multi-krum"), 200),
    "leave-one-out, FoolsGold": Rule(Methods("leave-one-out", "foolsgold")),
}


def share(
    dataset: Dataset, rule: Rule, way: str, names: int, alpha: float | None, seed: int
) -> Case:
    """What the names of one trainer earn, as a share of the deposit."""
    alone = Scenario(
        clients=OTHERS + 1,
        rounds=ROUNDS,
        methods=rule.methods,
        byzantine=BYZANTINE,
        plan=dataset.plan,
        decay_bps=10_000,
        payment=rule.payment,
        attendance_bps=rule.attendance_bps,
        seed=seed,
    )
    population = populate(dataset, alone, alpha)
    own = tuple(range(OTHERS, OTHERS + names))
    together = (Assault("sybil", own),) if way == "copies" and names > 1 else ()
    scenario = replace(alone, clients=OTHERS + names, assaults=together)
    outcome = Simulation(scenario, split(population, way, names, seed)).run()
    paid = sum(outcome.earned[client] for client in own)
    return {"share": paid / scenario.deposit, "accuracy": outcome.accuracy}


def split(population: Population, way: str, names: int, seed: int) -> Population:
    """The last client under so many names."""
    last = population.clients[-1]
    if way == "copies":
        rows = [last] * names
    else:
        rows = [last.rows(part) for part in partition_iid(len(last), names, seed)]
    return population.with_clients((*population.clients[:-1], *rows))


def draw(gains: dict[tuple[str, str, int], tuple[float, float]], path: Path) -> None:
    figure = new_figure(9.0, 4.2)
    for axes, way in zip(figure.subplots(1, 2, sharey=True), WAYS, strict=True):
        for number, name in enumerate(RULES):
            values = [1.0, *(gains[name, way, k][0] for k in NAMES_OF_ONE[1:])]
            axes.plot(
                NAMES_OF_ONE, values, marker=".", label=name, linestyle="-" if number < 4 else "--"
            )
        axes.axhline(1.0, color="black", linewidth=0.8)
        axes.set_title(way)
        axes.set_xlabel("names of one trainer")
    figure.axes[0].set_ylabel("earned, over one name's pay")
    figure.legend(
        *figure.axes[0].get_legend_handles_labels(), loc="outside right center", fontsize="x-small"
    )
    write(figure, path)


@click.command()
@click.option("--json", "file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--plot", type=click.Path(path_type=Path, dir_okay=False))
def main(file: Path | None, plot: Path | None) -> None:
    setting = {"others": OTHERS, "rounds": ROUNDS, "byzantine": BYZANTINE}
    record = Record(file, setting)
    dataset = load("digits")

    gains: dict[tuple[str, str, int], tuple[float, float]] = {}
    alone: dict[str, tuple[float, float]] = {}
    for name, way, k in product(RULES, WAYS, NAMES_OF_ONE):
        pay: dict[int, list[float]] = {1: [], k: []}
        for names, seed, alpha in product(pay, range(SEEDS), ALPHAS):
            # One name is the same whichever way it does not split.
            case = f"{name} / {way if names > 1 else '-'} / {names} / {alpha} / {seed}"
            measure = partial(share, dataset, RULES[name], way, names, alpha, seed)
            pay[names].append(record.case(case, measure)["share"])
        # The ratio of means: a trainer that one name pays nothing would make a mean of ratios.
        one, many = np.array(pay[1]), np.array(pay[k])
        gain = many.mean() / one.mean()
        error = np.std(many - gain * one) / np.sqrt(len(one)) / one.mean()
        gains[name, way, k] = (float(gain), float(error))
        alone[name] = (float(one.mean()), float((one == 0).mean()))
        click.echo(f"{name} / {way} / {k}: {gain:.2f} +- {error:.2f}", err=True)
    header = [
        "rule",
        "one name, %",
        "nothing, %",
        *(f"{way}, {k}" for way in WAYS for k in NAMES_OF_ONE[1:]),
    ]
    lines = [
        [
            name,
            f"{100 * alone[name][0]:.1f}",
            f"{100 * alone[name][1]:.0f}",
            *(
                "{:.2f} ± {:.2f}".format(*gains[name, way, k])
                for way in WAYS
                for k in NAMES_OF_ONE[1:]
            ),
        ]
        for name in RULES
    ]
    click.echo(markdown(header, lines))
    click.echo(f"\n{record.seconds:.0f} s of processor time")
    if plot is not None:
        draw(gains, plot)


if __name__ == "__main__":
    try:
        main()
    except MarketError as error:
        raise SystemExit(str(error)) from error
