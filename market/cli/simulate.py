"""The command that plays a project without a chain."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import click

from market.attacks import ATTACKS
from market.cli.output import Output
from market.cli.simulated import many_runs, one_run
from market.datasets.catalogue import NAMES, Dataset, load
from market.datasets.table import read_table
from market.errors import InputError
from market.game import Payment
from market.game.purse import BASIS_POINTS
from market.simulation import Outcome, Scenario, Simulation
from market.simulation.plot import check_plot, draw
from market.simulation.population import populate
from market.simulation.scenario import MODELS, UTILITIES, last_clients
from market.specification.amounts import NATIVE, Currency, token_currency
from market.specification.methods import (
    CONTRIBUTIONS,
    DEFAULT_MU,
    DEFENCES,
    LOCALS,
    OPTIMISERS,
    STEPS,
    Methods,
)
from market.specification.owner import OwnerSpecification, read_specification
from market.training.plan import TrainingPlan

FILE = click.Path(path_type=Path, dir_okay=False)
PAYMENTS = tuple(payment.method for payment in Payment)
CLIENTS, ROUNDS = 9, 5
"""Where neither a specification nor an option says otherwise."""


@click.command(
    epilog="Example: market simulate examples/digits.toml --attack label-flip --attack free-rider "
    "--plot earned.png"
)
@click.argument("spec", type=FILE, required=False)
@click.option("--dataset", type=click.Choice(NAMES), help="Rows to deal.  [default: digits]")
@click.option(
    "--data",
    type=FILE,
    help="Rows to deal, instead of --dataset: .csv or .npz, of the columns that SPEC says.",
)
@click.option("--rows", type=click.IntRange(1), help="Deal so many of the rows.  [default: all]")
@click.option("--alpha", type=click.FloatRange(0.01, 1e3), help="Skew labels by Dirichlet(ALPHA).")
@click.option("--model", type=click.Choice(MODELS), default="linear", show_default=True)
@click.option("--clients", type=click.IntRange(1, 1000), help=f"[default: SPEC's, or {CLIENTS}]")
@click.option("--rounds", type=click.IntRange(1, 10_000), help=f"[default: SPEC's, or {ROUNDS}]")
@click.option(
    "--attack",
    "attacks",
    type=click.Choice(list(ATTACKS)),
    multiple=True,
    help="Played on its own; may be repeated.  [default: none]",
)
@click.option(
    "--attackers",
    type=click.IntRange(0),
    help="The last of the clients.  [default: --tolerate, or (n - 3)/2]",
)
@click.option(
    "--tolerate", type=click.IntRange(0), help="f of the defence.  [default: SPEC's, or (n - 3)/2]"
)
@click.option("--method", type=click.Choice(CONTRIBUTIONS), help="Of measuring contributions.")
@click.option("--defence", type=click.Choice(DEFENCES), help="Against attackers.")
@click.option("--step", type=click.Choice(STEPS), help="How far the model moves.")
@click.option("--optimiser", type=click.Choice(OPTIMISERS), help="Of the server.")
@click.option("--server-rate", type=float, help="Learning rate of the server.")
@click.option("--local", type=click.Choice(LOCALS), help="Training of the clients.")
@click.option("--mu", type=click.FloatRange(0), help=f"Of FedProx.  [default: {DEFAULT_MU}]")
@click.option("--utility", type=click.Choice(UTILITIES), help="[default: the model's own]")
@click.option(
    "--evaluations",
    type=click.IntRange(1),
    default=2_000,
    show_default=True,
    help="Most coalition values a round of a method that samples.",
)
@click.option(
    "--patience",
    type=click.IntRange(1, 10_000),
    default=1,
    show_default=True,
    help="Rounds in a row that gain too little before learning rate and epochs change.",
)
@click.option(
    "--epochs-bps",
    type=click.IntRange(0, 100 * BASIS_POINTS),
    default=BASIS_POINTS,
    show_default=True,
    help="What remains of the local epochs then.",
)
@click.option(
    "--stop-after", type=click.IntRange(1, 10_000), help="End after so many changes in a row."
)
@click.option("--deposit", default="1ether", show_default=True, metavar="AMOUNT")
@click.option(
    "--payment",
    type=click.Choice(PAYMENTS),
    help="What a round's money follows.  [default: per-gain]",
)
@click.option(
    "--expected-gain",
    type=click.FloatRange(0, min_open=True),
    help="Utility that the whole deposit is meant for.  [default: from the owner's rows]",
)
@click.option(
    "--pot-cap-bps",
    type=click.IntRange(1, 10_000),
    help="Most of the budget that a round's gain pays at once.  [default: all of it]",
)
@click.option("--attendance-bps", type=click.IntRange(0, 10_000), help="Paid evenly.")
@click.option("--seed", type=click.IntRange(0, 2**31), default=0, show_default=True)
@click.option(
    "--resume",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Save every round here, and go on from what is here.",
)
@click.option("--plot", type=FILE, help="Draw a .png or .svg; needs matplotlib.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")
@click.pass_context
def simulate(context: click.Context, /, as_json: bool, plot: Path | None, **chosen: Any) -> None:
    """Play a project without a chain: who would earn what under which attack.

    Any rules are accepted, those too that no proof covers. Options come before SPEC's entries;
    without SPEC the rules are those that the contract proves. Where they are, and the clients are
    at most 32, money is decided by the contract's own integers.
    """
    context.ensure_object(dict)["output"] = output = Output(as_json)
    if plot is not None:
        check_plot(plot)
    spec: Path | None = chosen.pop("spec")
    # Off chain nobody can ask a token for its decimals; amounts are shown as if it had 18.
    specification = None if spec is None else read_specification(spec, lambda _: _TOKEN)
    currency = NATIVE if specification is None else specification.currency
    dataset = _dataset(specification, chosen["dataset"], chosen["data"])
    played: list[tuple[str, Outcome]] = []
    for name in dict.fromkeys(chosen["attacks"] or ("none",)):
        scenario = _scenario(specification, dataset, name, chosen)
        output.progress("simulating", attack=name, clients=scenario.clients, **_rules(scenario))
        validation = None
        if specification is not None and chosen["data"] and specification.validation.is_file():
            validation = read_table(
                specification.validation, specification.features, specification.classes
            )
        population = populate(dataset, scenario, chosen["alpha"], chosen["rows"], validation)
        file = None if chosen["resume"] is None else chosen["resume"] / f"{name}.npz"
        played.append((name, Simulation(scenario, population).run(output.progress, file)))
    if plot is not None:
        output.progress("plotting", file=str(plot))
        draw(plot, played, currency)
    text = one_run(*played[0], currency) if len(played) == 1 else many_runs(played, currency)
    output.result(text.rstrip(), {"simulations": [{"attack": n, **o.to_json()} for n, o in played]})


_TOKEN: Currency = token_currency("token", 18)


def _rules(scenario: Scenario) -> dict[str, Any]:
    chosen = dataclasses.asdict(scenario.methods)
    return {entry: value for entry, value in chosen.items() if value is not None}


def _scenario(
    specification: OwnerSpecification | None, dataset: Dataset, name: str, chosen: dict[str, Any]
) -> Scenario:
    s = specification
    clients = chosen["clients"] or (CLIENTS if s is None else s.slots)
    most = max((clients - 3) // 2, 0)
    byzantine = chosen["tolerate"]
    if byzantine is None:
        byzantine = most if s is None else min(s.byzantine, most)
    attackers = chosen["attackers"]
    if attackers is None:
        attackers = byzantine or most
    methods = Methods() if s is None else s.methods
    given = {
        entry: chosen[option]
        for entry, option in (
            ("contribution", "method"),
            ("defence", "defence"),
            ("step", "step"),
            ("optimiser", "optimiser"),
            ("local", "local"),
            ("mu", "mu"),
        )
        if chosen[option] is not None
    }
    plan = dataset.plan if s is None else s.training
    if s is None and chosen["model"] == "cnn":
        plan = CNN_PLAN
    scenario = Scenario(
        clients=clients,
        rounds=chosen["rounds"] or (ROUNDS if s is None else s.rounds),
        assaults=last_clients(clients, attackers, name),
        methods=dataclasses.replace(methods, **given),
        byzantine=byzantine,
        model=chosen["model"],
        utility=chosen["utility"] or "",
        plan=plan,
        server_rate=chosen["server_rate"],
        patience=chosen["patience"],
        epochs_bps=chosen["epochs_bps"],
        stop_after=chosen["stop_after"],
        deposit=(NATIVE if s is None else s.currency).parse(chosen["deposit"]),
        evaluations=chosen["evaluations"],
        seed=chosen["seed"],
    )
    if s is not None:
        scenario = dataclasses.replace(
            scenario,
            decay_bps=s.decay_bps,
            minimum_gain=s.minimum_gain,
            target_utility=s.target_utility,
            aggregator_fee=s.aggregator_fee,
            payment=s.payment.method,
            expected_gain=s.expected_gain,
            attendance_bps=s.attendance_bps,
            pot_cap_bps=s.pot_cap_bps,
        )
    money = ("payment", "expected_gain", "pot_cap_bps", "attendance_bps")
    said = {name: chosen[name] for name in money if chosen[name] is not None}
    return dataclasses.replace(scenario, **said)


CNN_PLAN = TrainingPlan(learning_rate=0.1, epochs=2, batch_size=32)


def _dataset(
    specification: OwnerSpecification | None, name: str | None, data: Path | None
) -> Dataset:
    s = specification
    if data is not None:
        if s is None or name is not None:
            raise InputError(
                "--data needs a SPEC that says its columns, and no --dataset",
                "market simulate SPEC.toml --data rows.csv",
            )
        return Dataset(
            name=data.name,
            table=read_table(data, s.features, s.classes),
            feature_names=tuple(f"feature_{column}" for column in range(s.features)),
            class_names=tuple(str(label) for label in range(s.classes)),
            scaling=lambda rows: s.scaling_of(rows.X),
            plan=s.training,
        )
    if s is None:
        return load(name or "digits")
    if name is None and s.name not in NAMES:
        raise InputError(
            f"no data set is called {s.name!r} as the project is",
            "say --data FILE with rows to deal to the clients, or --dataset",
        )
    dataset = load(name or s.name)
    if (dataset.features, dataset.classes) != (s.features, s.classes):
        raise InputError(
            f"the specification has {s.features} features and {s.classes} classes, "
            f"{dataset.name} {dataset.features} and {dataset.classes}",
            "choose another --dataset, or --data",
        )
    return dataset
