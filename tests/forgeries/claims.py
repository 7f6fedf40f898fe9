"""Forged claims about honest vectors: outliers (K) and contribution (P and q)."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tests.forgeries.forgery import Claimed
from tests.forgeries.prover import Attempt, inverse
from tests.forgeries.scene import Scene
from zk.binding import Folded
from zk.field import R
from zk.folding import weights


@dataclass(frozen=True)
class Place:
    """What one word of the claims is about: a product of Z_i with Z_j, or of Z_i with c."""

    letter: str
    i: int
    j: int

    @property
    def factors(self) -> tuple[int, ...]:
        return (self.i,) if self.letter == "q" else (self.i, self.j)


def places(n: int) -> list[Place]:
    """In the order of the words."""
    return [
        *(Place("P", i, j) for i in range(n + 1) for j in range(i, n + 1)),
        *(Place("q", i, -1) for i in range(n + 1)),
        *(Place("K", i, j) for i in range(1, n + 1) for j in range(i, n + 1)),
    ]


def permuted(words: Sequence[int], order: Sequence[int]) -> tuple[int, ...]:
    """The claims as if Z_order[i] stood at i, of as many vectors as `order` has.

    K has no products with the model: 0 stands for those.
    """
    n = math.isqrt(len(words)) - 1  # (n + 1)(n + 2) words
    found = {}
    for place, word in zip(places(n), words, strict=True):
        found[place.letter, *sorted(place.factors)] = word
    moved = []
    for place in places(len(order) - 1):
        key = (place.letter, *sorted(order[i] for i in place.factors))
        moved.append(found.get(key, 0))
    return tuple(moved)


def outliers(scene: Scene) -> Iterator[Claimed]:
    """Forgeries of K, from which multi-Krum selects."""
    forger = _Forger(scene, "K", random.Random(1))
    yield from forger.all(values=70, kept=16, sums=12, scales=25)
    for lie in ("first challenge 0", "another combination", "a claim K above the order"):
        yield from _variants(scene, lie)


def contribution(scene: Scene) -> Iterator[Claimed]:
    """Forgeries of P and q, from which scores and utilities follow."""
    forger = _Forger(scene, "Pq", random.Random(2))
    yield from forger.all(values=6, kept=4, sums=3, scales=15)
    for lie in (
        "second challenge 0",
        "another curvature",
        "curvature after its challenge",
        "a claim P above the order",
        "a claim q above the order",
    ):
        yield from _variants(scene, lie)


def _variants(scene: Scene, lie: str) -> Iterator[Claimed]:
    """A proof of false claims, shown for its claims, for true ones, and with halves of proofs."""
    false, honest = scene.false[lie], scene.honest
    yield false.as_claimed(lie)
    yield false.as_claimed(lie, claims=honest.claims)
    yield honest.as_claimed(lie, claims=false.claims)
    for part in ("entries", "curved", "rest"):
        mixed = _replaced(false, honest, part)
        yield false.as_claimed(lie, folded=mixed)


def _replaced(taken: Attempt, other: Attempt, part: str) -> Folded:
    return replace(taken.folded, **{part: getattr(other.folded, part)})


class _Forger:
    """Changes of the honest claims whose letter is one of `letters`."""

    def __init__(self, scene: Scene, letters: str, generator: random.Random) -> None:
        self.scene, self.honest, self.generator = scene, scene.honest, generator
        self.words = list(scene.honest.claims)
        self.n = len(scene.honest.round.deltas)
        self.places = places(self.n)
        self.own = [k for k, place in enumerate(self.places) if place.letter in letters]
        self.letters = letters

    def all(self, values: int, kept: int, sums: int, scales: int) -> Iterator[Claimed]:
        """Every kind.

        Args:
            values: random ones tried for each claim.
            kept: random errors tried for each pair of claims that keep what is expected.
            sums: the same for pairs that keep their sum.
            scales: factors tried for each trainer.
        """
        yield from self.changed(values)
        yield from self.above_the_order()
        yield from self.swapped()
        yield from self.sums_kept(sums)
        yield from self.outputs_kept(kept)
        yield from self.permutations()
        yield from self.scaled(scales)
        yield from self.of_another_round()

    def changed(self, values: int) -> Iterator[Claimed]:
        draw = self.generator
        for k in self.own:
            word = self.words[k]
            chosen = [0, 1, R - 1, R // 2, R // 2 + 1, 2**120, 2**120 - 1, R - 2**120, 2**128]
            chosen += [word + 1, word - 1, -word, 2 * word, word * inverse(2), word + R // 2]
            chosen += [
                word + draw.choice((-1, 1)) * 2 ** draw.randrange(120) for _ in range(values)
            ]
            chosen += [draw.randrange(R) for _ in range(4)]
            for value in dict.fromkeys(each % R for each in chosen):
                if value != word:
                    yield self._with("a claim changed", {k: value})

    def above_the_order(self) -> Iterator[Claimed]:
        for k in self.own:
            for value in range(self.words[k] + R, 2**256, R):
                yield self._with("a claim plus the field's order", {k: value})
            for value in (R, 2**256 - 1):
                yield self._with("a claim plus the field's order", {k: value})

    def swapped(self) -> Iterator[Claimed]:
        for a, b in itertools.combinations(self.own, 2):
            changes = {a: self.words[b], b: self.words[a]}
            yield self._with("two claims swapped", changes)

    def sums_kept(self, count: int) -> Iterator[Claimed]:
        """As if the trace or another sum were all that is checked."""
        for a, b in itertools.combinations(self.own, 2):
            for _ in range(count):
                error = self.generator.randrange(1, 2 ** self.generator.randrange(1, 120))
                changes = {a: (self.words[a] + error) % R, b: (self.words[b] - error) % R}
                yield self._with("two claims changed, their sum kept", changes)

    def outputs_kept(self, count: int) -> Iterator[Claimed]:
        """Errors that cancel in the form: chosen when the first challenge is known."""
        u = weights(self.honest.proof.instances[0], self.n + 1)
        for a, b in itertools.combinations(self.own, 2):
            if self.places[a].letter != self.places[b].letter:
                continue
            for _ in range(count):
                error = self.generator.randrange(1, R)
                other = -error * self._weight(a, u) * inverse(self._weight(b, u))
                changes = {a: (self.words[a] + error) % R, b: (self.words[b] + other) % R}
                yield self._with("claims changed after the challenge, outputs kept", changes)

    def permutations(self) -> Iterator[Claimed]:
        first, *others = itertools.permutations(range(self.n + 1))
        for order in others:
            if order[0] != first[0] and "K" in self.letters:
                continue
            moved = permuted(self.words, order)
            yield self._with("claims as of permuted trainers", {k: moved[k] for k in self.own})

    def scaled(self, count: int) -> Iterator[Claimed]:
        """As if a trainer's delta were a multiple of what it is."""
        for trainer in range(1, self.n + 1):
            factors = [-1, 0, 2, 3, 10, 100, 10**6]
            factors += [self.generator.randrange(R) for _ in range(count)]
            for factor in factors:
                changes = {}
                for k in self.own:
                    power = self.places[k].factors.count(trainer)
                    changes[k] = self.words[k] * factor**power % R
                yield self._with("claims as of a scaled delta", changes)

    def of_another_round(self) -> Iterator[Claimed]:
        for other in (self.scene.following, *self.scene.true.values()):
            if len(other.claims) != len(self.words):
                continue
            yield self._with("claims of another round", {k: other.claims[k] for k in self.own})
            for k in self.own:
                yield self._with("claims of another round", {k: other.claims[k]})

    def _weight(self, k: int, u: list[int]) -> int:
        place = self.places[k]
        weight = 1 if place.letter == "q" or place.i == place.j else 2
        for factor in place.factors:
            weight *= u[factor]
        return weight % R

    def _with(self, kind: str, changes: dict[int, int]) -> Claimed:
        words = list(self.words)
        for k, value in changes.items():
            words[k] = value
        return self.honest.as_claimed(kind, claims=tuple(words))
