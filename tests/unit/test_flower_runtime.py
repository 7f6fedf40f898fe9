from __future__ import annotations

import socket
from pathlib import Path

import pytest
from flwr.app import Message
from flwr.supercore.inflatable.inflatable_object import get_all_nested_objects
from hypothesis import given, settings
from hypothesis import strategies as st

from market.errors import InputError, TransportError
from market.flower import launch, records
from market.flower.node import Node
from market.flower.runtime import _inflate
from tests.messages import message


def parts_of(message: Message) -> dict[str, bytes]:
    return {name: part.deflate() for name, part in get_all_nested_objects(message).items()}


def test_a_message_is_put_together_from_its_parts() -> None:
    sent = message(records.encode({"a": 1}))
    assert records.decode(_inflate(sent.object_id, parts_of(sent))) == {"a": 1}


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_bytes_that_are_no_message_are_refused(content: bytes) -> None:
    with pytest.raises(TransportError):
        _inflate("name", {"name": content})


@settings(deadline=None)
@given(st.data())
def test_a_corrupted_message_is_refused_or_still_a_message(data: st.DataObject) -> None:
    sent = message(records.encode({"a": 1, "b": "text"}))
    parts = parts_of(sent)
    name = data.draw(st.sampled_from(sorted(parts)))
    content = bytearray(parts[name])
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    parts[name] = bytes(content)
    try:
        received = _inflate(sent.object_id, parts)
    except TransportError:
        return
    assert isinstance(received, Message)


def test_a_part_of_a_message_is_no_message() -> None:
    sent = message(records.encode({"a": 1}))
    parts = parts_of(sent)
    record = next(name for name, part in parts.items() if part.startswith(b"ConfigRecord"))
    with pytest.raises(TransportError, match="ConfigRecord"):
        _inflate(record, parts)


@pytest.mark.parametrize("address", ["", "host", "host:", ":9092", "host:x", "host:0", "h:65536"])
def test_a_node_refuses_what_is_no_address(address: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="address"):
        Node(tmp_path, address, lambda config: config)


def test_a_taken_port_is_named() -> None:
    with socket.socket() as taken:
        taken.bind((launch.LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=str(port)):
            launch.check_bindable(launch.LOOPBACK, port, seconds=0.0)
    launch.check_bindable(launch.LOOPBACK, launch.free_port())
