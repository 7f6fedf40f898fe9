"""The claims about who was drawn for an opening, and whose reveals stand in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from market.auditor.claim import Claim, claim
from market.auditor.evidence import Evidence
from market.auditor.ring import Arc, decisive, rank_of, seed_of
from market.auditor.rounds import Course, Opening
from market.chain.logs import Created, Log
from market.specification.amounts import NOBODY

UNSEEDED = bytes(32)


def draw_claims(
    created: Created, course: Course, history: list[Log], evidence: Evidence
) -> Iterator[Claim]:
    """All of them."""
    slots = created.terms.slots
    arc, committed = Arc(), 0
    seeds: dict[int, bytes] = {}
    for opening in course.openings:
        subject = f"round {opening.round}"
        due = arc.next(opening.active, slots, committed, opening.again, opening.block)
        yield claim(subject, "the arc of who is drawn is the next one", opening.arc, due)
        seed = seeds[opening.epoch] = seed_in(opening, created.id, evidence.hash_of)
        outside = [a for a in opening.committed if not opening.arc.covers(seed, a)]
        yield claim(subject, "everybody who committed was drawn", outside, [])
        arc, committed = opening.arc, len(opening.committed)
    yield from _slot_claims(history, slots, seeds)


def seed_in(opening: Opening, id: bytes, hash_of: Callable[[int], bytes]) -> bytes:
    """The seed of the cycle that an opening belongs to; zeros while nothing decides it."""
    block, first = opening.arc.seed_block, opening.seeded_in
    if block == 0 or first <= block:
        return UNSEEDED
    return seed_of(hash_of(decisive(block, first)), id, block)


def _slot_claims(history: list[Log], slots: int, seeds: dict[int, bytes]) -> Iterator[Claim]:
    """Of more reveals than slots those of the lowest ranks stand."""
    standing: dict[int, list[tuple[int, str]]] = {}
    for log in history:
        if log.name != "Revealed":
            continue
        epoch, trainer, displaced = (log.args[n] for n in ("epoch", "trainer", "displaced"))
        ranked = standing.setdefault(epoch, [])
        ranked.append((rank_of(seeds.get(epoch, UNSEEDED), epoch, trainer), trainer))
        due = NOBODY
        if len(ranked) > slots:
            highest = max(ranked)
            ranked.remove(highest)
            due = highest[1]
        if due != NOBODY or displaced != NOBODY:
            yield claim(
                f"round {log.args['round']}",
                f"where {trainer} revealed beyond the slots, the highest rank gave way",
                displaced,
                due,
            )
