"""Rules with their options filled in, for strategies and simulations: `multi_krum(f=2)`.

A rule is called once a round with the deltas and the `Round`. Most only look at the deltas; those
that remember or need to train are objects that keep what they need between rounds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

import numpy as np
import numpy.typing as npt

from market import robust
from market.errors import InputError
from market.robust.aggregate import Aggregate, Floats, check_deltas


@dataclass(frozen=True)
class Round:
    """What a rule may know of a round besides the deltas.

    Args:
        weights: (d,) the global weights that the deltas start from.
        clients: (n,) who sent each row; any integers that stay the same over rounds.
        number: of the round.
    """

    weights: Floats
    clients: tuple[int, ...]
    number: int = 0


class Rule(Protocol):
    """Turns the deltas of a round, (n, d), into one.

    Raises:
        InputError: the deltas break a precondition of the rule.
    """

    def __call__(self, deltas: npt.ArrayLike, round: Round) -> Aggregate: ...


@dataclass(frozen=True)
class Stateless:
    """A rule that is a function of the deltas alone."""

    name: str
    function: Callable[[npt.ArrayLike], Aggregate]

    def __call__(self, deltas: npt.ArrayLike, round: Round) -> Aggregate:  # noqa: ARG002
        return self.function(deltas)


@dataclass
class CentredClipping:
    """Centred clipping around the aggregate of the round before."""

    radius: float | None = None
    iterations: int = 5
    centre: Floats | None = None

    def __call__(self, deltas: npt.ArrayLike, round: Round) -> Aggregate:  # noqa: ARG002
        aggregate = robust.centred_clipping(deltas, self.centre, self.radius, self.iterations)
        self.centre = aggregate.delta
        return aggregate


@dataclass
class FLTrust:
    """FLTrust; `train` makes the server's own delta, (d,), from the round's global weights."""

    train: Callable[[Floats], npt.ArrayLike]

    def __call__(self, deltas: npt.ArrayLike, round: Round) -> Aggregate:
        # A copy: who trains in place would move the very weights that the round goes on from.
        return robust.fltrust(deltas, self.train(round.weights.copy()))


@dataclass
class ProvenValue:
    """Selection by value; `measure` says what the server's rows tell of a round's deltas."""

    measure: Callable[[Floats, Floats], robust.Measured]
    extrapolate: bool = False

    def __call__(self, deltas: npt.ArrayLike, round: Round) -> Aggregate:
        rows = check_deltas(deltas)
        measured = self.measure(round.weights.copy(), rows)
        return robust.proven_value(rows, measured, self.extrapolate)


@dataclass
class FoolsGold:
    """FoolsGold, remembering what each client has sent; O(d) memory a client."""

    confidence: float = 1.0
    history: dict[int, Floats] = field(default_factory=dict, repr=False)

    def __call__(self, deltas: npt.ArrayLike, round: Round) -> Aggregate:
        rows = check_deltas(deltas)
        if len(round.clients) != len(rows) or len(set(round.clients)) != len(rows):
            raise InputError(f"{len(rows)} deltas need as many different clients")
        zero = np.zeros(rows.shape[1])
        earlier = np.stack([self.history.get(client, zero) for client in round.clients])
        aggregate, total = robust.foolsgold(rows, earlier, self.confidence)
        self.history.update(zip(round.clients, total, strict=True))
        return aggregate


@dataclass(frozen=True)
class Flame:
    """FLAME, with fresh noise every round."""

    noise: float = 0.0
    seed: int = 0

    def __call__(self, deltas: npt.ArrayLike, round: Round) -> Aggregate:
        return robust.flame(deltas, self.noise, self.seed + round.number)


def mean() -> Rule:
    """`market.robust.mean`."""
    return Stateless("mean", robust.mean)


def krum(f: int) -> Rule:
    """`market.robust.krum`."""
    return Stateless(f"krum(f={f})", partial(robust.krum, f=f))


def multi_krum(f: int, select: int | None = None) -> Rule:
    """`market.robust.multi_krum`."""
    return Stateless(f"multi-krum(f={f})", partial(robust.multi_krum, f=f, select=select))


def bulyan(f: int) -> Rule:
    """`market.robust.bulyan`."""
    return Stateless(f"bulyan(f={f})", partial(robust.bulyan, f=f))


def coordinate_median() -> Rule:
    """`market.robust.coordinate_median`."""
    return Stateless("coordinate-median", robust.coordinate_median)


def trimmed_mean(f: int) -> Rule:
    """`market.robust.trimmed_mean`."""
    return Stateless(f"trimmed-mean(f={f})", partial(robust.trimmed_mean, f=f))


def geometric_median() -> Rule:
    """`market.robust.geometric_median`."""
    return Stateless("geometric-median", robust.geometric_median)


def norm_clipping(bound: float | None = None) -> Rule:
    """`market.robust.norm_clipping`."""
    return Stateless("norm-clipping", partial(robust.norm_clipping, bound=bound))


def centred_clipping(radius: float | None = None, iterations: int = 5) -> Rule:
    """`market.robust.centred_clipping` around the aggregate of the round before."""
    return CentredClipping(radius, iterations)


def fltrust(train: Callable[[Floats], npt.ArrayLike]) -> Rule:
    """`market.robust.fltrust`; `train` makes the server's delta from the global weights, (d,)."""
    return FLTrust(train)


def proven_value(
    measure: Callable[[Floats, Floats], robust.Measured], extrapolate: bool = False
) -> Rule:
    """`market.robust.proven_value`; `measure` is a `market.utility.RootRows`, or another function
    of the global weights (d,) and the deltas (n, d)."""
    return ProvenValue(measure, extrapolate)


def three_sigma(deviations: float = 3.0) -> Rule:
    """`market.robust.three_sigma`."""
    return Stateless("three-sigma", partial(robust.three_sigma, deviations=deviations))


def foolsgold(confidence: float = 1.0) -> Rule:
    """`market.robust.foolsgold`, with the history of each client."""
    return FoolsGold(confidence)


def flame(noise: float = 0.0, seed: int = 0) -> Rule:
    """`market.robust.flame`."""
    return Flame(noise, seed)


RULES: Mapping[str, Callable[[int], Rule]] = {
    "mean": lambda _f: mean(),
    "krum": krum,
    "multi-krum": multi_krum,
    "bulyan": bulyan,
    "coordinate-median": lambda _f: coordinate_median(),
    "trimmed-mean": trimmed_mean,
    "geometric-median": lambda _f: geometric_median(),
    "norm-clipping": lambda _f: norm_clipping(),
    "centred-clipping": lambda _f: centred_clipping(),
    "three-sigma": lambda _f: three_sigma(),
    "foolsgold": lambda _f: foolsgold(),
    "flame": lambda _f: flame(),
}
"""By name, each a fresh rule that expects f attackers. FLTrust and selection by proven value are
not here: they need data."""


def rule_named(name: str, f: int) -> Rule:
    """A fresh rule of that name with its default options, expecting f attackers.

    Raises:
        InputError: there is none of that name.
    """
    if name not in RULES:
        raise InputError(f"no rule {name!r}", f"choose one of {', '.join(RULES)}")
    return RULES[name](f)
