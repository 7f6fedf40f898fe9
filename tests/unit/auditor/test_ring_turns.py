"""The ring takes everybody in turn."""

from __future__ import annotations

import itertools

from eth_utils.address import to_checksum_address
from hypothesis import given, settings
from hypothesis import strategies as st

from market.auditor.ring import KEPT, Arc, decisive, place_of, rank_of, seed_of
from market.chain.state import EVERYBODY

SEED = seed_of(bytes(range(32)), bytes(32), 1)
slots = st.integers(3, 32)


def accounts(count: int) -> list[str]:
    return [to_checksum_address(f"0x{0xA11CE * (1 + i):040x}") for i in range(count)]


def seed(number: int) -> bytes:
    return seed_of(number.to_bytes(32, "big"), bytes(32), 1)


def cycle(active: int, slots: int, places: list[int] | None) -> list[Arc]:
    """The arcs of a first cycle without retries; all on an arc commit, or as many as slots."""
    arc = Arc().next(active, slots, 0, False, 0)
    arcs = [arc]
    while arc.start + arc.width < EVERYBODY:
        committed = slots
        if places is not None:
            committed = sum((p - arc.start) % EVERYBODY < arc.width for p in places)
        arc = arc.next(active, slots, committed, False, 0)
        arcs.append(arc)
    return arcs


@settings(max_examples=50)
@given(slots, st.integers(2, 12), st.integers(0, 2**32))
def test_everybody_is_drawn_once_a_cycle_where_slots_divide_those_who_are_there(
    slots: int, times: int, number: int
) -> None:
    active = slots * times
    arcs = cycle(active, slots, None)
    assert len(arcs) == times
    assert {arc.width for arc in arcs[:-1]} == {-(-EVERYBODY * slots // active)}
    assert arcs[-1].start + arcs[-1].width == EVERYBODY
    for account in accounts(min(active, 40)):
        assert sum(arc.covers(seed(number), account) for arc in arcs) == 1


@settings(max_examples=50)
@given(slots, st.integers(4, 300), st.integers(0, 2**32))
def test_everybody_is_drawn_once_a_cycle_however_many_there_are(
    slots: int, active: int, number: int
) -> None:
    places = [place_of(seed(number), account) for account in accounts(active)]
    arcs = cycle(active, slots, places)
    for before, after in itertools.pairwise(arcs):
        assert after.start == before.start + before.width
    assert arcs[-1].start + arcs[-1].width == EVERYBODY
    for place in places:
        assert sum((place - arc.start) % EVERYBODY < arc.width for arc in arcs) == 1


@given(slots, st.integers(1, 1000), st.integers(0, 64), st.booleans(), st.integers(0, 2**32 - 1))
def test_an_arc_is_never_narrower_than_fair_and_a_retry_at_least_doubles_it(
    slots: int, active: int, committed: int, again: bool, start: int
) -> None:
    before = Arc(start, max(EVERYBODY // 50, 1), 7)
    after = before.next(active, slots, committed, again, 9)
    if active <= slots:
        assert after.width == EVERYBODY
        return
    last = after.start + after.width == EVERYBODY
    assert EVERYBODY * slots <= after.width * active or (last and not again)
    assert after.width <= EVERYBODY
    if again:
        assert after.start == start
        assert after.width >= min(2 * before.width, EVERYBODY)


def test_as_many_commit_next_as_there_are_slots_where_half_are_idle() -> None:
    first = Arc().next(1000, 32, 0, False, 0)
    second = first.next(1000, 32, 16, False, 1)
    assert second.width == 2 * first.width
    assert second.next(1000, 32, 32, False, 2).width == second.width
    assert second.next(1000, 32, 64, False, 2).width == first.width


def test_where_all_may_commit_nobody_needs_a_place() -> None:
    arc = Arc().next(32, 32, 0, False, 0)
    assert arc == Arc(0, EVERYBODY, 0)
    assert arc.covers(bytes(32), accounts(1)[0])


def test_a_new_cycle_has_another_seed() -> None:
    last = Arc(EVERYBODY - 10, 10, 4)
    assert last.next(100, 10, 10, False, 20) == Arc(0, -(-EVERYBODY // 10), 21)
    assert last.next(100, 10, 0, True, 20).seed_block == 4


@given(st.integers(1, 10_000), st.integers(0, 5_000))
def test_the_hash_that_decides_is_known_and_does_not_depend_on_when_it_is_asked_for_in_time(
    block: int, later: int
) -> None:
    now = block + 1 + later
    found = decisive(block, now)
    assert found >= block
    assert (found - block) % KEPT == 0
    assert 1 <= now - found <= KEPT
    assert later >= KEPT or found == block


def test_known_places_and_ranks() -> None:
    account = accounts(1)[0]
    assert place_of(SEED, account) < EVERYBODY
    assert rank_of(SEED, 0, account) != rank_of(SEED, 1, account)
    assert rank_of(SEED, 0, account) < 2**64
