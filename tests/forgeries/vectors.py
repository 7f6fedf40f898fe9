"""Forged vectors: honest claims held against other points, and proofs about other vectors."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import replace

from tests.forgeries.claims import permuted
from tests.forgeries.forgery import Claimed
from tests.forgeries.prover import Attempt, inverse
from tests.forgeries.scene import Scene
from zk.binding import Binding
from zk.curve import INFINITY, linear_combination
from zk.field import P, Point, R
from zk.folding import weights

GENERATOR = Point(1, 2)
NAMES = ("zero", "statistics", "model", "delta 1", "delta 2", "delta 3", "entries", "curved")


def vectors(scene: Scene) -> Iterator[Claimed]:
    """Forgeries of what the claims are about, and so of the next model, which is a sum of it."""
    forger = _Forger(scene.honest, random.Random(3))
    yield from forger.changed(12)
    yield from forger.no_points(5)
    yield from forger.swapped()
    yield from forger.other_trainers()
    yield from forger.fewer_and_more()
    yield from forger.sums_kept(70)
    yield from forger.combinations_kept(30)
    yield from _of_another_round(scene)
    yield from _other_proofs(scene)


class _Forger:
    """Changes of the points of an honest round."""

    def __init__(self, honest: Attempt, generator: random.Random) -> None:
        self.honest, self.generator = honest, generator
        self.binding = honest.round.binding
        self.points = points_of(honest.as_claimed(""))

    def changed(self, count: int) -> Iterator[Claimed]:
        for k, point in enumerate(self.points):
            others = [negated(point), INFINITY, GENERATOR]
            others += [linear_combination([point], [factor]) for factor in (2, 3, R // 2)]
            others += [sum_of(point, GENERATOR), sum_of(point, negated(GENERATOR))]
            others += [self._multiple() for _ in range(count)]
            others += [other for other in self.points if other != point]
            for other in others:
                yield self._with("a point changed", {k: other})

    def no_points(self, count: int) -> Iterator[Claimed]:
        for k, (x, y) in enumerate((point.x, point.y) for point in self.points):
            wrong = [Point(x, y + 1), Point(x + 1, y), Point(x, 0), Point(0, y), Point(y, x)]
            wrong += [
                Point(self.generator.randrange(P), self.generator.randrange(P))
                for _ in range(count)
            ]
            for point in wrong:
                yield self._with("a point off the curve", {k: point})
            above = [Point(x + P, y), Point(x, y + P), Point(x + P, y + P)]
            above += [Point(x + 2 * P, y + 2 * P), Point(x + 4 * P, y), Point(P, P)]
            for point in above:
                yield self._with("a coordinate plus the field's order", {k: point})

    def swapped(self) -> Iterator[Claimed]:
        for a, b in itertools.combinations(range(len(self.points)), 2):
            changes = {a: self.points[b], b: self.points[a]}
            yield self._with("two points swapped", changes)

    def other_trainers(self) -> Iterator[Claimed]:
        """Permuted and repeated, with the claims of the committed order and of the other."""
        for order in itertools.product((1, 2, 3), repeat=3):
            if order == (1, 2, 3):
                continue
            kind = "permuted trainers" if len(set(order)) == 3 else "repeated trainers"
            changes = {2 + k: self.points[2 + i] for k, i in enumerate(order, start=1)}
            forged = self._with(kind, changes)
            yield forged
            yield replace(forged, claims=permuted(self.honest.claims, (0, *order)))

    def fewer_and_more(self) -> Iterator[Claimed]:
        kind = "trainers left out or added"
        deltas = self.binding.deltas
        for size in (1, 2, 4):
            for chosen in itertools.product((0, 1, 2), repeat=size):
                binding = replace(self.binding, deltas=tuple(deltas[i] for i in chosen))
                yield replace(self.honest.as_claimed(kind), binding=binding)
                claims = permuted(self.honest.claims, (0, *(i + 1 for i in chosen)))
                yield replace(self.honest.as_claimed(kind), binding=binding, claims=claims)

    def sums_kept(self, count: int) -> Iterator[Claimed]:
        """The sum of two deltas is what it was, so the model after an equal mean is too."""
        for a, b in itertools.combinations((3, 4, 5), 2):
            for _ in range(count):
                moved = self._multiple()
                changes = {
                    a: sum_of(self.points[a], moved),
                    b: sum_of(self.points[b], negated(moved)),
                }
                yield self._with("two deltas changed, their sum kept", changes)

    def combinations_kept(self, count: int) -> Iterator[Claimed]:
        """The random combination is what it was: chosen when the first challenge is known."""
        u = weights(self.honest.proof.instances[0], 4)
        weight = {0: 1 - sum(u), **{k + 2: u[k] for k in range(4)}}
        for a, b in itertools.combinations(weight, 2):
            for _ in range(count):
                factor = self.generator.randrange(1, R)
                other = -factor * weight[a] * inverse(weight[b] % R)
                changes = {
                    a: linear_combination([self.points[a], GENERATOR], [1, factor]),
                    b: linear_combination([self.points[b], GENERATOR], [1, other]),
                }
                yield self._with("points changed after the challenge, combination kept", changes)

    def _multiple(self) -> Point:
        return linear_combination([GENERATOR], [self.generator.randrange(1, R)])

    def _with(self, kind: str, changes: dict[int, Point]) -> Claimed:
        return with_points(self.honest.as_claimed(kind), changes)


def _of_another_round(scene: Scene) -> Iterator[Claimed]:
    """Stale models and replayed proofs: any mixture of the points of two rounds."""
    this, other = (
        attempt.as_claimed("points of another round") for attempt in (scene.honest, scene.following)
    )
    pairs = list(zip(points_of(this), points_of(other), strict=True))
    differ = [k for k, (a, b) in enumerate(pairs) if a != b and k < 6]
    for chosen in itertools.product((0, 1), repeat=len(differ)):
        changes = {k: pairs[k][which] for k, which in zip(differ, chosen, strict=True)}
        for shown, own in ((this, 0), (other, 1)):
            if any(which != own for which in chosen):
                yield with_points(shown, changes)
            swapped = other.claims if own == 0 else this.claims
            yield replace(with_points(shown, changes), claims=swapped)


def _other_proofs(scene: Scene) -> Iterator[Claimed]:
    """Honest proofs about other vectors, and a dishonest one of A, shown for the round."""
    for name, other in (*scene.true.items(), ("the next round", scene.following)):
        for claims in (scene.honest.claims, other.claims):
            forged = scene.honest.as_claimed(f"a proof about {name}", folded=other.folded)
            yield replace(forged, claims=claims)
            yield replace(
                forged, claims=claims, binding=other.round.binding, folded=scene.honest.folded
            )
    yield scene.false["other entries"].as_claimed("a proof whose entries are not the vectors")


def points_of(claimed: Claimed) -> list[Point]:
    """In the order of `NAMES`."""
    binding, folded = claimed.binding, claimed.folded
    return [
        binding.zero,
        binding.statistics,
        binding.model,
        *binding.deltas,
        folded.entries,
        folded.curved,
    ]


def with_points(claimed: Claimed, changes: dict[int, Point]) -> Claimed:
    """The same with other points, by their place in `NAMES`."""
    points = points_of(claimed)
    for k, point in changes.items():
        points[k] = point
    zero, statistics, model, *deltas, entries, curved = points
    return replace(
        claimed,
        binding=Binding(zero, statistics, model, tuple(deltas)),
        folded=replace(claimed.folded, entries=entries, curved=curved),
    )


def negated(point: Point) -> Point:
    return Point(point.x, -point.y % P)


def sum_of(a: Point, b: Point) -> Point:
    return linear_combination([a, b], [1, 1])
