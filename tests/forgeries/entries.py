"""Forged ranges: deltas with entries that are not small integers, committed as they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from market.vectors import curvature_and_target
from tests.folding import committed
from tests.forgeries.claims import permuted
from tests.forgeries.forgery import Claimed
from tests.forgeries.prover import Attempt
from tests.forgeries.scene import OUT_OF_RANGE, SHAPE, SLOTS, Scene, engine_attempts
from tests.forgeries.vectors import negated, sum_of
from zk.binding import Binding
from zk.curve import linear_combination
from zk.field import Point, R
from zk.keys import Keys


def entries(scene: Scene) -> Iterator[Claimed]:
    """Every forgery's claims are the true products, in the field, of the committed vectors."""
    yield from _every_entry(scene)
    for name, lie in scene.false.items():
        if name.startswith("entries after"):
            yield from _shown(scene, lie, name)
    for name, (_, foreign) in scene.foreign.items():
        if name.startswith("no range check:") or name == "another table":
            yield from _shown(scene, foreign, f"a proof of a circuit with {name}")
    for name, made in engine_attempts(scene.honest.round).items():
        yield from _shown(scene, made, f"what the engine makes of {name}")


def _every_entry(scene: Scene) -> Iterator[Claimed]:
    """Each entry of each delta out of range, with the proof of the honest round or of a liar."""
    late = scene.false["entries after their challenge: half the field"]
    for slot in range(SLOTS):
        for place in range(SHAPE.vector_length):
            for name, value in OUT_OF_RANGE.items():
                binding, claims = entry_changed(scene, slot, place, value)
                for folded in (scene.honest.folded, late.folded):
                    yield Claimed(f"an entry: {name}", binding, folded, claims)


def entry_changed(
    scene: Scene, slot: int, place: int, value: int
) -> tuple[Binding, tuple[int, ...]]:
    """The honest round's points, and the true claims about them, when one entry is `value`.

    A commitment moves by a multiple of its entry's base point, claims by multiples of the other
    factors: no proof need be made to know them.
    """
    honest = scene.honest.round
    step = value - honest.deltas[slot][place]
    deltas = list(honest.binding.deltas)
    moved = linear_combination([_base_point(scene.keys, place)], [step])
    deltas[slot] = sum_of(deltas[slot], moved)
    binding = replace(honest.binding, deltas=tuple(deltas))
    return binding, _moved(scene, slot, place, step)


def _base_point(keys: Keys, place: int) -> Point:
    """By which the commitment of a vector moves when this entry grows by 1."""
    length = SHAPE.vector_length
    unit = committed(tuple(int(i == place) for i in range(length)), keys)
    return sum_of(unit, negated(committed((0,) * length, keys)))


def _moved(scene: Scene, slot: int, place: int, step: int) -> tuple[int, ...]:
    """The true claims when one entry of one delta is larger by `step`."""
    round = scene.honest.round
    if place >= SHAPE.parameters:
        return scene.honest.claims
    F, C = SHAPE.features, SHAPE.classes
    vectors = [list(vector) for vector in (round.model, *round.deltas)]
    row, column = divmod(place, C)
    known = curvature_and_target(round.statistics, SHAPE)
    H, c = known[0].tolist(), known[1].reshape(-1).tolist()
    own = slot + 1
    words = list(scene.honest.claims)
    n, k = SLOTS, 0
    for i in range(n + 1):
        for j in range(i, n + 1):
            # H is symmetric: <Z, H e> is the product of Z's column with a row of H.
            left, right = (
                sum(H[row][f] * vectors[z][f * C + column] for f in range(F)) for z in (i, j)
            )
            words[k] += step * (right * (i == own) + left * (j == own))
            words[k] += step * step * H[row][row] * (i == j == own)
            k += 1
    words[k + own] += step * c[place]
    k += n + 1
    for i in range(1, n + 1):
        for j in range(i, n + 1):
            words[k] += step * (vectors[j][place] * (i == own) + vectors[i][place] * (j == own))
            words[k] += step * step * (i == j == own)
            k += 1
    return tuple(word % R for word in words)


def _shown(scene: Scene, made: Attempt, kind: str) -> Iterator[Claimed]:
    """A proof about entries out of range: as it is, then with parts of the honest settlement."""
    honest = scene.honest
    yield made.as_claimed(kind)
    yield from _of_length(scene, made, kind)
    for part in ("entries", "curved", "rest"):
        mixed = replace(made.folded, **{part: getattr(honest.folded, part)})
        yield made.as_claimed(kind, folded=mixed)
    yield made.as_claimed(kind, binding=honest.round.binding)
    yield made.as_claimed(kind, claims=honest.claims)
    yield made.as_claimed(kind, folded=honest.folded)
    yield honest.as_claimed(kind, folded=made.folded)
    swapped = replace(made.round.binding, deltas=made.round.binding.deltas[::-1])
    yield made.as_claimed(kind, binding=swapped, claims=permuted(made.claims, (0, 3, 2, 1)))
    for k, word in enumerate(made.claims):
        for value in (word + 1, -word):
            if value % R != word:
                changed = (*made.claims[:k], value % R, *made.claims[k + 1 :])
                yield made.as_claimed(kind, claims=changed)


def _of_length(scene: Scene, made: Attempt, kind: str) -> Iterator[Claimed]:
    """A shorter or longer proof, of another circuit, brought to the length that is demanded."""
    due, own = scene.honest.folded.rest, made.folded
    if len(own.rest) == len(due):
        return
    for filling in (bytes(len(due)), due):
        fitted = own.rest[: len(due)] + filling[len(own.rest) :]
        yield made.as_claimed(kind, folded=replace(own, rest=fitted))
