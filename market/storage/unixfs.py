"""Files as IPFS stores them: kubo's balanced tree of dag-pb blocks, and nothing but that.

A file is cut into chunks of 262,144 bytes, each wrapped in a leaf; up to 174 nodes hang under a
parent, level by level, until one root is left. Only that layout is read back: the size that a
root states then fixes the whole shape of its tree, so a stranger's CID cannot make a reader
fetch more than the size it agreed to (a few blocks that link to each other could otherwise
unfold into terabytes).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from market.errors import StorageError

CHUNK = 262_144
FANOUT = 174
DIGEST_BYTES = 32

_MULTIHASH_PREFIX = b"\x12\x20"  # sha2-256, 32 bytes
_FILE = 2  # the UnixFS type of regular files

Fetch = Callable[[Sequence[bytes]], Iterator[bytes]]
"""Yields the blocks with the given sha-256 digests, in that order."""


@dataclass(frozen=True, slots=True)
class Link:
    """A child: the digest of its block, its file bytes, and its bytes with all block framing."""

    digest: bytes
    size: int
    total: int


@dataclass(frozen=True, slots=True)
class Node:
    """One block: file bytes in a leaf, links in an inner node, never both."""

    data: bytes = b""
    links: tuple[Link, ...] = ()

    @property
    def size(self) -> int:
        return len(self.data) + sum(link.size for link in self.links)


def build(data: bytes) -> bytes:
    """The digest of the root block of `data`."""
    leaves = [data[start : start + CHUNK] for start in range(0, len(data), CHUNK)] or [b""]
    level = [_link(Node(data=leaf)) for leaf in leaves]
    while len(level) > 1:
        groups = [level[start : start + FANOUT] for start in range(0, len(level), FANOUT)]
        level = [_link(Node(links=tuple(group))) for group in groups]
    return level[0].digest


def read(root: bytes, limit: int, fetch: Fetch) -> bytes:
    """The file under the block with digest `root`.

    Every block is hashed, and must be exactly what kubo would have written.

    Args:
        root: sha-256 digest of the root block.
        limit: the most bytes that the file may have; nothing past the root is fetched for more.
        fetch: where blocks come from; it need not be trusted.

    Raises:
        StorageError: a block does not match its digest, the tree is not kubo's layout of a
            regular file, or the file is larger than `limit`.
    """
    (node,) = _nodes([root], fetch)
    size = node.size
    if size > limit:
        raise StorageError(f"the content has {size} bytes, and at most {limit} are allowed")
    level = [node]
    for span in reversed(_spans(size)):
        links: list[Link] = []
        for node in level:
            sizes = _split(node.size, span)
            if node.data or [link.size for link in node.links] != sizes:
                raise StorageError("the content is not laid out as kubo lays out a file")
            links += node.links
        level = []
        for link, child in zip(links, _nodes([link.digest for link in links], fetch), strict=True):
            if child.size != link.size:
                raise StorageError("a block of the content is not of the size its parent states")
            level.append(child)
    if any(node.links for node in level):
        raise StorageError("the content is not laid out as kubo lays out a file")
    return b"".join(node.data for node in level)


def encode(node: Node) -> bytes:
    """The dag-pb block of `node`, byte for byte as kubo writes it."""
    links = b"".join(
        _field(
            2,
            _field(1, _MULTIHASH_PREFIX + link.digest) + _field(2, b"") + _number(3, link.total),
        )
        for link in node.links
    )
    content = _field(2, node.data) if node.data else b""
    sizes = b"".join(_number(4, link.size) for link in node.links)
    return links + _field(1, _number(1, _FILE) + content + _number(3, node.size) + sizes)


def decode(block: bytes) -> Node:
    """The node that `encode` turns into exactly `block`.

    Raises:
        StorageError: there is no such node.
    """
    try:
        node = _decode(block)
    except (IndexError, KeyError, ValueError) as error:
        raise StorageError("a block of the content is not a UnixFS file node") from error
    if encode(node) != block or any(len(link.digest) != DIGEST_BYTES for link in node.links):
        raise StorageError("a block of the content is not a UnixFS file node as kubo writes it")
    return node


def _decode(block: bytes) -> Node:
    fields = list(_fields(block))
    (content,) = (value for number, value in fields if number == 1)
    raw_links = [dict(_fields(_bytes(value))) for number, value in fields if number == 2]
    inner = list(_fields(_bytes(content)))
    sizes = [_int(value) for number, value in inner if number == 4]
    data = [_bytes(value) for number, value in inner if number == 2]
    links = tuple(
        Link(_bytes(link[1])[len(_MULTIHASH_PREFIX) :], size, _int(link[3]))
        for link, size in zip(raw_links, sizes, strict=True)
    )
    return Node(b"".join(data), links)


def _nodes(digests: Sequence[bytes], fetch: Fetch) -> Iterator[Node]:
    for digest, block in zip(digests, fetch(digests), strict=True):
        if hashlib.sha256(block).digest() != digest:
            raise StorageError("a block of the content does not match its hash")
        yield decode(block)


def _link(node: Node) -> Link:
    block = encode(node)
    total = len(block) + sum(link.total for link in node.links)
    return Link(hashlib.sha256(block).digest(), node.size, total)


def _spans(size: int) -> list[int]:
    """File bytes under one full child at each height of the tree of `size` bytes, lowest first."""
    spans = []
    span = CHUNK
    while span < size:
        spans.append(span)
        span *= FANOUT
    return spans


def _split(size: int, span: int) -> list[int]:
    return [min(span, size - start) for start in range(0, size, span)]


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(encoded) + bytes([value])


def _field(number: int, value: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _varint(len(value)) + value


def _number(number: int, value: int) -> bytes:
    return bytes([number << 3]) + _varint(value)


def _fields(message: bytes) -> Iterator[tuple[int, bytes | int]]:
    """The protobuf fields of `message`; lenient, since `decode` compares what comes of them."""
    position = 0
    while position < len(message):
        key, position = _read_varint(message, position)
        value, position = _read_varint(message, position)
        if key & 7 == 0:
            yield key >> 3, value
        elif key & 7 == 2:
            yield key >> 3, message[position : position + value]
            position += value
        else:
            raise ValueError("wire type")


def _read_varint(message: bytes, position: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise ValueError("varint")


def _bytes(value: bytes | int) -> bytes:
    if not isinstance(value, bytes):
        raise ValueError("wire type")
    return value


def _int(value: bytes | int) -> int:
    if not isinstance(value, int):
        raise ValueError("wire type")
    return value
