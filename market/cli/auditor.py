"""Commands that only look."""

from __future__ import annotations

import sys

import click
from rich.table import Table

from market.auditor.audit import Auditor
from market.chain.market import project_id
from market.cli.context import Settings, shared_options
from market.specification.amounts import show_ether


@click.command(epilog="Example: market status 0x5c...")
@shared_options
@click.argument("project")
def status(settings: Settings, project: str) -> None:
    """Show where PROJECT stands, who takes part, and what everybody earned."""
    market = settings.market(signing=False)
    id = project_id(project)
    state, created = market.project(id), market.created(id)
    settled, credited = market.settled(id), market.sums(id, "Credited")
    trainers = market.trainers(id)
    value = {
        "project": "0x" + id.hex(),
        "phase": state.phase.name.lower(),
        "round": state.round,
        "rounds": created.terms.rounds,
        "deadline": state.deadline,
        "learning_rate": f"{state.learning_rate / 10**9:g}",
        "deposited_wei": str(created.deposit),
        "refunded_wei": str(market.refund(id)),
        "trainers": [
            {"trainer": account, "credited_wei": str(credited.get(account, 0))}
            for account in trainers
        ],
        "settled": [
            {
                "round": found.round,
                "transaction": found.transaction,
                "gas": found.gas,
                "selected": list(found.selected_trainers),
                "model_cid": found.model_cid,
            }
            for found in settled
        ],
    }
    if settings.output.as_json:
        settings.output.result("", value)
        return
    show = settings.output.results.print
    show(f"phase     {state.phase.name.lower()}, round {state.round} of {created.terms.rounds}")
    show(f"deadline  {state.deadline} (unix seconds)" if state.deadline else "closed")
    show(
        f"deposit   {show_ether(created.deposit)} ether, "
        f"{show_ether(state.trainer_budget + state.fee_budget)} still locked"
    )
    table = Table("trainer", "selected", "credited (ether)", box=None, pad_edge=False)
    for account in trainers:
        times = sum(account in found.selected_trainers for found in settled)
        table.add_row(account, f"{times} of {len(settled)}", show_ether(credited.get(account, 0)))
    show(table)


@click.command(epilog="Example: market audit 0x5c... --deep")
@shared_options
@click.argument("project")
@click.option(
    "--deep",
    is_flag=True,
    help="Derive keys and verifier code again, whatever this machine has cached.",
)
def audit(settings: Settings, project: str, deep: bool) -> None:
    """Check every claim about PROJECT from the chain and IPFS; exit code 0 only if all hold."""
    market = settings.market(signing=False)
    id = project_id(project)
    market.project(id)
    with settings.storage() as storage:
        found = Auditor(market, storage, deep).run(id)
    if not settings.output.as_json:
        table = Table("", "about", "claim", box=None, pad_edge=False)
        for claim in found.claims:
            mark = "[green]holds[/green]" if claim.holds else "[red]FAILS[/red]"
            text = claim.text if claim.holds else f"{claim.text}: {claim.detail}"
            table.add_row(mark, claim.subject, text)
        settings.output.results.print(table)
    failed = [claim for claim in found.claims if not claim.holds]
    settings.output.result(
        f"{len(found.claims)} claims checked, {len(failed)} do not hold",
        {
            "holds": found.holds,
            "claims": [
                {"subject": c.subject, "claim": c.text, "holds": c.holds, "detail": c.detail}
                for c in found.claims
            ],
        },
    )
    if not found.holds:
        sys.exit(1)
