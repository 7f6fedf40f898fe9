"""The summary that the demonstration ends with."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from market.specification.amounts import show_ether


def show_summary(console: Console, report: dict[str, Any]) -> None:
    """Prints accuracy, trainers, proofs and money."""
    console.print()
    console.print(_models(report["models"]))
    price = report["wei_a_point"]
    if price is not None:
        console.print(f"a point of accuracy above the owner alone cost {show_ether(int(price))}")
    console.print(_trainers(report))
    console.print(_proofs(report))
    _money(console, report)
    audit = report["audit"]
    verdict = "hold" if audit["holds"] else "do NOT all hold"
    console.print(
        f"[bold]Audit[/bold] {audit['claims']} claims {verdict}; the project is {report['phase']}"
    )
    seconds = report["seconds"]
    console.print(
        f"[bold]Time[/bold] {seconds['total']:.0f} s, of which set-up {seconds['setup']:.0f} s"
    )


_ROWS = {
    "initial": "initial model",
    "owner_alone": "the owner's rows alone",
    "owner_alone_logistic": "  by logistic regression",
    "best_single_trainer": "the best single trainer's",
    "federated": "federated: what was bought",
    "centralised": "all trainers' rows in one place",
}


def _models(models: dict[str, dict[str, float]]) -> Table:
    table = Table(title="On held-out rows", title_justify="left", box=None, pad_edge=False)
    for name in ("trained on", "accuracy", "loss"):
        table.add_column(name, justify="left" if name == "trained on" else "right")
    for name, title in _ROWS.items():
        loss = models[name].get("loss")
        table.add_row(
            title, f"{models[name]['accuracy']:.3f}", "" if loss is None else f"{loss:.3f}"
        )
    return table


def _trainers(report: dict[str, Any]) -> Table:
    table = Table(title="Trainers", title_justify="left", box=None, pad_edge=False)
    table.add_column("trainer")
    for each in report["rounds"]:
        table.add_column(f"round {each['round']}", justify="right")
    table.add_column("paid (ether)", justify="right")
    for address in report["project"]["trainers"]:
        cells = [_cell(each, address) for each in report["rounds"]]
        paid = int(report["project"]["paid_wei"][address])
        attacks = address in report["project"]["attackers"]
        name = f"[red]{address}[/red] {report['project']['attack']}" if attacks else address
        table.add_row(name, *cells, show_ether(paid))
    return table


def _cell(each: dict[str, Any], address: str) -> str:
    """The trainer's share of the round's contributions, or why it had none."""
    for excluded in each["excluded"]:
        if excluded["trainer"] == address:
            return f"[red]{excluded['reason']}[/red]"
    total = sum(max(score, 0) for score in each["contributions"].values()) or 1
    return f"{100 * max(each['contributions'][address], 0) / total:.1f} %"


def _proofs(report: dict[str, Any]) -> Table:
    table = Table(
        "round",
        "rows",
        "prove (s)",
        "proof (bytes)",
        "verify (gas)",
        "settle (gas)",
        title="Proofs",
        title_justify="left",
        box=None,
        pad_edge=False,
    )
    for each in report["rounds"]:
        for proof in each["proofs"]:
            table.add_row(
                str(each["round"]),
                f"{proof['rows']} of 2^{proof['logrows']}",
                f"{proof['prove_seconds']}",
                f"{proof['proof_bytes']:,}",
                f"{proof['verify_gas']:,}",
                f"{each['settle_gas']:,}",
            )
    return table


def _money(console: Console, report: dict[str, Any]) -> None:
    money = {name.removesuffix("_wei"): int(wei) for name, wei in report["money"].items()}
    came = money["deposited"] + money["slashed"]
    went = money["paid_to_trainers"] + money["paid_to_aggregator"] + money["refunded_to_owner"]
    console.print("[bold]Money[/bold] (wei)")
    for name, wei in money.items():
        console.print(f"  {name.replace('_', ' '):<20} {wei:>22,}")
    equal = "adds up" if came == went else "does NOT add up"
    console.print(f"  paid + refunded - deposited - slashed = {went - came}: {equal}")
