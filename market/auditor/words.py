"""One paragraph on a payout that needs no arithmetic to be understood."""

from __future__ import annotations

from fractions import Fraction

from market.auditor.arithmetic import Arithmetic
from market.auditor.explanation import Explanation, GivenUp, Outcome
from market.game import Scoring, Selection
from market.game.clipping import ONE
from market.game.proven_value import Z
from market.specification.amounts import Currency

_ORDINALS = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
]
_NUMBERS = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]


def paragraph(found: Explanation, currency: Currency, unit: int) -> str:
    """The explanation in words.

    Args:
        currency: of the project's money.
        unit: what stands for 1.0 in a utility. The validation loss is half the mean squared error,
            and falls by half of what the utility rises.
    """
    sentences = []
    if found.given_up is not None:
        sentences += _given_up(found, found.given_up, currency)
    elif found.arithmetic is not None:
        sentences += _settled(found.outcome, found.arithmetic, currency, unit)
    else:
        sentences.append(_absent(found, currency))
    if found.compensation:
        sentences.append(
            f"Beside that it had {currency.show(found.compensation)} of what others forfeited."
        )
    if found.slashed:
        sentences.append(f"It lost {currency.show(found.slashed)} of its stake.")
    return " ".join(sentences)


def _settled(outcome: Outcome, a: Arithmetic, currency: Currency, unit: int) -> list[str]:
    if outcome is Outcome.DROPPED:
        return [_dropped(a)]
    if outcome is Outcome.OUTLIER:
        return [_outlier(a)]
    sentences = [_share(a, currency)]
    if a.game.K[a.slot][a.slot] == 0:
        sentences.append("Its delta was zero, which adds nothing.")
    elif not a.moved:
        sentences.append("The model did not move: no step along the deltas improves it.")
    else:
        sentences += _value(a, unit)
    if a.attendance_share:
        who = "whose part is likely" if a.moved else "in the round"
        sentences.append(
            f"Attendance added {currency.show(a.attendance_share)}, as to all "
            f"{number(a.attending)} {who}."
        )
    sentences += _length(a)
    if a.held_back:
        why = "" if a.waits else ", which one pot could not hold,"
        sentences.append(
            f"About {currency.show(a.held_back)} of its part of the gain{why} are owed until the "
            "end."
        )
    return sentences


def _share(a: Arithmetic, currency: Currency) -> str:
    pot = a.booked.pot.pot
    if a.pot_share:
        place, count = a.rank
        share = percent(Fraction(a.pot_share, pot))
        return f"{share} of the round's pot: {ordinal(place)} of {number(count)}."
    if pot == 0 and a.is_per_gain:
        if a.booked.pot.best > a.verdict.utility_after or a.gain <= 0:
            return "The round had no pot: the model is no better than the best one before it."
        return "The round had no pot: all the gain that was expected had been reached."
    if a.waits:
        return (
            f"Nothing yet of a pot of {currency.show(pot)}: too little is sure of whose the gain "
            "is."
        )
    return f"Nothing of a pot of {currency.show(pot)}."


def _value(a: Arithmetic, unit: int) -> list[str]:
    value, gain, error = (Fraction(x) / (2 * unit) for x in (a.score, a.gain, a.error))
    if a.rule.scoring == Scoring.LEAVE_ONE_OUT:
        less = "smaller" if value > 0 else "larger"
        sentence = f"Without it the round's gain would have been {less} by {loss(abs(value))}"
        sentence += f", of {loss(gain)} by which the validation loss fell"
    else:
        moved = "lowered" if value > 0 else "raised"
        sentence = f"It {moved} the validation loss by {loss(abs(value))}"
        sentence += f" of the round's {loss(gain)}" if gain > 0 else ""
    if not a.error:
        return [sentence + "."]
    sentence += f"; equal trainers would differ by about {loss(error)} by chance."
    if 0 < value <= error and not a.waits and not a.pot_share:
        return [sentence, "Only what is above that is paid."]
    return [sentence]


def _length(a: Arithmetic) -> list[str]:
    clip = a.clipped[a.slot]
    if clip >= ONE:
        return []
    times = f"{ONE / clip:.1f}" if clip else "many"
    return [f"Its delta was {times} times the reference length and was shortened to it."]


def _dropped(a: Arithmetic) -> str:
    departed = next((each for each in a.departures if each.slot == a.slot), None)
    if departed is None:
        return "Nothing: its delta was left out."
    below = departed.errors_below
    how = f"{below:.1f} standard errors below zero" if departed.error else "below zero for certain"
    return (
        f"Nothing: its delta was left out. Its value lay {how}, "
        f"and beyond {Z} it is not chance that it made the model worse."
    )


def _outlier(a: Arithmetic) -> str:
    ranking = a.krum
    if ranking is None or a.rule.selection != Selection.MULTI_KRUM:
        return "Nothing: its delta was left out."
    median = sorted(ranking.scores)[(len(ranking.scores) - 1) // 2]
    times = f"{ranking.scores[a.slot] / median:.1f}" if median else "many"
    return (
        f"Nothing: its delta was left out. Its squared distance from its peers is {times} times "
        "the median, and beyond 1.5 the furthest are left out."
    )


def _absent(found: Explanation, currency: Currency) -> str:
    if found.outcome is Outcome.FEE:
        return f"It settled the round, for a fee of {currency.show(found.payout)}."
    return _ABSENT.get(found.outcome, f"Here {found.outcome.value}.")


_ABSENT = {
    Outcome.STANDBY: "Nothing: another aggregator settled the round.",
    Outcome.SET_ASIDE: "Nothing: its delta was challenged, and nobody published it in time, "
    "so that it left the round.",
    Outcome.SURPLUS: "Nothing: more revealed than the round has slots, and lot decided against "
    "it. That costs nothing.",
    Outcome.NOT_REVEALED: "Nothing: it committed to a delta and did not reveal it. Anybody may "
    "have it expelled for that.",
    Outcome.NOT_COMMITTED: "Nothing: it did not commit in the opening that was settled. That "
    "costs nothing.",
    Outcome.NOT_DRAWN: "Nothing: more take part than a round has slots, and it was not drawn for "
    "this one. Everybody is drawn in turn.",
    Outcome.SILENT: "Nothing: it had committed in an earlier opening and not revealed, and can "
    "commit no more.",
    Outcome.EXPELLED: "Nothing: it had been expelled.",
    Outcome.LEFT: "Nothing: it had left the project before the round opened.",
    Outcome.PAID: "It was paid, and the proven numbers do not say why.",
    Outcome.NO_CONTRIBUTION: "It was not paid, and the proven numbers do not say why.",
}


def _given_up(found: Explanation, round: GivenUp, currency: Currency) -> list[str]:
    sentences = [f"The round was given up: {round.reason}."]
    forfeited = currency.show(round.forfeited)
    if not round.closed:
        sentences.append(
            f"{forfeited} are forfeited so far, for those whose reveals are opened in time: "
            f"{number(round.claimants)} until now."
        )
    elif round.claimants:
        sentences.append(
            f"{forfeited} were forfeited, in equal parts to the {number(round.claimants)} whose "
            "reveals were opened."
        )
    else:
        sentences.append("Nobody opened a reveal, and what was forfeited went to the owner.")
    if found.outcome is Outcome.SHARED and round.closed:
        sentences.append(f"Its part is {currency.show(found.payout)}.")
    elif found.outcome is Outcome.SHARED:
        sentences.append("Its own is among them.")
    elif round.claimants or not round.closed:
        sentences.append("Its own is not among them.")
    return sentences


def percent(share: Fraction) -> str:
    """A share for people: 31 %, or 0.4 % where it is below one."""
    value = float(100 * share)
    return f"{value:.0f} %" if value >= 1 else f"{value:.1g} %"


def loss(value: Fraction) -> str:
    """A loss for people: four digits after the point, or where it is tiny its leading digits."""
    return f"{float(value):.4f}" if abs(value) >= Fraction(1, 2000) else f"{float(value):.2g}"


def ordinal(place: int) -> str:
    """third, or 11th."""
    if place <= len(_ORDINALS):
        return _ORDINALS[place - 1]
    ending = {1: "st", 2: "nd", 3: "rd"}.get(place % 10 if place % 100 not in (11, 12, 13) else 0)
    return f"{place}{ending or 'th'}"


def number(count: int) -> str:
    """five, or 13."""
    return (
        _NUMBERS[count - 1]
        if 1 <= count <= len(_NUMBERS)
        else "nobody"
        if not count
        else f"{count}"
    )
