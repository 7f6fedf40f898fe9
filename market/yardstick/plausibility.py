"""What rows look like that a yardstick is made of: signs of labels drawn by lot, or of few rows.

None of it proves anything. It is what a person reads who has to say whether rows are what they are
said to be.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FOLDS = 5
SHUFFLES = 39
_SEED = 20_260_301
_MANY = 0.05
"""Of the rows: from there on repeated and contradicting ones are mentioned as doubts."""
_BY_LOT = 0.05


@dataclass(frozen=True)
class Plausibility:
    """Figures about t rows.

    Args:
        rows: t.
        smallest: rows of the rarest class.
        largest: rows of the most frequent one.
        repeated: rows whose features stand in an earlier one.
        contradicting: rows whose features stand in another row with another label.
        heaviest: part of the squared length of all scaled rows that the longest hundredth has.
        accuracy: of least squares on rows it was not fitted to, `FOLDS`-fold.
        explained: part of the squared loss of the class shares that it removes; below 0 where it
            does harm.
        as_well: of `SHUFFLES` shufflings of the labels, how many are predicted as well.
    """

    rows: int
    smallest: int
    largest: int
    repeated: int
    contradicting: int
    heaviest: float
    accuracy: float
    explained: float
    as_well: int

    @property
    def chance(self) -> float:
        """The accuracy of always saying the most frequent class."""
        return self.largest / self.rows

    @property
    def by_lot(self) -> float:
        """How often labels drawn by lot would be predicted as well."""
        return (1 + self.as_well) / (1 + SHUFFLES)

    @property
    def doubts(self) -> tuple[str, ...]:
        """What a person should look at before saying that the rows are sound."""
        many = _MANY * self.rows
        return tuple(
            text
            for found, text in (
                (
                    self.by_lot > _BY_LOT,
                    f"no model predicts the labels better than labels drawn by lot: "
                    f"{self.as_well} of {SHUFFLES} shufflings do as well",
                ),
                (self.smallest == 0, "a class has no rows"),
                (self.repeated > many, f"{self.repeated} rows repeat others"),
                (
                    self.contradicting > many,
                    f"{self.contradicting} rows have the features of a row with another label",
                ),
                (
                    self.heaviest > 0.5,
                    "one row in a hundred outweighs all others: the rest hardly counts",
                ),
            )
            if found
        )


def look_at(
    design: npt.NDArray[np.float64], y: npt.NDArray[np.int64], classes: int
) -> Plausibility:
    """Figures about rows.

    Args:
        design: (t, F) scaled rows whose last column is the bias.
        y: (t,) labels in [0, classes).
        classes: C.
    """
    X = design[:, :-1]
    counts = np.bincount(y, minlength=classes)
    generator = np.random.default_rng(_SEED)
    order = generator.permutation(len(y))
    labels = [y, *(generator.permutation(y) for _ in range(SHUFFLES))]
    hits, losses, null = _cross_validated(X, labels, classes, order)
    _, group = np.unique(X, axis=0, return_inverse=True)
    group = group.reshape(-1)
    first = np.full(group.max() + 1, -1)
    mixed = np.zeros(group.max() + 1, dtype=bool)
    for each, label in zip(group, y, strict=True):
        if first[each] < 0:
            first[each] = label
        mixed[each] |= first[each] != label
    lengths = np.sort((X**2).sum(axis=1))[::-1]
    heaviest = lengths[: -(-len(y) // 100)].sum()
    return Plausibility(
        rows=len(y),
        smallest=int(counts.min()),
        largest=int(counts.max()),
        repeated=int(len(y) - len(first)),
        contradicting=int(mixed[group].sum()),
        heaviest=float(heaviest / lengths.sum()) if lengths.any() else 0.0,
        accuracy=hits / len(y),
        explained=1.0 - losses[0] / null if null > 0 else 0.0,
        as_well=sum(loss <= losses[0] for loss in losses[1:]),
    )


def _cross_validated(
    X: npt.NDArray[np.float64],
    labelings: list[npt.NDArray[np.int64]],
    classes: int,
    order: npt.NDArray[np.int64],
) -> tuple[int, list[float], float]:
    """Of ridge regression on one-hot targets: hits of the first labeling, each one's squared loss,
    and the first's where only class shares are predicted.

    The penalty is the mean squared length of a row, so that fewer rows than features do no harm.
    """
    hits, null = 0, 0.0
    losses = [0.0] * len(labelings)
    targets = [np.eye(classes)[y] for y in labelings]
    for held in np.array_split(order, min(FOLDS, len(order))):
        fitted = np.setdiff1d(order, held)
        if len(fitted) == 0:
            fitted = held
        centre = X[fitted].mean(axis=0)
        inside, outside = X[fitted] - centre, X[held] - centre
        moments = inside.T @ inside
        penalty = max(float(np.trace(moments)) / len(fitted), 1e-12)
        moments[np.diag_indices_from(moments)] += penalty
        hat = np.linalg.solve(moments, outside.T).T
        for number, target in enumerate(targets):
            share = target[fitted].mean(axis=0)
            # The right product first: a matrix of all held by all fitted rows would be huge.
            said = share + hat @ (inside.T @ (target[fitted] - share))
            losses[number] += float(((target[held] - said) ** 2).sum())
            if number == 0:
                hits += int((said.argmax(axis=1) == labelings[0][held]).sum())
                null += float(((target[held] - share) ** 2).sum())
    return hits, losses, null
