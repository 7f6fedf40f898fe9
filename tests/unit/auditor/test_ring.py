"""The auditor's rotation: properties of the arcs, and hashes that the contract computes."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from market.auditor.ring import KEPT, Arc, decisive, place_of, rank_of, seed_of
from market.chain.state import EVERYBODY

ACCOUNT = "0x" + "1f" * 20
SEED = bytes(range(32))


@given(
    st.integers(1, 32).flatmap(
        lambda slots: st.tuples(st.just(slots), st.integers(slots + 1, 1000))
    ),
    st.lists(st.integers(0, 40), max_size=60),
)
def test_the_arcs_of_a_cycle_leave_nobody_out(ring: tuple[int, int], committed: list[int]) -> None:
    """Each begins where the one before ended, until the ring is through."""
    (slots, active), arc = ring, Arc()
    for count in [0, *committed]:
        after = arc.next(active, slots, count, again=False, block=7)
        end = arc.start + arc.width
        assert after.start == (end if 0 < end < EVERYBODY else 0)
        reached = after.start + after.width
        # No arc is narrower than a fair one, but for the last, which is what is left of the ring.
        assert after.width >= -(-EVERYBODY * slots // active) or reached == EVERYBODY
        assert reached <= EVERYBODY
        arc = after


@given(st.integers(33, 1000), st.integers(1, 32), st.integers(0, 32))
def test_a_retry_widens_the_arc_where_it_stands(active: int, slots: int, committed: int) -> None:
    first = Arc().next(active, slots, 0, again=False, block=7)
    again = first.next(active, slots, committed, again=True, block=9)
    assert again.start == first.start
    assert again.width >= min(2 * first.width, EVERYBODY)
    assert again.seed_block == first.seed_block == 8


def test_idle_accounts_make_arcs_wider() -> None:
    """Of 1,000 on the ring and 32 slots, one in ten commits."""
    arc = Arc().next(1000, 32, 0, again=False, block=7)
    after = arc.next(1000, 32, 3, again=False, block=9)
    assert after.start == arc.width
    assert after.width == arc.width * 32 // 3


def test_where_all_have_a_slot_nobody_is_left_out() -> None:
    arc = Arc(5, 9, 3).next(32, 32, 0, again=False, block=7)
    assert (arc.start, arc.width, arc.seed_block) == (0, EVERYBODY, 3)
    assert Arc(0, EVERYBODY, 0).covers(bytes(32), ACCOUNT)


@pytest.mark.parametrize(("now", "block"), [(8, 7), (263, 7), (264, 7 + KEPT), (7 + 3 * KEPT, 519)])
def test_an_expired_block_gives_way_to_the_newest_a_multiple_later(now: int, block: int) -> None:
    assert decisive(7, now) == block
    assert now - block <= KEPT


def test_places_and_ranks_are_the_contracts_hashes() -> None:
    raw = bytes.fromhex(ACCOUNT[2:]).rjust(32, b"\0")
    assert place_of(SEED, ACCOUNT) == int.from_bytes(keccak(SEED + raw)[-4:], "big")
    epoch = (3).to_bytes(32, "big")
    assert rank_of(SEED, 3, ACCOUNT) == int.from_bytes(keccak(SEED + epoch + raw)[-8:], "big")
    packed = encode(["bytes32", "bytes32", "uint64"], [SEED, SEED[::-1], 7])
    assert seed_of(SEED, SEED[::-1], 7) == keccak(packed)
