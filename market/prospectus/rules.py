"""The rules of a project as sentences."""

from __future__ import annotations

from market.chain.terms import NEVER, Terms
from market.contribution.grid import Grid
from market.contribution.lowrank import STATS_BITS
from market.game import Payment, Scoring, Selection, Step
from market.game.purse import BASIS_POINTS

_SELECTIONS = {
    Selection.MULTI_KRUM: (
        "Left out of a round: at most {f} deltas, of those that are least like the others, and "
        "only if they stand out."
    ),
    Selection.PROVEN_VALUE: (
        "Left out of a round: whoever's delta makes the model worse on the validation rows, beyond "
        "three standard errors."
    ),
}
_STEPS = {
    Step.MEAN: "The model moves by the mean of the deltas that are left.",
    Step.EXACT: (
        "The model moves as far along the deltas that are left as the validation rows say is best, "
        "and not at all where no way is better. Deltas longer than usual are shortened first."
    ),
    Step.BOUNDED: (
        "The model moves as far along the deltas that are left as the validation rows say is best, "
        "but no further than the mean of those that surely gain. Deltas longer than usual are "
        "shortened first."
    ),
}
_SCORINGS = {
    Scoring.SHAPLEY: (
        "A score is a Shapley value: what a trainer adds to the mean of others, over all groups of "
        "them."
    ),
    Scoring.LEAVE_ONE_OUT: "A score is what the round would have gained less without the trainer.",
    Scoring.IN_RUN: (
        "A score is a trainer's part of the gain of the step that was made: its Shapley value "
        "where nobody's absence changes the others' weights."
    ),
}


_DOUBT = (
    "Where standard errors take more than half of all scores above 0, the whole scores are paid; "
    "by gain when the project ends.",
)


def rule_sentences(terms: Terms) -> tuple[str, ...]:
    """Who is left out, how the model moves, what is scored, what a score is paid."""
    scoring = Scoring(terms.scoring)
    sure = scoring == Scoring.IN_RUN or (
        scoring == Scoring.LEAVE_ONE_OUT and terms.step != Step.MEAN
    )
    paid = "Paid is what a score is above its standard error" if sure else "Paid are scores above 0"
    return (
        _SELECTIONS[Selection(terms.selection)].format(f=terms.byzantine),
        _STEPS[Step(terms.step)],
        _SCORINGS[scoring],
        f"{paid}, at most twice an equal share of the pot.",
        *(_DOUBT if sure else ()),
        *_payment(terms),
        *_ends(terms),
    )


def unit_of(terms: Terms) -> int:
    """What of the integer utility is 1: a loss of 1, or the targets' mean square."""
    if terms.is_measured:
        return Grid(terms.slots, stats_bits=STATS_BITS, moves=Step.BOUNDED).utility_unit
    return terms.energy


def explained(terms: Terms, utility: int) -> str:
    """A utility as part of the targets' mean square, 100 % is a model without a residual; or as
    what a measured loss falls by."""
    if terms.is_measured:
        return f"{utility / unit_of(terms):.4g}"
    return f"{100 * utility / terms.energy:.1f} %" if terms.energy else str(utility)


def _of_what(terms: Terms) -> str:
    return "in the loss" if terms.is_measured else "of the squared targets"


def percent(basis_points: int) -> str:
    """500 as '5 %'."""
    return f"{basis_points / 100:g} %"


def _payment(terms: Terms) -> tuple[str, ...]:
    evenly = (
        f"Attendance is {percent(terms.attendance_bps)} of the budget, evenly over the rounds and "
        "over those whose score counts; over all who were not left out, where the model did not "
        "move."
    )
    if terms.payment == Payment.PER_ROUND:
        return ("Every round pays an equal part of the budget, whatever it gained.", evenly)
    at_once: tuple[str, ...] = ()
    if terms.pot_cap_bps != BASIS_POINTS:
        at_once = (
            f"One round pays at most {percent(terms.pot_cap_bps)} of the budget by gain; what is "
            "above is owed until the end, to those who earned it. The aggregators' stakes do not "
            "cover it: never settling such a round can cost them less than it gained.",
        )
    return (
        f"The budget is meant for a gain of {explained(terms, terms.expected_gain)} "
        f"{_of_what(terms)}. So much of it as the best model reached is paid; what was not gained "
        "returns to the owner.",
        *at_once,
        evenly,
    )


def _ends(terms: Terms) -> tuple[str, ...]:
    sentences = []
    if terms.target_utility != NEVER:
        sentences.append(
            f"A utility of {explained(terms, terms.target_utility)} {_of_what(terms)} ends "
            "the project early."
        )
    if terms.decay_bps != BASIS_POINTS:
        little = f"less than {explained(terms, terms.minimum_gain)}"
        sentences.append(
            f"A round that gains {little if terms.minimum_gain > 0 else 'too little'} leaves "
            f"{percent(terms.decay_bps)} of the learning rate."
        )
    return tuple(sentences)
