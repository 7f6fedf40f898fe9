"""The rounds and the real proofs that the corpus of the low-rank statement is made of."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from circuits.lowrank_shape import LowRankShape
from circuits.shape import DELTA_BOUND, FoldedShape
from market.errors import ProofError
from tests.folding import FoldedRound
from tests.forgeries.circuits import with_table_from, without_range_check
from tests.forgeries.forgery import Claimed
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
from tests.forgeries.scene import Scene
from zk.field import R
from zk.keys import Keys, circuit_logrows, derive_keys
from zk.srs import development_srs

SHAPE = LowRankShape(slots=3, features=6, rank=4)
SLOTS = SHAPE.slots
OTHER_MODELS = ("a model that is not zero", "a salt for a model", "a model that is left out")


def play() -> Scene:
    """Makes all of it (minutes; from the cache at once).

    Raises:
        ProofError: the engine failed where it should not have.
    """
    keys = derive_keys(SHAPE, development_srs(circuit_logrows(SHAPE)))
    first = FoldedRound.draw(keys, SLOTS)
    fresh = FoldedRound.draw(keys, SLOTS, seed=1)
    following = FoldedRound.of(keys, first.statistics, first.model, fresh.deltas)
    favourable = FoldedRound.draw(keys, SLOTS, seed=2).statistics
    others = {
        "permuted trainers": _with(first, deltas=[first.deltas[i] for i in (1, 0, 2)]),
        "another yardstick": _with(first, statistics=favourable),
    }
    with ThreadPoolExecutor(2) as pool:
        true = {name: pool.submit(attempt, round) for name, round in others.items()}
        false = {name: pool.submit(make) for name, make in _lies(first).items()}
        honest, next_one = pool.submit(attempt, first), pool.submit(attempt, following)
        return Scene(
            keys,
            honest.result(),
            next_one.result(),
            {name: made.result() for name, made in true.items()},
            {name: made.result() for name, made in false.items()},
            _foreign(first),
        )


def low_rank(scene: Scene) -> Iterator[Claimed]:
    """Forgeries that only this statement has: of a model that is not zero, and of roots."""
    honest, generator = scene.honest, random.Random(6)
    for name in OTHER_MODELS:
        made = scene.false[name]
        yield made.as_claimed(name)
        yield made.as_claimed(name, claims=honest.claims)
        yield made.as_claimed(name, folded=honest.folded)
        yield made.as_claimed(name, binding=honest.round.binding)
    for name, made in engine_attempts(honest.round).items():
        kind = f"what the engine makes of {name}"
        yield made.as_claimed(kind)
        yield made.as_claimed(kind, binding=honest.round.binding)
        yield made.as_claimed(kind, folded=honest.folded)
    # Products with a model that is none: each of these words is 0 in truth.
    zeros = [k for k, word in enumerate(honest.claims) if word == 0]
    for k in zeros:
        for power in range(0, 250, 5):
            for value in (2**power, R - 2**power, generator.randrange(1, R)):
                words = (*honest.claims[:k], value, *honest.claims[k + 1 :])
                yield honest.as_claimed("a product with the origin that is not zero", claims=words)


def engine_attempts(first: FoldedRound) -> dict[str, Attempt]:
    """Of a delta out of range: often nothing, else no valid proof.

    Without a model A has no entry that no table knows, so one chosen when the challenges are known
    is out of range too.
    """
    huge = _huge(first)
    late = Lies(entries=shifted(first, first.keys), late=lambda drawn: late_salt(drawn, SHAPE))
    found = {}
    for name, lies in (("entries out of range", None), ("a salt after its challenge", late)):
        try:
            found[name] = attempt(huge, lies=lies)
        except ProofError:
            continue
    return found


def _huge(first: FoldedRound) -> FoldedRound:
    return _with(first, deltas=[[R // 2, *first.deltas[0][1:]], *first.deltas[1:]])


def _with(
    first: FoldedRound,
    statistics: list[int] | None = None,
    model: list[int] | None = None,
    deltas: list[list[int]] | None = None,
) -> FoldedRound:
    return FoldedRound.of(
        first.keys,
        statistics or first.statistics,
        model or first.model,
        deltas or first.deltas,
    )


def _lies(first: FoldedRound) -> dict[str, Callable[[], Attempt]]:
    keys = first.keys
    true = [claim % R for claim in first.claims]
    more_norm = _plus(true, len(true) - 6, 1)  # K_11
    more_curved = _plus(true, 0, 1)  # P_00: u_0**2 in the form
    other = list(shifted(first, keys))
    other[SHAPE.vector_length] += 1
    model = [7] + [0] * (SHAPE.vector_length - 1)
    salt = [0] * SHAPE.features + [7] + [0] * (SHAPE.vector_length - SHAPE.features - 1)
    moved = _with(first, model=model)
    return {
        "first challenge 0": lambda: attempt(first, more_norm, Lies(gamma=0)),
        "second challenge 0": lambda: attempt(first, more_curved, Lies(curved=_bent, delta=0)),
        "other entries": lambda: attempt(first, true, Lies(entries=other)),
        "another curvature": lambda: attempt(first, more_curved, Lies(curved=_bent)),
        "curvature after its challenge": lambda: attempt(
            first, more_curved, Lies(late=_bent_unseen)
        ),
        "another combination": lambda: attempt(first, more_norm, Lies(combination=_lengthened)),
        "a claim K above the order": lambda: attempt(first, _plus(true, len(true) - 6, R)),
        "a claim P above the order": lambda: attempt(first, _plus(true, 0, R)),
        "a claim q above the order": lambda: attempt(first, _plus(true, 10, R)),
        OTHER_MODELS[0]: lambda: attempt(moved),
        OTHER_MODELS[1]: lambda: attempt(_with(first, model=salt)),
        OTHER_MODELS[2]: lambda: attempt(moved, true, Lies(combination=_without(model))),
    }


def _foreign(first: FoldedRound) -> dict[str, tuple[Keys, Attempt]]:
    keys = first.keys
    unchecked, moved = without_range_check(keys), with_table_from(keys, DELTA_BOUND)
    rank = LowRankShape(SHAPE.slots, SHAPE.features, rank=SHAPE.rank - 1)
    fewer = derive_keys(rank, keys.srs)
    column = derive_keys(FoldedShape(SHAPE.slots, SHAPE.features, 1), keys.srs)
    positive = [[abs(entry) for entry in delta] for delta in first.deltas]
    positive[0][0] = 20_000
    return {
        "no range check": (unchecked, attempt(_huge(first), keys=unchecked)),
        "another table": (moved, attempt(_with(first, deltas=positive), keys=moved)),
        "fewer rows of curvature": (fewer, attempt(FoldedRound.draw(fewer, SLOTS))),
        "full rank": (column, attempt(FoldedRound.draw(column, SLOTS))),
    }


def _plus(words: list[int], index: int, more: int) -> list[int]:
    return [word + more * (i == index) for i, word in enumerate(words)]


def _bent(drawn: Witness) -> Witness:
    """Y moved along a direction of norm zero until <Y, Y> is u_0**2 larger, as P_00 is claimed."""
    return _along(drawn, [1, ROOT_OF_MINUS_ONE, 0, 0])


def _bent_unseen(drawn: Witness) -> Witness:
    """The same, along one that is orthogonal to v: v_j grows with delta**j."""
    back = -inverse(drawn.delta**2 % R)
    return _along(drawn, [1, ROOT_OF_MINUS_ONE, back, back * ROOT_OF_MINUS_ONE])


def _along(drawn: Witness, direction: list[int]) -> Witness:
    slope = 2 * sum(y * e for y, e in zip(drawn.curved, direction, strict=True))
    step = drawn.gamma**2 * inverse(slope % R)
    pairs = zip(drawn.curved, direction, strict=True)
    return replace(drawn, curved=[(y + step * e) % R for y, e in pairs])


def _lengthened(drawn: Witness) -> Witness:
    """R moved along a direction of norm zero until <R, R> is u_1**2 larger."""
    combination = list(drawn.combination)
    u1 = drawn.gamma**2 % R
    slope = 2 * (combination[0] + ROOT_OF_MINUS_ONE * combination[1])
    step = u1**2 * inverse(slope % R) % R
    combination[0] += step
    combination[1] += step * ROOT_OF_MINUS_ONE % R
    return replace(drawn, combination=combination)


def _without(model: list[int]) -> Callable[[Witness], Witness]:
    """R as if the model were zero."""

    def leave_out(drawn: Witness) -> Witness:
        pairs = zip(drawn.combination, model, strict=True)
        return replace(drawn, combination=[(r - drawn.gamma * w) % R for r, w in pairs])

    return leave_out
