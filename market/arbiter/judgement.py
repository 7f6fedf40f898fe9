"""What an arbiter finds out about the rows that a project is measured with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from market.chain.terms import Terms
from market.contribution.statistics import validation_statistics
from market.errors import InputError, StorageError
from market.specification.document import Document
from market.yardstick.agreement import furthest
from market.yardstick.package import RowsPackage
from market.yardstick.plausibility import Plausibility, look_at
from zk.commit import commit
from zk.keys import Keys


class Outcome(Enum):
    """What the checks say."""

    HOLDS = "holds"
    DOUBTFUL = "doubtful"
    REFUTED = "refuted"


@dataclass(frozen=True)
class Check:
    """One thing that must hold of the rows.

    Args:
        text: what.
        holds: whether it does.
        detail: what was found instead.
    """

    text: str
    holds: bool
    detail: str = ""


@dataclass(frozen=True)
class Judgement:
    """Everything that can be computed; whether rows are what they are said to be, a person says.

    Args:
        checks: what the terms promise about the rows.
        plausibility: what the rows look like; None where they cannot be looked at.
    """

    checks: tuple[Check, ...]
    plausibility: Plausibility | None

    @property
    def outcome(self) -> Outcome:
        """Refuted where a check fails; doubtful where a person has to look."""
        if not all(check.holds for check in self.checks):
            return Outcome.REFUTED
        doubts = self.plausibility is None or self.plausibility.doubts
        return Outcome.DOUBTFUL if doubts else Outcome.HOLDS


def check_rows(package: RowsPackage, terms: Terms, document: Document, keys: Keys) -> Judgement:
    """Compares what the owner sealed with what the terms commit to.

    Args:
        package: as it was sealed to the arbiters.
        terms: of the project.
        document: its specification, checked against the terms.
        keys: of its circuit.

    Raises:
        ProofError: the engine failed.
    """
    wide = _equal(
        "their features are those of the specification", package.X.shape[1], document.features
    )
    labelled = Check(
        "their labels are classes of the specification",
        bool(package.y.max() < document.classes),
        f"a label is {package.y.max()} of {document.classes} classes",
    )
    checks = [
        _equal("the rows are those behind rowsRoot", package.root.hex(), terms.rows_root.hex()),
        _equal("their number is that of the terms", len(package.y), terms.rows),
        _equal("the model has as many outputs as classes", document.classes, terms.outputs),
        wide,
        labelled,
        _committed(package.statistics, document.shape.statistics_length, terms, keys),
    ]
    if not (wide.holds and labelled.holds):
        return Judgement(tuple(checks), None)
    design = document.scaling.design(package.X)
    try:
        own = validation_statistics(design, package.y, document.classes, document.grid)
        away = furthest(design, package.y, own, package.statistics, document.shape)
    except (InputError, StorageError) as error:
        checks.append(Check("H and c are those of the rows", False, error.message))
        return Judgement(tuple(checks), None)
    checks += [
        _equal("the targets' energy is that of the terms", own.energy, terms.energy),
        Check(
            "H and c are those of the rows, to what rounding explains",
            away <= 1,
            f"an entry is {away:.3g} times as far away as rounding explains",
        ),
    ]
    return Judgement(tuple(checks), look_at(design, package.y, document.classes))


def unreadable(error: StorageError) -> Judgement:
    """The judgement of a package that is none: what was sealed cannot be judged by anybody."""
    text = "what was sealed to the arbiters is a package of rows"
    return Judgement((Check(text, False, error.message),), None)


def _equal(text: str, found: object, expected: object) -> Check:
    return Check(text, found == expected, f"found {found}, the terms say {expected}")


def _committed(statistics: Sequence[int], length: int, terms: Terms, keys: Keys) -> Check:
    text = "the statistics are those that the terms commit to"
    if len(statistics) != length:
        return Check(text, False, f"there are {len(statistics)} entries")
    return _equal(text, commit(list(statistics), keys), terms.statistics)
