"""Forged proofs: bytes of an honest one changed, other circuits' proofs, other public outputs."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import replace

from tests.forgeries.forgery import Forgery, Shown
from tests.forgeries.scene import Scene
from zk.binding import POINT_BYTES, POINTS
from zk.field import P, R
from zk.prove import Proof

WORD = 32


def proofs(scene: Scene) -> Iterator[Forgery]:
    """Forgeries of the proof of true claims, and of what the verifier is shown with it."""
    rest = scene.honest.folded.rest
    for kind, forged in _bytes(rest, scene.following.folded.rest):
        if forged != rest:
            folded = replace(scene.honest.folded, rest=forged)
            yield scene.honest.as_claimed(kind, folded=folded)
    yield from _points_in_front(scene)
    yield from _outputs(scene)
    yield from _other_circuits(scene)


def _bytes(honest: bytes, other: bytes) -> Iterator[tuple[str, bytes]]:
    words = [honest[i : i + WORD] for i in range(0, len(honest), WORD)]
    generator = random.Random(4)
    for k, word in enumerate(words):
        value = int.from_bytes(word, "big")
        before, after = b"".join(words[:k]), b"".join(words[k + 1 :])
        for position in (0, 16, 31):
            changed = bytearray(word)
            changed[position] ^= 1 << generator.randrange(8)
            yield "a bit changed", before + bytes(changed) + after
        for order in (R, P):
            if value + order < 2**256:
                raised = (value + order).to_bytes(WORD, "big")
                yield "a word plus a field's order", before + raised + after
        for replaced in (-value % R, -value % P):
            yield "a word negated", before + replaced.to_bytes(WORD, "big") + after
        yield "a word zero", before + bytes(WORD) + after
        yield "a word of another proof", before + other[k * WORD : (k + 1) * WORD] + after
        yield "a word of its own elsewhere", before + words[(k + 1) % len(words)] + after
        yield "a word left out", before + after
        yield "a word twice", before + 2 * word + after
        yield "cut at a word", before
    for cut in (1, 31, 33, 63, 65):
        yield "cut within a word", honest[:-cut]
    for more in (1, 31, 32, 33, 64, 1024):
        yield "extended", honest + bytes(more)
        yield "extended", honest + honest[:more]
        yield "extended", bytes(more) + honest


def _points_in_front(scene: Scene) -> Iterator[Shown]:
    """The committed points, which the contract puts there itself."""
    honest, other = scene.honest.proof, scene.following.proof
    for k in range(POINTS):
        start, end = POINT_BYTES * k, POINT_BYTES * (k + 1)
        point = honest.data[start:end]
        x, y = (int.from_bytes(half, "big") for half in (point[:WORD], point[WORD:]))
        forged = [point[WORD:] + point[:WORD], bytes(POINT_BYTES), other.data[start:end]]
        for pair in ((x, P - y), (x + P, y), (x, y + P), (1, 2), (x, y + 1), (x + 1, y)):
            forged.append(b"".join(value.to_bytes(WORD, "big") for value in pair))
        for j in range(POINTS):
            forged.append(honest.data[POINT_BYTES * j : POINT_BYTES * (j + 1)])
        for each in forged:
            if each != point:
                data = honest.data[:start] + each + honest.data[end:]
                yield Shown("a committed point replaced", replace(honest, data=data))


def _outputs(scene: Scene) -> Iterator[Shown]:
    honest, generator = scene.honest.proof, random.Random(5)
    instances = honest.instances
    for k, value in enumerate(instances):
        others = [0, 1, R - 1, R // 2, value + 1, value - 1, -value, 2 * value]
        others += [generator.randrange(R) for _ in range(12)]
        others += [value + 2**power for power in range(0, 250, 25)]
        for other in dict.fromkeys(each % R for each in others):
            if other != value:
                yield _with(honest, "a public output changed", {k: other})
        for above in range(value + R, 2**256, R):
            yield _with(honest, "a public output plus the field's order", {k: above})
    for a, b in itertools.combinations(range(len(instances)), 2):
        if instances[a] != instances[b]:
            swapped = {a: instances[b], b: instances[a]}
            yield _with(honest, "two public outputs swapped", swapped)
    for counted in ([], instances[:-1], instances[:-2], [*instances, 0], 2 * instances):
        yield Shown("public outputs left out or added", replace(honest, instances=counted))
    kind = "public outputs of another proof"
    for attempt in (scene.following, *scene.true.values(), *scene.false.values()):
        yield Shown(kind, replace(honest, instances=attempt.proof.instances))
        yield Shown(kind, replace(attempt.proof, instances=instances))


def _other_circuits(scene: Scene) -> Iterator[Forgery]:
    """Valid proofs, of their own public outputs, under other keys."""
    for name, (_, foreign) in scene.foreign.items():
        kind = f"a proof of a circuit with {name}"
        yield Shown(kind, foreign.proof)
        yield foreign.as_claimed(kind)
        yield Shown(kind, replace(foreign.proof, instances=scene.honest.proof.instances))
        yield scene.honest.as_claimed(kind, folded=foreign.folded)


def _with(proof: Proof, kind: str, changes: dict[int, int]) -> Shown:
    instances = list(proof.instances)
    for k, value in changes.items():
        instances[k] = value
    return Shown(kind, replace(proof, instances=instances))
