"""Where each contribution method ranks clients that do harm or nothing, over many seeds.

    python -m benchmarks.experiments.ranks [--json FILE] [--plot FILE]

Digits, 10 clients alike, the last two misbehave, 3 rounds, no defence: what the methods see by
themselves. A duplicate sends an honest client's delta, a sybil one of its own under both names
(what one of the two trained, with 1 % of noise). Scores are summed over rounds. Rank 1 is the
highest score, 10 the lowest; ties share the mean of their ranks.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click
import numpy as np
from scipy.stats import rankdata

from benchmarks.experiments.record import Case, Record, markdown
from market.datasets.catalogue import Dataset, load
from market.errors import MarketError
from market.robust.aggregate import Floats
from market.simulation import Population, Scenario, Simulation
from market.simulation.contribution import METHODS, Budget
from market.simulation.plot import new_figure, write
from market.simulation.population import populate
from market.simulation.position import Position
from market.simulation.scenario import last_clients
from market.specification.methods import Methods
from market.valuation import exact_shapley, one_round_game

KINDS = {
    "label-flip": "label-flipper",
    "sign-flip": "sign-flipper",
    "free-rider": "free rider, zeros",
    "free-rider-random": "free rider, noise",
    "free-rider-replay": "free rider, replay",
    "copycat": "duplicate",
    "sybil": "sybil",
}
SETTING = {"clients": 10, "misbehaving": 2, "rounds": 3, "evaluations": 2_000, "seeds": 20}
ONE_ROUND, BY_ACCURACY = "one-round", "exact-shapley of accuracy"
NAMES = [*(name for name in METHODS if name not in ("in-run", "equal")), ONE_ROUND, BY_ACCURACY]
"""The contract's in-run is the second order, where the utility is quadratic."""


def scores(dataset: Dataset, kind: str, seed: int) -> Case:
    """Every method's scores of all clients, on the very same rounds."""
    n = SETTING["clients"]
    scenario = Scenario(
        clients=n,
        rounds=SETTING["rounds"],
        assaults=last_clients(n, SETTING["misbehaving"], kind),
        methods=Methods(contribution="equal", defence="mean"),
        plan=dataset.plan,
        decay_bps=10_000,
        payment="per-round",
        seed=seed,
    )
    population = populate(dataset, scenario)
    simulation = Simulation(scenario, population)
    start, sent = simulation.weights, []
    total = {name: np.zeros(n) for name in NAMES}
    for number in range(scenario.rounds):
        deltas = simulation.deltas()
        sent.append(deltas)
        place = (simulation.learner, simulation.weights, deltas, population.validation)
        budget = Budget(SETTING["evaluations"], seed * 1000 + number)
        for name, method in METHODS.items():
            if name in total:
                total[name] += method(Position(*place, "squared-loss"), budget).values
        total[BY_ACCURACY] += METHODS["exact-shapley"](Position(*place, "accuracy"), budget).values
        simulation.play()
    total[ONE_ROUND] = one_round(population, simulation, start, np.concatenate(sent))
    return {name: values.tolist() for name, values in total.items()}


def one_round(
    population: Population, simulation: Simulation, start: Floats, deltas: Floats
) -> Floats:
    """Song et al.'s one-round reconstruction: coalitions of all rounds' deltas at once."""
    n = SETTING["clients"]
    game = Position(simulation.learner, start, deltas, population.validation, "squared-loss")
    G, b = game.quadratic

    def value(mixing: Floats) -> Floats:
        return np.asarray(2 * mixing @ b - np.einsum("ij,ij->i", mixing @ G, mixing))

    took_part = np.ones((len(deltas) // n, n), dtype=np.bool_)
    return exact_shapley(one_round_game(took_part, value)).values


def summary(cases: list[Case], name: str) -> tuple[float, float, float]:
    """Mean rank of the misbehaving; how often both are last; their score over an honest one's."""
    bad = SETTING["misbehaving"]
    ranks, last, ratio = [], [], []
    for case in cases:
        values = np.array(case[name])
        ranked = rankdata(-values)
        ranks.append(ranked[-bad:].mean())
        last.append(values[-bad:].max() < values[:-bad].min())
        ratio.append(values[-bad:].mean() / values[:-bad].mean())
    return float(np.mean(ranks)), float(np.mean(last)), float(np.median(ratio))


def draw(found: dict[tuple[str, str], tuple[float, float, float]], path: Path) -> None:
    values = np.array([[found[kind, name][0] for kind in KINDS] for name in NAMES])
    figure = new_figure(7.0, 4.6)
    axes = figure.subplots()
    shown = axes.imshow(values, cmap="RdYlGn", vmin=1, vmax=SETTING["clients"], aspect="auto")
    axes.set_xticks(range(len(KINDS)), list(KINDS.values()), rotation=30, ha="right")
    axes.set_yticks(range(len(NAMES)), NAMES)
    for (row, column), value in np.ndenumerate(values):
        axes.text(column, row, f"{value:.1f}", ha="center", va="center", fontsize=8)
    figure.colorbar(shown, label=f"mean rank of the misbehaving, {SETTING['clients']} is last")
    write(figure, path)


@click.command()
@click.option("--json", "file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--plot", type=click.Path(path_type=Path, dir_okay=False))
def main(file: Path | None, plot: Path | None) -> None:
    record = Record(file, SETTING)
    dataset = load("digits")
    found = {}
    for kind in KINDS:
        cases = []
        for seed in range(SETTING["seeds"]):
            cases.append(record.case(f"{kind} / {seed}", partial(scores, dataset, kind, seed)))
            click.echo(f"{kind}, seed {seed}", err=True)
        for name in NAMES:
            found[kind, name] = summary(cases, name)
    for place, title in enumerate(("mean rank", "both last, % of seeds", "score over an honest's")):
        factor = 100 if place == 1 else 1
        rows = [
            [name, *(f"{factor * found[kind, name][place]:.{(1, 0, 2)[place]}f}" for kind in KINDS)]
            for name in NAMES
        ]
        click.echo(markdown([title, *KINDS.values()], rows) + "\n")
    click.echo(f"{record.seconds:.0f} s of processor time")
    if plot is not None:
        draw(found, plot)


if __name__ == "__main__":
    try:
        main()
    except MarketError as error:
        raise SystemExit(str(error)) from error
