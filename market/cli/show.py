"""Commands that tell what there is to take part in."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import click

from market.chain.logs import Created
from market.chain.market import Market, project_id
from market.chain.state import Phase, ProjectState
from market.cli.context import Settings, shared_options
from market.errors import MarketError, StorageError
from market.instants import instant
from market.project import connect_peers, fetch_document
from market.prospectus.prospectus import page, page_json
from market.prospectus.sections import Offered
from market.prospectus.spans import counted, span
from market.prospectus.trust import trust
from market.specification.amounts import Currency, token_currency
from market.specification.document import Document

if TYPE_CHECKING:  # it brings PyTorch
    from market.measured.document import MeasuredDocument

STATES = tuple(phase.name.lower() for phase in Phase if phase is not Phase.NONE)


@click.command(epilog="Example: market show 0x5c...")
@shared_options
@click.argument("project")
def show(settings: Settings, project: str) -> None:
    """Show the terms of PROJECT in words, before you stake on it.

    What is trained on what, who judges the validation rows, how pay follows from work, what you
    could earn and lose, how long it takes, who takes part. `judges` in market.toml lists the
    arbiters that you trust.
    """
    market = settings.market(signing=False)
    id = project_id(project)
    state, created = market.project(id), market.created(id)
    offered = Offered(
        created=created,
        state=state,
        document=_document(settings, market, created),
        currency=market.currency(created.terms.token),
        judges=settings.judges,
        stakes={each: market.aggregator_stake(id, each) for each in created.terms.aggregators},
    )
    head = f"project 0x{id.hex()}\nphase   {_when(market, state)}"
    settings.output.result(f"{head}\n\n{page(offered)}", page_json(offered))


def _document(
    settings: Settings, market: Market, created: Created
) -> Document | MeasuredDocument | None:
    """The specification; None where it cannot be had, so that the terms are shown all the same."""
    try:
        with settings.storage() as storage:
            connect_peers(market, storage, (created.terms.owner, *created.terms.aggregators))
            if created.terms.is_measured:
                from market.measured.project import fetch_measured_document

                return fetch_measured_document(storage, created)
            return fetch_document(storage, created)
    except StorageError as error:
        settings.output.progress("no specification", reason=str(error))
        return None


def _when(market: Market, state: ProjectState) -> str:
    phase = state.phase.name.lower()
    if state.phase.closed:
        return phase
    left = state.deadline - market.connection.now()
    return f"{phase}, until {instant(state.deadline)}" + (f", in {span(left)}" if left > 0 else "")


@click.command("list", epilog="Example: market list --state joining")
@shared_options
@click.option("--state", type=click.Choice(STATES), help="Only projects in this phase.")
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=20,
    show_default=True,
    help="At most so many.",
)
def list_projects(settings: Settings, state: str | None, limit: int) -> None:
    """List the projects of the market, the newest first."""
    market = settings.market(signing=False)
    created = reversed(market.all_created())
    states = ((each, market.project(each.id)) for each in created)
    wanted = (pair for pair in states if state is None or pair[1].phase.name.lower() == state)
    found = list(islice(wanted, limit))
    tokens = {each.terms.token for each, _ in found}
    currencies = {token: _currency(market, token) for token in tokens}
    if settings.output.as_json:
        lines = [_line_json(settings, each, now) for each, now in found]
        settings.output.result("", {"projects": lines})
        return
    text = [_line(settings, each, now, currencies[each.terms.token]) for each, now in found]
    summary = f"{counted(len(found), 'project')}; `market show PROJECT` tells the terms"
    settings.output.result("\n".join([*text, summary]), {})


def _currency(market: Market, token: str) -> Currency:
    """One project's odd token must not hide the others."""
    try:
        return market.currency(token)
    except MarketError:
        return token_currency(f"units of {token}", 0)


def _line(settings: Settings, created: Created, state: ProjectState, currency: Currency) -> str:
    terms = created.terms
    when = "" if state.phase.closed else f" until {instant(state.deadline)}"
    invited = "invited accounts only, " if any(terms.invited) else ""
    return (
        f"0x{created.id.hex()}  {state.phase.name.lower()}{when}, {state.round} of {terms.rounds} "
        f"rounds, {state.active} of {terms.participants} trainers, {currency.show(state.budget)} "
        f"for them, {invited}{trust(terms, settings.judges)}"
    )


def _line_json(settings: Settings, created: Created, state: ProjectState) -> dict[str, object]:
    terms = created.terms
    return {
        "project": "0x" + created.id.hex(),
        "phase": state.phase.name.lower(),
        "round": state.round,
        "rounds": terms.rounds,
        "active": state.active,
        "participants": terms.participants,
        "budget_wei": str(state.budget),
        "token": None if terms.is_native else terms.token,
        "deadline": state.deadline,
        "invited_only": any(terms.invited),
        "judged": trust(terms, settings.judges),
    }
