"""Commands about the rows that a project is measured with: dispute them, judge them."""

from __future__ import annotations

import sys
from typing import Any

import click

from market.arbiter.judgement import Judgement, Outcome, check_rows, unreadable
from market.arbiter.sealed import fetch_rows
from market.chain.market import Market, project_id
from market.chain.state import Phase, ProjectState
from market.chain.terms import Terms
from market.cli.context import Settings, shared_options
from market.cli.output import Output
from market.errors import ContractError, InputError, MarketError, NotFoundError, StorageError
from market.identity import encryption_key
from market.instants import instant
from market.project import open_project
from market.prospectus.disputes import consequences
from market.specification.amounts import NOBODY
from market.yardstick.plausibility import SHUFFLES, Plausibility


@click.command(epilog="Example: market dispute 0x5c... --home ./trainer")
@shared_options
@click.argument("project")
@click.option("--yes", is_flag=True, help="Pay the bond without asking.")
def dispute(settings: Settings, project: str, yes: bool) -> None:
    """Ask the arbiters of PROJECT to judge its validation rows, for a bond. Anyone may, once."""
    market = settings.market()
    id = project_id(project)
    terms = market.created(id).terms
    if not terms.arbiters:
        raise NotFoundError(
            "the project names no arbiters: its rows are the owner's word",
            "leave with `market exit` if your own rows say otherwise",
        )
    _check_disputable(market.project(id), terms)
    said = consequences(terms, market.currency(terms.token))
    if not settings.output.as_json:
        settings.output.results.print("\n".join(said), markup=False)
    if not yes:
        if settings.output.as_json:
            raise InputError("a dispute costs a bond", "say --yes with --json")
        click.confirm("Dispute?", abort=True, err=True)
    receipt = market.dispute(terms)
    state = market.project(id)
    verb = "measure" if terms.is_measured else "vote"
    when = f" until {instant(state.deadline)}" if state.phase is Phase.AUDIT else ""
    settings.output.result(
        f"{project} is disputed; the arbiters are asked "
        + (f"now, and {verb}{when}" if when else "before its first settlement"),
        {
            "project": project,
            "bond_wei": str(terms.dispute_bond),
            "phase": state.phase.name.lower(),
            "transaction": "0x" + bytes(receipt["transactionHash"]).hex(),
        },
    )


@click.command(epilog="Example: market judge 0x5c... --vote --home ./arbiter")
@shared_options
@click.argument("project")
@click.option("--vote", is_flag=True, help="Vote as the checks say, unless a person has to look.")
@click.option("--confirm", is_flag=True, help="Vote that the rows are sound, whatever checks say.")
@click.option("--refute", is_flag=True, help="Vote that they are not; also where rows are missing.")
def judge(settings: Settings, project: str, vote: bool, confirm: bool, refute: bool) -> None:
    """Check the validation rows that PROJECT's owner sealed to its arbiters, as one of them.

    What the terms commit to is checked; what rows look like is printed, and yours to judge. Exit
    code 1 where the rows are refuted, or where --vote did not vote.
    """
    if vote + confirm + refute > 1:
        raise InputError("--vote, --confirm and --refute exclude each other", "say one of them")
    votes = vote or confirm or refute
    market = settings.market(signing=votes)
    id = project_id(project)
    terms = market.created(id).terms
    if not terms.arbiters:
        raise NotFoundError("the project names no arbiters", "there is nobody to judge its rows")
    if votes:
        _check_may_vote(market, id, terms)
    if confirm or refute:
        market.vote(terms, confirm)
        text = f"voted that the rows {'are sound' if confirm else 'are refuted'}"
        settings.output.result(text, {"voted": "confirm" if confirm else "refute"})
        return
    judgement = _judgement(settings, market, id)
    outcome = judgement.outcome
    voted = None
    if vote and outcome is not Outcome.DOUBTFUL:
        market.vote(terms, outcome is Outcome.HOLDS)
        voted = "confirm" if outcome is Outcome.HOLDS else "refute"
    _show(settings.output, judgement, voted)
    if vote and voted is None:
        raise MarketError(
            "nothing was voted: what the terms commit to holds, and the rows look doubtful",
            "say --confirm or --refute",
        )
    if outcome is Outcome.REFUTED:
        sys.exit(1)


def _check_disputable(state: ProjectState, terms: Terms) -> None:
    """Before the question: what the contract would refuse after it."""
    if state.audit.disputer != NOBODY or state.audit.held:
        raise ContractError("the project's rows were disputed before", "see `market status`")
    if terms.is_measured:
        if state.phase is not Phase.CONTEST:
            raise ContractError(
                f"the project is in phase {state.phase.name.lower()}: a measurement can be "
                "disputed while it is contested",
                "leave with `market exit` if your own rows say otherwise",
            )
        return
    if state.round or state.phase >= Phase.AUDIT:
        raise ContractError(
            f"the project is in phase {state.phase.name.lower()}, {state.round} rounds settled: "
            "it could be disputed until its first settlement",
            "leave with `market exit` if your own rows say otherwise",
        )


def _check_may_vote(market: Market, id: bytes, terms: Terms) -> None:
    if market.address not in terms.arbiters:
        raise ContractError(
            f"the terms do not name {market.address} as an arbiter", "use an arbiter's key"
        )
    phase = market.project(id).phase
    if phase is not Phase.AUDIT:
        raise ContractError(
            f"the project is in phase {phase.name.lower()}, votes are taken in audit",
            "judge without voting, or wait for a dispute",
        )


def _judgement(settings: Settings, market: Market, id: bytes) -> Judgement:
    with settings.storage() as storage:
        opened = open_project(market, storage, id, settings.output.progress)
        document, terms = opened.document, opened.terms
        key = encryption_key(settings.home)
        found = fetch_rows(storage, document, terms.rows, key)
    if isinstance(found, StorageError):
        return unreadable(found)
    return check_rows(found, terms, document, opened.keys)


def _show(output: Output, judgement: Judgement, voted: str | None) -> None:
    found = judgement.plausibility
    lines = [
        f"{'holds' if check.holds else 'FAILS'}  {check.text}"
        + ("" if check.holds else f": {check.detail}")
        for check in judgement.checks
    ]
    if found is not None:
        lines += ["", *_figures(found), *(f"doubt  {doubt}" for doubt in found.doubts)]
    lines += ["", judgement.outcome.value + (f"; voted to {voted}" if voted else "")]
    value: dict[str, Any] = {
        "outcome": judgement.outcome.value,
        "voted": voted,
        "checks": [
            {
                "check": check.text,
                "holds": check.holds,
                "detail": "" if check.holds else check.detail,
            }
            for check in judgement.checks
        ],
        "plausibility": None if found is None else {**vars(found), "doubts": list(found.doubts)},
    }
    output.result("\n".join(lines), value)


def _figures(found: Plausibility) -> list[str]:
    return [
        f"{found.rows} rows, {found.smallest} to {found.largest} of each class, "
        f"{found.repeated} repeated, {found.contradicting} contradicting",
        f"least squares predicts {found.accuracy:.1%} of rows it was not fitted to; always saying "
        f"the most frequent class, {found.chance:.1%}",
        f"it removes {found.explained:.1%} of the loss; {found.as_well} of {SHUFFLES} shufflings "
        "of the labels are predicted as well",
        f"the longest hundredth of the rows has {found.heaviest:.1%} of their squared length",
    ]
