"""The rules that a project chooses among, as terms number them, and all that a verdict needs."""

from __future__ import annotations

from dataclasses import dataclass

from market.choice import Choice
from market.contribution.grid import Step, lattice_of
from market.errors import InputError
from market.game.purse import Purse


class Scoring(Choice):
    """What a trainer's score is."""

    SHAPLEY = 0, "exact-shapley"
    LEAVE_ONE_OUT = 1, "leave-one-out"
    IN_RUN = 2, "in-run"

    @property
    def title(self) -> str:
        """For people."""
        return ("Shapley value", "leave-one-out score", "in-run Shapley value")[self]


class Selection(Choice):
    """Whose deltas are left out."""

    MULTI_KRUM = 0, "multi-krum"
    PROVEN_VALUE = 1, "proven-value"


@dataclass(frozen=True)
class Yardstick:
    """What a round is measured with.

    Args:
        rows: s, of the validation set.
        outputs: C, of the model.
        entries: of a delta; how far rounding can take the diagonal of G below zero.
        energy: mean |y|^2 of the rows, in units of the integer utility.

    Raises:
        InputError: no rows or no outputs.
    """

    rows: int
    outputs: int
    entries: int
    energy: int

    def __post_init__(self) -> None:
        if min(self.rows, self.outputs) < 1:
            raise InputError("a yardstick has at least one row and one output")


@dataclass(frozen=True)
class Rule:
    """Everything that a verdict follows from, besides the round itself.

    Args:
        slots: most trainers of a round.
        scoring: what a score is.
        selection: whose deltas are left out.
        step: how the model moves.
        byzantine: f of multi-Krum.
        yardstick: what the round is measured with.
        purse: the money.

    Raises:
        InputError: Shapley values of the mean game with another step than the mean.
    """

    slots: int
    scoring: Scoring
    selection: Selection
    step: Step
    byzantine: int
    yardstick: Yardstick
    purse: Purse

    def __post_init__(self) -> None:
        check_step(self.scoring, self.step)

    @property
    def lattice(self) -> int:
        """L of the project's grid."""
        return lattice_of(self.slots, self.step)

    @property
    def values_means(self) -> bool:
        """Whether coalitions are valued by their mean, which shares weights out anew."""
        return self.step == Step.MEAN and self.scoring != Scoring.IN_RUN

    @property
    def fewest(self) -> int:
        """Trainers that the scoring has a meaning for."""
        if not self.values_means:
            return 1
        return 3 if self.scoring == Scoring.SHAPLEY else 2


def check_step(scoring: Scoring, step: Step) -> None:
    """Refuses a scoring that has no meaning with a step.

    Raises:
        InputError: names both, and what goes together.
    """
    if scoring == Scoring.SHAPLEY and step != Step.MEAN:
        raise InputError(
            f'contribution = "{scoring.method}" values the mean of coalitions, '
            f'and step = "{step.method}" moves the model by another',
            'choose step = "mean" with it, or contribution = "in-run"',
        )
