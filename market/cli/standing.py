"""What `market status` says of a project only where it is so."""

from __future__ import annotations

from collections.abc import Iterator

from market.chain.state import EVERYBODY, Phase, ProjectState
from market.chain.terms import Terms
from market.specification.amounts import NOBODY, Currency


def judgement(state: ProjectState, terms: Terms) -> str | None:
    """What the arbiters said of the yardstick; None where they have not, or nobody has asked."""
    if not state.audit.held:
        return None
    confirmed = state.audit.confirming.bit_count() >= terms.arbiter_quorum
    return "confirmed" if confirmed else "refuted"


def exceptional(state: ProjectState, terms: Terms, currency: Currency) -> Iterator[str]:
    """Lines for people, each with the word that it is about."""
    yield from _opening(state, terms)
    yield from _yardstick(state, terms)
    show = currency.show
    if state.phase is Phase.CLAIM:
        yield (
            f"claim     {show(state.forfeited)} for those who open their deltas, "
            f"{state.claims} so far"
        )
    elif state.forfeited and state.phase.closed:
        yield f"claimed   {show(state.forfeited)} by those who opened, with `market withdraw`"
    elif state.forfeited:
        yield f"forfeited {show(state.forfeited)}, for those who do the work"
    if state.owed:
        yield f"owed      {show(state.owed)} by gain, with `market withdraw`"


def _opening(state: ProjectState, terms: Terms) -> Iterator[str]:
    """Where the open round stands."""
    if state.phase not in (Phase.COMMIT, Phase.REVEAL):
        return
    again = f"{state.round}, opening {state.retries + 1}" if state.retries else f"{state.round}"
    committed, needed = f"{state.committed} committed", f"{terms.quorum} needed"
    if state.phase is Phase.COMMIT:
        drawn = "all may"
        if state.draw.width < EVERYBODY:
            drawn = f"about {state.draw.width / EVERYBODY:.0%} of {state.active} trainers may"
        yield f"round     {again}: {committed}, {needed}, {drawn}"
    else:
        yield f"round     {again}: {state.revealed} of {committed} have revealed"


def _yardstick(state: ProjectState, terms: Terms) -> Iterator[str]:
    audit, said = state.audit, judgement(state, terms)
    asked = f"dispute   by {audit.disputer}" if audit.disputer != NOBODY else "audit     by chance"
    if said is not None:
        yield f"{asked}: the arbiters have {said} the validation rows"
    elif state.phase is Phase.AUDIT:
        yield (
            f"{asked}: {audit.confirming.bit_count()} of {len(terms.arbiters)} arbiters confirm "
            f"the validation rows, {audit.refuting.bit_count()} refute them, "
            f"{terms.arbiter_quorum} votes decide"
        )
    elif audit.disputer != NOBODY and state.phase.closed:
        yield f"{asked}: nobody was asked before the project closed"
    elif audit.disputer != NOBODY:
        yield f"{asked}: the arbiters are asked before the first settlement"
