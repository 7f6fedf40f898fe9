"""Trees of blocks from a hostile peer: read back exactly, or refused before they cost much."""

import hashlib
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.errors import StorageError
from market.storage import unixfs
from market.storage.unixfs import CHUNK, FANOUT, Link, Node


class Blocks:
    """A peer with whatever blocks a test gives it; counts what it sends."""

    def __init__(self) -> None:
        self.held: dict[bytes, bytes] = {}
        self.sent = 0

    def put(self, block: bytes) -> bytes:
        digest = hashlib.sha256(block).digest()
        self.held[digest] = block
        return digest

    def link(self, node: Node, size: int | None = None) -> Link:
        block = unixfs.encode(node)
        total = len(block) + sum(link.total for link in node.links)
        return Link(self.put(block), node.size if size is None else size, total)

    def file(self, data: bytes) -> bytes:
        level = [self.link(Node(data[i : i + CHUNK])) for i in range(0, max(len(data), 1), CHUNK)]
        while len(level) > 1:
            level = [
                self.link(Node(links=tuple(level[i : i + FANOUT])))
                for i in range(0, len(level), FANOUT)
            ]
        return level[0].digest

    def fetch(self, digests: Sequence[bytes]) -> Iterator[bytes]:
        for digest in digests:
            self.sent += 1
            yield self.held[digest]


@pytest.mark.parametrize("size", [0, 1, CHUNK, CHUNK + 1, 3 * CHUNK, FANOUT * CHUNK + 5])
def test_reads_back_what_was_built(size: int) -> None:
    data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    peer = Blocks()
    root = peer.file(data)
    assert root == unixfs.build(data)
    assert unixfs.read(root, size, peer.fetch) == data


def test_too_large_costs_one_block() -> None:
    peer = Blocks()
    root = peer.file(bytes(4 * CHUNK))
    with pytest.raises(StorageError, match="at most"):
        unixfs.read(root, 4 * CHUNK - 1, peer.fetch)
    assert peer.sent == 1


def test_bomb_is_refused_early() -> None:
    """174 links to the same node, six levels deep, where the root promises a small file."""
    peer = Blocks()
    node = Node(bytes(CHUNK))
    for _ in range(6):
        node = Node(links=(peer.link(node),) * FANOUT)
    promise = Node(links=(peer.link(node, size=CHUNK), peer.link(Node(b"x"))))
    with pytest.raises(StorageError, match="size its parent states"):
        unixfs.read(peer.put(unixfs.encode(promise)), 2 * CHUNK, peer.fetch)
    assert peer.sent == 2


@pytest.mark.parametrize("shape", ["uneven", "deep", "data and links", "inner for leaf"])
def test_other_layouts_are_refused(shape: str) -> None:
    peer = Blocks()
    half, whole = Node(bytes(CHUNK // 2)), Node(bytes(CHUNK))
    root = {
        "uneven": Node(links=(peer.link(half), peer.link(whole), peer.link(half))),
        "deep": Node(links=(peer.link(Node(links=(peer.link(whole), peer.link(half)))),)),
        "data and links": Node(b"x", (peer.link(whole),)),
        "inner for leaf": Node(links=(peer.link(half), peer.link(half))),
    }[shape]
    with pytest.raises(StorageError):
        unixfs.read(peer.put(unixfs.encode(root)), 10 * CHUNK, peer.fetch)


def test_block_that_is_not_the_one_asked_for_is_refused() -> None:
    peer = Blocks()
    root = peer.file(b"honest")
    peer.held[root] = unixfs.encode(Node(b"forged"))
    with pytest.raises(StorageError, match="does not match its hash"):
        unixfs.read(root, 100, peer.fetch)


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"\x0a\x02\x08\x01",  # an empty directory
        b"\x0a\x0a\x08\x04\x12\x06/etc/x",  # a symbolic link
        b"\x0a\x04\x08\x02\x18\x80",  # cut inside a number
        b"\x0a\x07\x08\x02\x12\x01x\x18\x02",  # states another size than it has
        b"\x0a\x04\x08\x02\x18\x00\x00",  # something behind the end
        b"\x0a\x05\x08\x02\x18\x80\x00",  # zero in two bytes
        b"\x12\x04\x0a\x02\x12\x20\x0a\x06\x08\x02\x18\x00\x20\x00",  # a link without a size
    ],
)
def test_other_blocks_are_refused(block: bytes) -> None:
    with pytest.raises(StorageError):
        unixfs.decode(block)


@given(st.binary(max_size=200))
def test_decoding_never_fails_otherwise(block: bytes) -> None:
    try:
        node = unixfs.decode(block)
    except StorageError:
        return
    assert unixfs.encode(node) == block


@given(
    st.binary(max_size=50),
    st.lists(
        st.builds(
            Link,
            st.binary(min_size=32, max_size=32),
            st.integers(0, 2**40),
            st.integers(0, 2**40),
        ),
        max_size=5,
    ),
)
def test_decodes_what_it_encodes(data: bytes, links: list[Link]) -> None:
    node = Node(data, tuple(links))
    assert unixfs.decode(unixfs.encode(node)) == node


def test_digest_of_another_length_is_refused() -> None:
    with pytest.raises(StorageError):
        unixfs.decode(unixfs.encode(Node(links=(Link(b"short", 1, 1),))))
