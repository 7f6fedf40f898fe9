"""Simulations as text for people."""

from __future__ import annotations

import io
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from market.simulation import Outcome
from market.specification.amounts import Currency


def one_run(name: str, outcome: Outcome, currency: Currency) -> str:
    """Every client's part in one simulation."""
    rounds = len(outcome.rounds)
    table = Table(title=f"attack {name}, {rounds} rounds", title_justify="left")
    table.add_column("client")
    table.add_column("selected", justify="right")
    table.add_column("score", justify="right")
    table.add_column(f"earned ({currency.name})", justify="right")
    for client, earned in enumerate(outcome.earned):
        attack = outcome.scenario.attack_of.get(client)
        table.add_row(
            f"{client + 1}" + (f" {attack}" if attack else ""),
            f"{outcome.times_selected(client)} of {rounds}",
            f"{sum(one.scores[client] for one in outcome.rounds):.4f}",
            _amount(earned, currency),
        )
    return _text(table) + _footer([(name, outcome)], currency)


def many_runs(played: Sequence[tuple[str, Outcome]], currency: Currency) -> str:
    """One line a simulation: what the honest and what the attackers earned."""
    table = Table(title="who earned what under which attack", title_justify="left")
    table.add_column("attack")
    table.add_column("accuracy", justify="right")
    table.add_column("backdoor", justify="right")
    table.add_column("attackers selected", justify="right")
    table.add_column("each honest", justify="right")
    table.add_column("each attacker", justify="right")
    table.add_column("refunded", justify="right")
    for name, outcome in played:
        attackers = outcome.scenario.attack_of
        honest = [w for client, w in enumerate(outcome.earned) if client not in attackers]
        theirs = [w for client, w in enumerate(outcome.earned) if client in attackers]
        chances = len(attackers) * len(outcome.rounds)
        times = sum(outcome.times_selected(client) for client in attackers)
        backdoor = outcome.rounds[-1].backdoor
        table.add_row(
            name,
            f"{outcome.accuracy:.3f}",
            "-" if backdoor is None else f"{backdoor:.3f}",
            f"{times} of {chances}" if chances else "-",
            _amount(sum(honest) // len(honest), currency) if honest else "-",
            _amount(sum(theirs) // len(theirs), currency) if theirs else "-",
            _amount(outcome.refunded, currency),
        )
    return _text(table) + _footer(played, currency)


def _footer(played: Sequence[tuple[str, Outcome]], currency: Currency) -> str:
    outcome = played[0][1]
    methods = outcome.scenario.methods
    local = methods.local
    if local == "fedprox":
        local += f" (mu = {methods.proximal:g})"
    defence = methods.defence
    if defence != "proven-value":
        defence += f" (f = {outcome.scenario.byzantine})"
    # Elsewhere the defence says how far the model moves.
    step = f"{methods.step} step, " if outcome.exact else ""
    lines = [
        f"{defence}, {methods.contribution}, {step}{methods.optimiser}, {local}, "
        f"{outcome.scenario.payment}; "
        + ("integers of the contract" if outcome.exact else "float scores, integer money"),
        "accuracy " + ", ".join(f"{o.initial_accuracy:.3f} -> {o.accuracy:.3f}" for _, o in played),
    ]
    if len(played) == 1:
        lines.append(
            f"paid {_amount(sum(outcome.earned), currency)} + fees "
            f"{_amount(outcome.fees, currency)} + refunded {_amount(outcome.refunded, currency)} "
            f"= {_amount(outcome.scenario.deposit, currency)} {currency.name}"
        )
    return "\n".join(lines)


def _amount(amount: int, currency: Currency) -> str:
    return currency.show(amount).removesuffix(f" {currency.name}")


def _text(table: Table) -> str:
    console = Console(file=io.StringIO(), width=120, highlight=False, color_system=None)
    console.print(table)
    written = console.file
    assert isinstance(written, io.StringIO)
    return written.getvalue()
