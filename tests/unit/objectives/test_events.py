from __future__ import annotations

import struct
from pathlib import Path

import pytest
from tensorboardX.proto.event_pb2 import Event

from market.errors import InputError
from market.objectives import class_metrics
from market.objectives.events import EventFile


def points(path: Path) -> dict[tuple[str, int], float]:
    """What TensorBoard reads: records of length, its checksum, an event, its checksum."""
    data, at, found = path.read_bytes(), 0, {}
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        event = Event.FromString(data[at + 12 : at + 12 + length])
        found |= {(each.tag, event.step): each.simple_value for each in event.summary.value}
        at += 16 + length
    return found


def test_defined_metrics_are_points_of_curves(tmp_path: Path) -> None:
    events = EventFile(tmp_path)
    events.write(0, 0.5, class_metrics([[1.0, 0.0]], [0]))
    events.write(1, 0.25, class_metrics([[1.0, 0.0], [1.0, 0.0]], [0, 1]))
    events.close()
    (path,) = tmp_path.iterdir()
    found = points(path)
    assert (found["loss", 0], found["loss", 1]) == (0.5, 0.25)
    assert (found["recall/0", 0], found["recall/1", 1]) == (1, 0)
    assert ("auc", 0) not in found
    assert ("recall/1", 0) not in found
    assert found["auc", 1] == 0.5


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write"):
        EventFile(tmp_path / "file" / "below")
