"""The rounds and the real proofs that the corpus is made of."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from circuits.shape import DELTA_BOUND, FoldedShape
from market.errors import ProofError
from tests.folding import FoldedRound
from tests.forgeries.circuits import with_table_from, without_range_check
from tests.forgeries.prover import (
    ROOT_OF_MINUS_ONE,
    Attempt,
    Lies,
    Witness,
    attempt,
    inverse,
    late_salt,
    shifted,
)
from zk.field import R
from zk.keys import Keys, circuit_logrows, derive_keys
from zk.srs import development_srs

SHAPE = FoldedShape(slots=3, features=4, classes=2)
SLOTS = 3

OUT_OF_RANGE = {
    "one above the table": 2**15,
    "one below the table": -DELTA_BOUND - 1,
    "2**120": 2**120,
    "half the field": R // 2,
    "a root of -1": ROOT_OF_MINUS_ONE,
}


@dataclass(frozen=True)
class Scene:
    """Honest rounds, and what liars prove.

    Args:
        honest: a round of three deltas.
        following: the next round from the mean of its deltas, honestly proven.
        true: other rounds that are proven honestly, by what a liar would pass them off as.
        false: proofs of false claims about the honest round, or about rounds of entries out of
            range; each verifies with its own public outputs under the honest keys.
        foreign: keys and honest proofs of other circuits.
    """

    keys: Keys
    honest: Attempt
    following: Attempt
    true: dict[str, Attempt] = field(default_factory=dict)
    false: dict[str, Attempt] = field(default_factory=dict)
    foreign: dict[str, tuple[Keys, Attempt]] = field(default_factory=dict)


def play() -> Scene:
    """Makes all of it (minutes; from the cache at once).

    Raises:
        ProofError: the engine failed where it should not have.
    """
    keys = derive_keys(SHAPE, development_srs(circuit_logrows(SHAPE)))
    first = FoldedRound.draw(keys, SLOTS)
    with ThreadPoolExecutor(2) as pool:
        jobs: dict[tuple[str, str], Callable[[], Attempt]] = {
            ("honest", "round"): lambda: attempt(first),
            ("following", "round"): lambda: attempt(_next(first)),
            **{("true", name): _honestly(round) for name, round in _others(first).items()},
            **{("false", name): make for name, make in _lies(first).items()},
        }
        made = {name: pool.submit(job) for name, job in jobs.items()}
        foreign = {name: (other, make()) for name, (other, make) in _foreign(first).items()}
        found: dict[str, dict[str, Attempt]] = {}
        for (group, name), future in made.items():
            found.setdefault(group, {})[name] = future.result()
    return Scene(
        keys,
        found["honest"]["round"],
        found["following"]["round"],
        found["true"],
        found["false"],
        foreign,
    )


def unchecked_rounds(first: FoldedRound) -> dict[str, FoldedRound]:
    """The first round with a delta whose entries are out of range, in several ways."""
    rounds = {}
    for name, value in OUT_OF_RANGE.items():
        rounds[name] = _with_first(first, [value, *first.deltas[0][1:]])
    huge = 2**130
    isotropic = [huge, huge * ROOT_OF_MINUS_ONE % R, *[0] * (SHAPE.vector_length - 2)]
    rounds["a huge vector of norm zero"] = _with_first(first, isotropic)
    return rounds


def _honestly(round: FoldedRound) -> Callable[[], Attempt]:
    return lambda: attempt(round)


def _next(first: FoldedRound) -> FoldedRound:
    """From the model after the mean of the deltas, in units of lcm(1, 2, 3), with new deltas."""
    model = [w + 2 * sum(column) for w, *column in zip(first.model, *first.deltas, strict=True)]
    fresh = FoldedRound.draw(first.keys, SLOTS, seed=1)
    return FoldedRound.of(first.keys, first.statistics, model, fresh.deltas)


def _others(first: FoldedRound) -> dict[str, FoldedRound]:
    a, b, c = first.deltas
    keys, statistics, model = first.keys, first.statistics, first.model
    favourable = FoldedRound.draw(keys, SLOTS, seed=2).statistics
    return {
        "permuted trainers": FoldedRound.of(keys, statistics, model, [b, a, c]),
        "a repeated trainer": FoldedRound.of(keys, statistics, model, [a, a, c]),
        "fewer trainers": FoldedRound.of(keys, statistics, model, [a, b]),
        "another validation set": FoldedRound.of(keys, favourable, model, [a, b, c]),
        "the deltas of the next round": replace(
            FoldedRound.of(keys, statistics, model, _next(first).deltas)
        ),
    }


def _with_first(first: FoldedRound, delta: list[int]) -> FoldedRound:
    deltas = [delta, *first.deltas[1:]]
    return FoldedRound.of(first.keys, first.statistics, first.model, deltas)


def _lies(first: FoldedRound) -> dict[str, Callable[[], Attempt]]:
    keys = first.keys
    true = [claim % R for claim in first.claims]
    more_norm = _plus_one(true, len(true) - 6)  # K_11
    more_utility = _plus_one(true, 0)  # P_00
    other = list(shifted(first, keys))
    other[SHAPE.vector_length] += 1
    return {
        "first challenge 0": lambda: attempt(first, more_norm, Lies(gamma=0)),
        "second challenge 0": lambda: attempt(
            first, more_utility, Lies(curved=_bent(first_entry=False), delta=0)
        ),
        "other entries": lambda: attempt(first, true, Lies(entries=other)),
        "another curvature": lambda: attempt(
            first, more_utility, Lies(curved=_bent(first_entry=True))
        ),
        "curvature after its challenge": lambda: attempt(
            first, more_utility, Lies(late=_bent_unseen)
        ),
        "another combination": lambda: attempt(first, more_norm, Lies(combination=_lengthened)),
        "a claim K above the order": lambda: attempt(first, _wrapped(true, len(true) - 6)),
        "a claim P above the order": lambda: attempt(first, _wrapped(true, 0)),
        "a claim q above the order": lambda: attempt(first, _wrapped(true, 10)),
        **{
            f"entries after their challenge: {name}": _late(first, round)
            for name, round in unchecked_rounds(first).items()
        },
    }


def _late(first: FoldedRound, round: FoldedRound) -> Callable[[], Attempt]:
    """A holds entries in range; its salts are chosen when both challenges are known."""
    entries = shifted(first, first.keys)
    late = Lies(entries=entries, late=lambda drawn: late_salt(drawn, SHAPE))
    return lambda: attempt(round, None, late)


def _foreign(first: FoldedRound) -> dict[str, tuple[Keys, Callable[[], Attempt]]]:
    keys = first.keys
    larger = FoldedShape(SHAPE.slots + 1, SHAPE.features, SHAPE.classes)
    more_slots = derive_keys(larger, keys.srs)
    unchecked = without_range_check(keys)
    moved = with_table_from(keys, DELTA_BOUND)
    positive = [[abs(entry) for entry in delta] for delta in first.deltas]
    positive[0][0] = 20_000
    above = FoldedRound.of(keys, first.statistics, first.model, positive)
    found: dict[str, tuple[Keys, Callable[[], Attempt]]] = {
        "more slots": (more_slots, lambda: attempt(first, keys=more_slots)),
        "no range check": (unchecked, lambda: attempt(first, keys=unchecked)),
        "another table": (moved, lambda: attempt(above, keys=moved)),
    }
    for name, round in unchecked_rounds(first).items():
        found[f"no range check: {name}"] = (unchecked, _in(round, unchecked))
    return found


def _in(round: FoldedRound, keys: Keys) -> Callable[[], Attempt]:
    return lambda: attempt(round, keys=keys)


def engine_attempts(first: FoldedRound) -> dict[str, Attempt]:
    """What the engine makes of entries out of range: often nothing, else no valid proof."""
    found = {}
    for name, round in unchecked_rounds(first).items():
        try:
            found[name] = attempt(round)
        except ProofError:
            continue
    return found


def _plus_one(words: list[int], index: int) -> list[int]:
    return [word + (i == index) for i, word in enumerate(words)]


def _wrapped(words: list[int], index: int) -> list[int]:
    return [word + R * (i == index) for i, word in enumerate(words)]


def _bent(first_entry: bool) -> Callable[[Witness], Witness]:
    """Y with <R, Y> one u_0**2 larger, as P_00 is claimed to be."""

    def bend(drawn: Witness) -> Witness:
        place, curved = int(not first_entry), list(drawn.curved)
        curved[place] += drawn.gamma**2 * inverse(drawn.combination[place]) % R
        return replace(drawn, curved=curved)

    return bend


def _bent_unseen(drawn: Witness) -> Witness:
    """The same, with a change of Y that is orthogonal to v."""
    a, b = drawn.combination[:2]
    second = drawn.gamma**2 * inverse(b - drawn.delta * a) % R
    curved = list(drawn.curved)
    curved[0] -= drawn.delta * second % R
    curved[1] += second
    return replace(drawn, curved=curved)


def _lengthened(drawn: Witness) -> Witness:
    """R moved along a direction of norm zero until <R - u_0 w, R - u_0 w> is u_1**2 larger."""
    length = SHAPE.vector_length
    w, combination = drawn.entries[:length], list(drawn.combination)
    a, b = (combination[i] - drawn.gamma * w[i] for i in range(2))
    u1 = drawn.gamma**2 % R
    step = u1**2 * inverse(2 * (a + ROOT_OF_MINUS_ONE * b)) % R
    combination[0] += step
    combination[1] += step * ROOT_OF_MINUS_ONE % R
    return replace(drawn, combination=combination)
