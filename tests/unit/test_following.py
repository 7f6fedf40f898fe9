"""A network on which nobody does anything still decides what a later block decides."""

from __future__ import annotations

from typing import Any

from market.chain.following import FOLLOWING, Following


class Node:
    """A chain of blocks; `crowd` mines one just before the node is asked to."""

    def __init__(self) -> None:
        self.height = 1
        self.crowd = 0

    def __call__(self, method: str, *_: Any) -> Any:
        if method == "evm_mine":
            self.height += 1 + self.crowd
            self.crowd = 0
        return self.latest

    @property
    def latest(self) -> dict[str, str]:
        return {"hash": str(self.height), "parentHash": str(self.height - 1)}


def quiet_looks(following: Following, node: Node) -> int:
    before = node.height
    for _ in range(10):
        following.look(node.latest)
    return node.height - before


def test_a_few_blocks_follow_and_no_more() -> None:
    node = Node()
    following = Following(node)
    assert quiet_looks(following, node) == FOLLOWING
    assert quiet_looks(following, node) == 0
    node.height += 1
    assert quiet_looks(following, node) == FOLLOWING


def test_while_others_mine_none_is_needed() -> None:
    node = Node()
    following = Following(node)
    for _ in range(5):
        node.height += 1
        before = node.height
        following.look(node.latest)
        assert node.height == before


def test_a_block_between_is_followed_by_as_many() -> None:
    node = Node()
    following = Following(node)
    following.look(node.latest)
    node.crowd = 1
    following.look(node.latest)
    assert quiet_looks(following, node) == FOLLOWING
