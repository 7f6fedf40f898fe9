"""Endless mutations of good model files, the same for the same seed."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator, Sequence
from typing import Any

from market.models.operations import OPERATIONS
from tests.model_files.draft import framed, text

_VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 3, 7, 8, 2**16, 2**31 - 1, 2**31, 2**53, 2**63, -(2**31), 0.5,
    -1.5, 1e300, "", "inf", "-inf", "F32", "I64", "BOOL", "same", "offset", [], [0], [1], [1, 1],
    [2**31 - 1] * 4, [-1, -1], {}, {"batch": 1}, {"batch": 2**31 - 1}, [{"batch": 1}],
    [{"batch": 1}, 2**31 - 1],
)  # fmt: skip


def mutations(good: Sequence[bytes], generator: random.Random) -> Iterator[tuple[str, bytes]]:
    """Files that differ from good ones in bytes, in the header, or in the graph."""
    number = 0
    while True:
        data = generator.choice(good)
        kind = generator.choice((_bytes, _header, _graph, _graph, _nudged, _nudged, _nudged))
        number += 1
        yield f"{kind.__name__} {number}", kind(data, generator)


def _bytes(data: bytes, generator: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(generator.randint(1, 4)):
        place = generator.randrange(min(len(changed), generator.choice((16, 400, 10**9))))
        match generator.randrange(3):
            case 0:
                changed[place] = generator.randrange(256)
            case 1:
                del changed[place : place + generator.randint(1, 16)]
            case 2:
                changed[place:place] = generator.randbytes(generator.randint(1, 16))
        if not changed:
            return b""
    return bytes(changed)


def _header(data: bytes, generator: random.Random) -> bytes:
    header, rest = _split(data)
    _spoil(header, generator)
    return _joined(header, rest)


def _graph(data: bytes, generator: random.Random) -> bytes:
    header, rest = _split(data)
    graph = json.loads(header["__metadata__"]["graph"])
    for _ in range(generator.randint(1, 3)):
        node = generator.choice(graph["nodes"])
        match generator.randrange(4):
            case 0:
                node["op"] = generator.choice(list(OPERATIONS))
                kinds = OPERATIONS[node["op"]].arguments
                had = node["arguments"]
                node["arguments"] = {
                    name: had.get(name, _value(generator, *had.values())) for name in kinds
                }
            case 1:
                _spoil(graph, generator)
            case _:
                name = generator.choice(list(node["arguments"]))
                node["arguments"][name] = _value(generator)
        if not isinstance(graph.get("nodes"), list) or not graph["nodes"]:
            break
        if not all(isinstance(n, dict) and n.get("arguments") for n in graph["nodes"]):
            break
        if not all(isinstance(n["arguments"], dict) for n in graph["nodes"]):
            break
    header["__metadata__"]["graph"] = text(graph)
    return _joined(header, rest)


def _nudged(data: bytes, generator: random.Random) -> bytes:
    """Arguments that are a little different, so that more of them pass."""
    header, rest = _split(data)
    graph = json.loads(header["__metadata__"]["graph"])
    weights = [name for name in header if name != "__metadata__"]
    for _ in range(generator.randint(1, 2)):
        place: Any = generator.choice(graph["nodes"])["arguments"]
        key: Any = generator.choice(list(place))
        while isinstance(place[key], list | dict) and place[key]:
            place = place[key]
            key = generator.choice(list(place) if isinstance(place, dict) else range(len(place)))
        place[key] = _near(place[key], weights, generator)
    header["__metadata__"]["graph"] = text(graph)
    return _joined(header, rest)


def _near(value: Any, weights: Sequence[str], generator: random.Random) -> Any:
    match value:
        case bool():
            return not value
        case int() if generator.random() < 0.9:
            factor = generator.choice((-1, 1, 1, 1, 2, 2**10))
            return value * factor + generator.choice((-2, -1, 0, 1, 2))
        case float():
            return value * generator.choice((-1.0, 0.0, 0.5, 1e-300, 1e300))
        case str() if generator.random() < 0.9:
            return generator.choice((*weights, 0, 1, 2))
    return _value(generator, *weights)


def _spoil(value: Any, generator: random.Random) -> None:
    """Replaces or removes one entry, at any depth."""
    while True:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        key = generator.choice(keys)
        if isinstance(value[key], dict | list) and value[key] and generator.random() < 0.8:
            value = value[key]
        else:
            break
    if generator.random() < 0.2:
        del value[key]
    else:
        value[key] = _value(generator)


def _value(generator: random.Random, *more: Any) -> Any:
    # A copy: what was put in may itself be spoilt.
    return copy.deepcopy(generator.choice((*more, *_VALUES)))


def _split(data: bytes) -> tuple[dict[str, Any], bytes]:
    length = int.from_bytes(data[:8], "little")
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def _joined(header: dict[str, Any], rest: bytes) -> bytes:
    raw = text(header).encode()
    return framed(raw + b" " * (-len(raw) % 8), rest)
