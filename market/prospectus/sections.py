"""The parts of a prospectus, each a list of lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from market.chain.logs import Created
from market.chain.state import Phase, ProjectState
from market.chain.terms import Terms
from market.game import Purse
from market.instants import moment
from market.judging import purse_of
from market.prospectus.copies import FAIR_PERCENT, measured_up_to
from market.prospectus.measured import judges as measured_judges
from market.prospectus.measured import work as measured_work
from market.prospectus.money import alike, endings_of, rounds_of
from market.prospectus.rules import percent, rule_sentences
from market.prospectus.spans import counted, span
from market.prospectus.trust import parties_among, trust, trusted_arbiters
from market.specification.amounts import NOBODY, Currency
from market.specification.document import Document

if TYPE_CHECKING:  # it brings PyTorch
    from market.measured.document import MeasuredDocument

_COLUMNS, _TEXT = 12, 80


@dataclass(frozen=True)
class Offered:
    """All that a prospectus is made from.

    Args:
        created: the project as it was created.
        state: as it is now.
        document: its specification; None where it cannot be had.
        currency: of its money.
        judges: arbiters that the reader trusts.
        stakes: of each named aggregator, as it is now.
    """

    created: Created
    state: ProjectState
    document: Document | MeasuredDocument | None
    currency: Currency
    judges: tuple[str, ...]
    stakes: Mapping[str, int]

    @property
    def terms(self) -> Terms:
        return self.created.terms

    @property
    def purse(self) -> Purse:
        return purse_of(self.terms, self.state)


def work(offered: Offered) -> list[str]:
    """What is trained, on what."""
    terms, document = offered.terms, offered.document
    if not isinstance(document, Document | None) or terms.is_measured:
        network = None if isinstance(document, Document) else document
        return measured_work(terms, offered.state, network)
    measured = (
        f"It is measured on {terms.rows} rows of the owner: how much their mean squared residual "
        "falls."
    )
    if document is None:
        return ["The specification cannot be had: neither model nor data can be shown.", measured]
    plan = document.training
    lines = [
        f"{_short(document.name)}: a linear model from {document.features} features to "
        f"{document.classes} classes, under squared loss.",
        measured,
        f"In a round each trainer makes {plan.epochs} epochs over its own rows, in batches of "
        f"{plan.batch_size}, at a learning rate of {offered.state.learning_rate / 10**9:g}.",
    ]
    if document.columns:
        shown = ", ".join(_short(name) for name in document.columns[:_COLUMNS])
        more = len(document.columns) - _COLUMNS
        lines.append(f"Columns: {shown}" + (f", and {more} more." if more > 0 else "."))
    else:
        lines.append(f"The {document.features} columns have no names.")
    return lines


def judges(offered: Offered) -> list[str]:
    """What stands behind the validation rows."""
    terms, show = offered.terms, offered.currency.show
    said = trust(terms, offered.judges)
    if terms.is_measured:
        return measured_judges(terms, said, offered.currency)
    lines = [said[0].upper() + said[1:] + "."]
    if not terms.arbiters:
        return [
            *lines,
            "Nobody can check that the rows are real: compare each round with your own rows, and "
            "leave before the next commit if they say otherwise.",
        ]
    trusted, parties = trusted_arbiters(terms, offered.judges), parties_among(terms)
    for account in terms.arbiters:
        notes = ["trusted"] * (account in trusted) + ["a party"] * (account in parties)
        lines.append(f"  {account}" + (f"  {', '.join(notes)}" if notes else ""))
    return [
        *lines,
        f"They are asked before the first settlement: by anybody, for a bond of "
        f"{show(terms.dispute_bond)}"
        + (
            f", and by chance in {percent(terms.audit_bps)} of projects."
            if terms.audit_bps
            else "."
        ),
        f"{terms.arbiter_quorum} of {len(terms.arbiters)} decide, within "
        f"{span(terms.audit_seconds)}. Refuted, the owner loses its bond of "
        f"{show(terms.owner_bond)}, and the whole budget goes to those who revealed.",
    ]


def pay(offered: Offered) -> list[str]:
    """How pay follows from work, and what each round could pay."""
    show, purse = offered.currency.show, offered.purse
    lines = list(rule_sentences(offered.terms))
    if offered.state.phase.closed:
        return lines
    lines.append(f"The trainers' budget is {show(purse.budget)}, of which {show(purse.left)} wait.")
    for first, last in alike(rounds_of(purse)):
        which = f"Round {first.number}"
        if last is not first:
            which = f"Rounds {first.number} to {last.number}"
        lines.append(f"  {which}: {show(first.certain)} for certain, at most {show(first.most)}")
    for end in endings_of(purse):
        lines.append(
            f"  {end.percent} % of the expected gain: {show(end.trainers)} for trainers, "
            f"{show(end.returned)} back to the owner"
        )
    return lines


def stakes(offered: Offered) -> list[str]:
    """What a trainer and an aggregator could earn, and lose."""
    terms, show, purse = offered.terms, offered.currency.show, offered.purse
    counts = sorted({terms.quorum, terms.slots, terms.participants})
    most = endings_of(purse)[-1].trainers
    lines = [
        f"  as one of {count} equal trainers, if all is gained: {show(most // count)}"
        for count in counts
    ]
    if terms.participants > terms.slots:
        lines.append(
            f"  A round takes {terms.slots} of up to {terms.participants}: everybody in turn."
        )
    lines += [
        f"A trainer stakes {show(terms.trainer_stake)}. It comes back when the project ends, or "
        f"{span(terms.exit_seconds)} after leaving.",
        "It is lost to whoever commits and does not reveal; "
        f"{show(terms.challenge_bond)} of it to whoever does not publish a delta that the "
        "aggregator says it cannot have. Not taking part, or leaving before a commit, costs "
        "nothing.",
        "Work can be unpaid: where it gains nothing, is left out, or its round is never settled. "
        "Each join, commit and reveal costs gas.",
        f"An aggregator stakes {show(terms.aggregator_stake)}, earns "
        f"{show(terms.aggregator_fee)} a round, and loses the stake with a missed settlement.",
    ]
    return lines


def time(offered: Offered) -> list[str]:
    """The windows, as lengths."""
    terms = offered.terms
    usual = (terms.commit_seconds, terms.reveal_seconds, terms.settle_seconds)
    measuring = terms.measure_seconds + terms.contest_seconds
    whole = terms.rounds * sum(usual) + (terms.rounds + 1) * measuring
    last = ""
    if offered.state.phase is Phase.JOINING:
        last = f", by {moment(offered.state.deadline + whole)} if it opens when joining ends"
    return [
        f"Joining takes {span(terms.join_seconds)}, or until {terms.participants} have joined.",
        f"A round: {span(usual[0])} to train and commit, {span(usual[1])} to reveal, "
        f"{span(usual[2])} to settle; {span(terms.answer_seconds)} more for challenged deltas.",
        *(
            [
                f"Before each round and after the last: {span(terms.measure_seconds)} to measure, "
                f"{span(terms.contest_seconds)} to contest."
            ]
            if terms.is_measured
            else []
        ),
        f"{counted(terms.rounds, 'round')}, so at most {span(whole)} without retries{last}.",
        f"A round that fails is opened again up to {counted(terms.max_retries, 'time')}.",
        *(
            [f"If the arbiters are asked, it takes {span(terms.audit_seconds)} more at most."]
            if terms.arbiters
            else []
        ),
    ]


def people(offered: Offered) -> list[str]:
    """Who serves, and who may join."""
    terms, state, show = offered.terms, offered.state, offered.currency.show
    lines = [f"Owner: {terms.owner}"]
    for account in terms.aggregators:
        stake = offered.stakes.get(account, 0)
        role = "holds the office" if account == state.aggregator else "stands by"
        said = f"{role}, with {show(stake)} at stake" if stake else "has no stake"
        lines.append(f"Aggregator: {account}, {said}")
    if state.aggregator == NOBODY and not state.phase.closed:
        lines.append("Nobody serves yet: rounds open only when an aggregator has staked.")
    lines.append(
        f"Up to {terms.participants} trainers may join, {state.active} are active; rounds have "
        f"{terms.slots} places and need {terms.quorum} who commit."
    )
    if any(terms.invited):
        return [*lines, f"Only invited accounts may join: list 0x{terms.invited.hex()}."]
    return [*lines, "Anybody may join.", *copies(terms, offered.currency)]


def copies(terms: Terms, currency: Currency) -> list[str]:
    """What joining under several names is worth, and costs."""
    cases = measured_up_to(terms.slots)
    if not cases:
        return []
    return [
        f"One trainer under several names is paid for each: beside seven as good as it, it would "
        f"take {FAIR_PERCENT:g} % under one name, and took",
        *(
            f"  {case.copies} names: {case.alike} % ({case.unlike} % with unlike data), for "
            f"{currency.show(case.copies * terms.trainer_stake)} at stake"
            for case in cases
        ),
    ]


def _short(text: str) -> str:
    return text if len(text) <= _TEXT else text[: _TEXT - 3] + "..."
