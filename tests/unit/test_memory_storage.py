"""The twin must refuse what real storage refuses."""

import pytest

from market.errors import StorageError
from market.storage.cid import cid_of
from market.storage.memory import MemoryNetwork


def test_content_travels_to_connected_nodes_only() -> None:
    network = MemoryNetwork()
    alice, bob = network.node(), network.node()
    cid = alice.add(b"delta")
    with pytest.raises(StorageError, match="no peer sent"):
        bob.get(cid, 100, 1.0)
    bob.connect(alice.peer())
    assert bob.get(cid, 5, 1.0) == b"delta"


def test_pinned_content_outlives_its_source() -> None:
    network = MemoryNetwork()
    alice, bob = network.node(), network.node()
    cid = alice.add(b"delta")
    bob.connect(alice.peer())
    bob.pin(cid, 100, 1.0)
    alice.close()
    assert bob.get(cid, 100, 1.0) == b"delta"
    with pytest.raises(StorageError, match="cannot reach"):
        bob.connect(alice.peer())


def test_what_real_storage_refuses_is_refused() -> None:
    node = MemoryNetwork().node()
    cid = node.add(b"delta")
    with pytest.raises(StorageError, match="at most 4"):
        node.get(cid, 4, 1.0)
    with pytest.raises(StorageError, match="not a CID"):
        node.get("x", 4, 1.0)
    with pytest.raises(StorageError, match="not a peer address"):
        node.connect("x")
    node.content[cid_of(b"honest")] = b"forged"
    with pytest.raises(StorageError, match="not that of"):
        node.get(cid_of(b"honest"), 100, 1.0)
