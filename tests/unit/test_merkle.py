"""Trees against a published root, and what their proofs show for every size and place."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from market.merkle import commutative, holds_anywhere, holds_at, ordered, proof, tree

LEAVES = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40, unique=True)


def test_the_example_of_openzeppelins_library_has_the_root_it_prints() -> None:
    """README of @openzeppelin/merkle-tree: two accounts with an amount each."""
    values = [("0x" + "11" * 20, 5 * 10**18), ("0x" + "22" * 20, 25 * 10**17)]
    leaves = sorted(keccak(keccak(encode(["address", "uint256"], each))) for each in values)
    root = "d4dee0beab2d53f2cc83e567171bd2820e49898130a22622b10ead383e90bd77"
    assert tree(leaves, commutative)[0].hex() == root


def test_no_leaves_are_no_tree() -> None:
    with pytest.raises(ValueError, match="at least one leaf"):
        tree([], ordered)


@given(LEAVES, st.data())
def test_a_leaf_is_shown_at_its_place_and_at_no_other(
    leaves: list[bytes], data: st.DataObject
) -> None:
    nodes = tree(leaves, ordered)
    number = data.draw(st.integers(0, len(leaves) - 1))
    shown = proof(nodes, number)
    assert holds_at(nodes[0], leaves[number], shown, number, len(leaves))
    for other in range(-1, len(leaves) + 1):
        if other != number:
            assert not holds_at(nodes[0], leaves[number], shown, other, len(leaves))
    stranger = bytes(keccak(leaves[number]))
    assert not holds_at(nodes[0], stranger, shown, number, len(leaves))
    assert not holds_at(nodes[0], leaves[number], [*shown, bytes(32)], number, len(leaves))


@given(LEAVES, st.data())
def test_a_commutative_tree_shows_its_leaves_alone(
    leaves: list[bytes], data: st.DataObject
) -> None:
    nodes = tree(leaves, commutative)
    number = data.draw(st.integers(0, len(leaves) - 1))
    shown = proof(nodes, number)
    assert holds_anywhere(nodes[0], leaves[number], shown)
    stranger = data.draw(st.binary(min_size=32, max_size=32).filter(lambda leaf: leaf not in nodes))
    assert not holds_anywhere(nodes[0], stranger, shown)
    if shown:
        assert not holds_anywhere(nodes[0], leaves[number], shown[:-1])
