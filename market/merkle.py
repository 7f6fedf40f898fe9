"""Merkle trees as OpenZeppelin lays them out: a complete binary tree in one list, the root first.

The node at place i has its children at 2i + 1 and 2i + 2; the leaves fill the list from its end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from eth_utils.crypto import keccak

HASH_BYTES = 32
Pair: TypeAlias = Callable[[bytes, bytes], bytes]
"""The hash of two children, the left one first."""


def ordered(left: bytes, right: bytes) -> bytes:
    """Binds each leaf to its place."""
    return bytes(keccak(left + right))


def commutative(left: bytes, right: bytes) -> bytes:
    """As OpenZeppelin's MerkleProof hashes: a proof need not say on which side its nodes are."""
    return bytes(keccak(min(left, right) + max(left, right)))


def tree(leaves: Sequence[bytes], pair: Pair) -> list[bytes]:
    """All nodes, 2n - 1 of them for n leaves; leaf i stands at place 2n - 2 - i.

    Raises:
        ValueError: there are no leaves.
    """
    if not leaves:
        raise ValueError("a tree has at least one leaf")
    inner = len(leaves) - 1
    nodes = [b""] * inner + list(reversed(leaves))
    for place in reversed(range(inner)):
        nodes[place] = pair(nodes[2 * place + 1], nodes[2 * place + 2])
    return nodes


def proof(nodes: Sequence[bytes], leaf: int) -> list[bytes]:
    """The siblings on the way from a leaf, by its number, to the root."""
    place = len(nodes) - 1 - leaf
    siblings = []
    while place:
        siblings.append(nodes[place + 1 if place % 2 else place - 1])
        place = (place - 1) // 2
    return siblings


def holds_anywhere(root: bytes, leaf: bytes, siblings: Sequence[bytes]) -> bool:
    """Whether a tree of `commutative` hashes with this root has the leaf: `MerkleProof.verify`."""
    node = leaf
    for sibling in siblings:
        node = commutative(node, sibling)
    return node == root
