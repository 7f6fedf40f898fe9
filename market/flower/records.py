"""What Flower messages may carry here: one small flat record, checked on both ends.

Configurations travel from the coordinator to the nodes and receipts travel back. Both are records:
a few named scalars, or short lists of scalars of one type. Anything else is refused, whoever sent
it, before any other code sees it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import cast

from flwr.app import ConfigRecord, Message, RecordDict

from market.errors import TransportError

Scalar = bool | int | float | str | bytes
Value = Scalar | list[bool] | list[int] | list[float] | list[str] | list[bytes]
Record = dict[str, Value]

MAX_ENTRIES = 64
MAX_LIST = 256
MAX_BYTES = 64 * 1024
ERROR_KEY = "error"

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_INT_LIMIT = 1 << 63
_RECORD_NAME = "record"


def parse_record(raw: Mapping[str, object]) -> Record:
    """Returns `raw` as a record, a copy that shares no list with it.

    A record has at most `MAX_ENTRIES` entries and `MAX_BYTES` bytes in all. Integers are signed
    and 64 bits wide (amounts in wei travel as text), floats are finite, lists are not empty, hold
    at most `MAX_LIST` items and never mix types.

    Raises:
        TransportError: any of that does not hold.
    """
    if len(raw) > MAX_ENTRIES:
        raise TransportError(f"record has {len(raw)} entries, more than {MAX_ENTRIES}")
    record: Record = {}
    size = 0
    for key, value in raw.items():
        if not isinstance(key, str) or not _KEY.fullmatch(key):
            raise TransportError(f"record has a malformed key {str(key)[:80]!r}")
        items = value if isinstance(value, list) else [value]
        if not 0 < len(items) <= MAX_LIST:
            raise TransportError(f"{key} has {len(items)} items, not 1 to {MAX_LIST}")
        size += len(key) + sum(_scalar_size(key, item) for item in items)
        if size > MAX_BYTES:
            raise TransportError(f"record is larger than {MAX_BYTES} bytes")
        record[key] = _parse_value(key, value)
    return record


def _scalar_size(key: str, value: object) -> int:
    """Bytes that `value` counts for."""
    match value:
        case bool():
            return 1
        case int():
            if not -_INT_LIMIT <= value < _INT_LIMIT:
                raise TransportError(f"{key} does not fit 64 bits", "send it as text")
            return 8
        case float():
            if not math.isfinite(value):
                raise TransportError(f"{key} is not a finite number")
            return 8
        case str():
            try:
                return len(value.encode())
            except UnicodeEncodeError as error:
                raise TransportError(f"{key} is not valid text") from error
        case bytes():
            return len(value)
        case _:
            raise TransportError(f"{key} has the unsupported type {type(value).__name__}")


def _parse_value(key: str, value: object) -> Value:
    if isinstance(value, bool | int | float | str | bytes):
        return value
    if not isinstance(value, list) or len({type(item) for item in value}) != 1:
        raise TransportError(f"{key} mixes types in one list")
    return cast(Value, list(value))  # _scalar_size has checked the type of every item


def encode(record: Record) -> RecordDict:
    """The content of the Flower message that carries `record`."""
    return RecordDict({_RECORD_NAME: ConfigRecord(dict(record))})


def decode(message: Message) -> Record:
    """The record that `message` carries.

    Raises:
        TransportError: the message carries an error, or anything but one record.
    """
    if not message.has_content():
        raise TransportError("message has no content")
    content = message.content
    if list(content) != [_RECORD_NAME] or not isinstance(content[_RECORD_NAME], ConfigRecord):
        raise TransportError("message does not carry exactly one record")
    return parse_record(content.config_records[_RECORD_NAME])


class Outcome(StrEnum):
    """What became of a configuration at one node."""

    ANSWERED = "answered"
    """The node's handler returned a record."""
    FAILED = "failed"
    """The node's handler reported an error."""
    REJECTED = "rejected"
    """The reply broke the message protocol."""
    LOST = "lost"
    """The node went away before it answered."""


@dataclass(frozen=True)
class Receipt:
    """A node's reply to one configuration.

    Attributes:
        node: Flower's id of the node, which changes when the node restarts.
        round: number of the configuration that is answered, as `Coordinator.send` returned it.
        outcome: tells the cases below apart.
        record: what the handler returned; empty unless the outcome is `ANSWERED`.
        error: why there is no record; empty if the outcome is `ANSWERED`.
    """

    node: int
    round: int
    outcome: Outcome
    record: Record = field(default_factory=dict)
    error: str = ""


def parse_receipt(node: int, round_number: int, message: Message) -> Receipt:
    """Reads a node's reply; whatever is wrong with it ends up in the receipt, never in an error."""
    if message.has_error():
        reason = str(message.error.reason)[:500]
        return Receipt(node, round_number, Outcome.LOST, error=reason)
    try:
        record = decode(message)
    except TransportError as error:
        return Receipt(node, round_number, Outcome.REJECTED, error=error.message)
    match record.get(ERROR_KEY):
        case None:
            return Receipt(node, round_number, Outcome.ANSWERED, record)
        case str(reason):
            return Receipt(node, round_number, Outcome.FAILED, error=reason[:500])
        case _:
            return Receipt(node, round_number, Outcome.REJECTED, error="error is not text")
