"""Whether anybody whom one trusts can judge the rows that a project is measured with."""

from __future__ import annotations

from collections.abc import Collection

from market.chain.terms import Terms
from market.prospectus.spans import counted

OWNERS_WORD = "the owner's word"


def trusted_arbiters(terms: Terms, judges: Collection[str]) -> tuple[str, ...]:
    """The arbiters that stand in a trainer's own list of judges, in the order of the terms."""
    known = {judge.lower() for judge in judges}
    return tuple(each for each in terms.arbiters if each.lower() in known)


def parties_among(terms: Terms) -> tuple[str, ...]:
    """The arbiters that have other interests in the project: its owner and its aggregators."""
    parties = {each.lower() for each in (terms.owner, *terms.aggregators)}
    return tuple(each for each in terms.arbiters if each.lower() in parties)


def trust(terms: Terms, judges: Collection[str]) -> str:
    """What stands behind the validation rows, in words.

    Args:
        terms: of the project.
        judges: addresses of the arbiters that the reader trusts.
    """
    count = len(terms.arbiters)
    if count == 0:
        return OWNERS_WORD
    trusted = len(trusted_arbiters(terms, judges))
    arbiters = counted(count, "arbiter")
    if trusted == 0:
        whom = "whom you do not list" if count == 1 else "none of whom you list"
        said = f"judged by {arbiters}, {whom} as trusted: {OWNERS_WORD} to you"
    elif trusted == count:
        said = f"judged by {arbiters}, {'whom' if count == 1 else 'all of whom'} you trust"
    else:
        said = f"judged by {arbiters}, {trusted} of whom you trust"
        if trusted < terms.arbiter_quorum:
            said += f"; {terms.arbiter_quorum} votes decide"
    partial = len(parties_among(terms))
    if partial:
        verb = "is" if partial == 1 else "are"
        said += f"; {partial} {verb} the owner or an aggregator"
    return said
