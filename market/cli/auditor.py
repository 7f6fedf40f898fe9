"""Commands that only look."""

from __future__ import annotations

import sys
from itertools import islice

import click
from rich.markup import escape
from rich.table import Table

from market.auditor.audit import Auditor
from market.auditor.claim import Audit
from market.chain.market import Market, project_id
from market.cli.context import Settings, shared_options
from market.cli.output import columns, printable
from market.cli.standing import exceptional, judgement
from market.errors import InputError
from market.instants import instant
from market.project import connect_peers
from market.specification.amounts import NOBODY
from market.storage.base import Storage

_SHOWN = 40
"""Trainers that are listed for people."""
_AMOUNTS = ("credited", "at stake")


@click.command(epilog="Example: market status 0x5c...")
@shared_options
@click.argument("project")
def status(settings: Settings, project: str) -> None:
    """Show where PROJECT stands, who takes part, and what everybody earned."""
    market = settings.market_of_any_version(signing=False)
    id = project_id(project)
    state, created = market.project(id), market.created(id)
    terms, settled, credited = created.terms, market.settled(id), market.credits(id)
    currency = market.currency(terms.token)
    reveals = market.reveals(id, state.epoch)
    accused = [reveals[slot].trainer for slot in state.accused_slots if slot < len(reveals)]
    trainers = {account: market.trainer(id, account) for account in market.joined(id)}
    stakes = {account: market.aggregator_stake(id, account) for account in terms.aggregators}
    funded = market.funded(id)
    office = None if state.aggregator == NOBODY else state.aggregator
    value = {
        "project": "0x" + id.hex(),
        "phase": state.phase.name.lower(),
        "round": state.round,
        "rounds": terms.rounds,
        "deadline": state.deadline,
        "learning_rate": f"{state.learning_rate / 10**9:g}",
        "token": None if terms.is_native else terms.token,
        "deposited_wei": str(created.deposit),
        "funded_wei": str(funded),
        "refunded_wei": str(market.refund(id)),
        "locked_wei": str(state.trainer_budget + state.fee_budget),
        "forfeited_wei": str(state.forfeited),
        "owed_wei": str(state.owed),
        "active": state.active,
        "disputer": None if state.audit.disputer == NOBODY else state.audit.disputer,
        "judgement": judgement(state, terms),
        "office": office,
        "aggregators": [
            {
                "aggregator": account,
                "stake_wei": str(stake),
                "credited_wei": str(credited.get(account, 0)),
            }
            for account, stake in stakes.items()
        ],
        "accused": accused,
        "trainers": [
            {
                "trainer": account,
                "standing": found.standing.name.lower(),
                "stake_wei": str(found.stake),
                "credited_wei": str(credited.get(account, 0)),
            }
            for account, found in trainers.items()
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
    show(f"phase     {state.phase.name.lower()}, {len(settled)} of {terms.rounds} rounds settled")
    if not state.phase.closed:
        left = state.deadline - market.connection.now()
        when = f"in {left} s" if left > 0 else "passed: `market advance` moves it on"
        show(f"deadline  {instant(state.deadline)}, {when}")
    show(
        f"deposit   {currency.show(created.deposit)} + {currency.show(funded)} funded, "
        f"{currency.show(state.trainer_budget + state.fee_budget)} still locked"
    )
    show(f"office    {office or 'vacant'}")
    for account, stake in stakes.items():
        if account != office:
            ready = f"stands by with {currency.show(stake)}" if stake else "has no stake"
            show(f"          {account} {ready}")
    for account in accused:
        show(f"accused   {account} is to publish its delta")
    for line in exceptional(state, terms, currency):
        show(line)
    if state.phase.closed and (refund := market.refund(id)):
        show(f"returned  {currency.show(refund)} to the owner {terms.owner}")
    rows = [("trainer", "standing", "selected", *(f"{w} ({currency.name})" for w in _AMOUNTS))]
    for account, each in islice(trainers.items(), _SHOWN):
        times = sum(account in found.selected_trainers for found in settled)
        amounts = (currency.show(wei) for wei in (credited.get(account, 0), each.stake))
        rows.append(
            (
                account,
                each.standing.name.lower(),
                f"{times} of {len(settled)}",
                *(amount.removesuffix(f" {currency.name}") for amount in amounts),
            )
        )
    for line in columns(rows):
        show(line, markup=False)
    if len(trainers) > _SHOWN:
        show(f"and {len(trainers) - _SHOWN} more: --json has them all")


def _audit(
    settings: Settings, market: Market, storage: Storage, id: bytes, deep: bool, data: str | None
) -> Audit:
    """Of either kind of project.

    Raises:
        InputError: an option is given that is for the other kind.
    """
    progress = settings.output.progress
    if not market.created(id).terms.is_measured:
        if data is not None:
            raise InputError("--data is for projects that train a network", "leave it out")
        return Auditor(market, storage, deep, progress).run(id)
    if deep:
        raise InputError("--deep is for linear projects", "leave it out")
    from market.auditor.measured import audit_measured
    from market.data.read import read
    from market.measured.project import fetch_measured_document

    rows = None
    if data is not None:
        created = market.created(id)
        connect_peers(market, storage, (created.terms.owner, *created.terms.aggregators))
        rows = read(data, fetch_measured_document(storage, created).schema)
    return audit_measured(market, storage, id, rows, progress)


@click.command(epilog="Example: market audit 0x5c... --deep")
@shared_options
@click.argument("project")
@click.option(
    "--deep",
    is_flag=True,
    help="Derive keys and verifier code again, whatever this machine has cached.",
)
@click.option(
    "--data",
    metavar="DATA",
    help="Where the project trains a network: its validation rows, to measure every loss again.",
)
def audit(settings: Settings, project: str, deep: bool, data: str | None) -> None:
    """Check every claim about PROJECT from the chain and IPFS; exit code 0 only if all hold.

    Of a project that trains a network the books are not checked yet.
    """
    market = settings.market(signing=False)
    id = project_id(project)
    market.project(id)
    with settings.storage() as storage:
        found = _audit(settings, market, storage, id, deep, data)
    if not settings.output.as_json:
        table = Table("", "about", "claim", box=None, pad_edge=False)
        for claim in found.claims:
            mark = "[green]holds[/green]" if claim.holds else "[red]FAILS[/red]"
            text = claim.text if claim.holds else f"{claim.text}: {claim.detail}"
            table.add_row(mark, claim.subject, escape(printable(text)))
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
