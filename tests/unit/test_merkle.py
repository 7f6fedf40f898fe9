"""Trees against a published root, and what their proofs show for every size and place."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from market.merkle import commutative, holds_anywhere, ordered, proof, tree

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


@given(LEAVES.filter(lambda leaves: len(leaves) > 1), st.data())
def test_an_ordered_tree_binds_each_leaf_to_its_place(
    leaves: list[bytes], data: st.DataObject
) -> None:
    one, other = data.draw(st.permutations(range(len(leaves))))[:2]
    swapped = list(leaves)
    swapped[one], swapped[other] = leaves[other], leaves[one]
    assert tree(swapped, ordered)[0] != tree(leaves, ordered)[0]
    assert tree([*leaves, leaves[one]], ordered)[0] != tree(leaves, ordered)[0]


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
