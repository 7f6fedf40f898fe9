from __future__ import annotations

import math

import pytest
from flwr.app import ArrayRecord, ConfigRecord, Error, Message, MetricRecord, RecordDict
from hypothesis import given, settings
from hypothesis import strategies as st

from market.errors import TransportError
from market.flower import records
from market.flower.records import Outcome, Record, parse_receipt, parse_record
from tests.messages import message

KEYS = st.from_regex(r"[A-Za-z][A-Za-z0-9_.-]{0,20}", fullmatch=True)
KINDS = (
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(codec="utf-8"), max_size=50),
    st.binary(max_size=50),
)
VALUES = st.one_of(*KINDS, *(st.lists(kind, min_size=1, max_size=5) for kind in KINDS))
RECORDS = st.dictionaries(KEYS, VALUES, max_size=8)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


def over_the_wire(content: RecordDict) -> RecordDict:
    """What arrives of `content`, by Flower's own serialisation."""
    return RecordDict(
        {
            name: type(record).inflate(record.deflate(), children=None)
            for name, record in content.items()
        }
    )


@settings(deadline=None)
@given(RECORDS)
def test_a_record_survives_the_wire_with_its_types(record: Record) -> None:
    received = records.decode(message(over_the_wire(records.encode(record))))
    assert received == record
    # Equality alone would let True pass for 1.
    assert repr(received) == repr(record)


@settings(deadline=None)
@given(st.dictionaries(st.text(max_size=8) | KEYS, ANYTHING, max_size=6))
def test_whatever_is_accepted_can_be_sent(raw: dict[str, object]) -> None:
    try:
        record = parse_record(raw)
    except TransportError:
        return
    assert records.decode(message(over_the_wire(records.encode(record)))) == raw


@pytest.mark.parametrize(
    "raw",
    [
        {"key": None},
        {"key": {"nested": 1}},
        {"key": []},
        {"key": [1, "a"]},
        {"key": [True, 1]},
        {"key": [[1]]},
        {"key": 2**63},
        {"key": -(2**63) - 1},
        {"key": math.nan},
        {"key": [0.0, math.inf]},
        {"key": "\ud800"},
        {"key": [1] * (records.MAX_LIST + 1)},
        {"key": bytes(records.MAX_BYTES)},
        {f"k{i}": bytes(2048) for i in range(33)},
        {f"k{i}": 1 for i in range(records.MAX_ENTRIES + 1)},
        {"": 1},
        {"with space": 1},
        {"k" * 65: 1},
        {"key\n": 1},
        {7: 1},
    ],
)
def test_what_is_not_a_record_is_refused(raw: dict[str, object]) -> None:
    with pytest.raises(TransportError):
        parse_record(raw)


def test_the_limits_themselves_are_allowed() -> None:
    assert parse_record({"k": bytes(records.MAX_BYTES - 1)})
    assert parse_record({f"k{i}": [1] for i in range(records.MAX_ENTRIES)})
    assert parse_record({"low": -(2**63), "high": 2**63 - 1, "many": [0.5] * records.MAX_LIST})


def test_a_parsed_record_shares_no_list_with_its_source() -> None:
    source = [1, 2]
    record = parse_record({"key": source})
    source.append(3)
    assert record == {"key": [1, 2]}


@settings(deadline=None)
@given(RECORDS)
def test_a_receipt_is_answered_unless_it_names_an_error(record: Record) -> None:
    receipt = parse_receipt(7, 3, message(records.encode(record)))
    assert (receipt.node, receipt.round) == (7, 3)
    if records.ERROR_KEY in record:
        assert receipt.outcome in (Outcome.FAILED, Outcome.REJECTED)
        assert receipt.record == {}
    else:
        assert receipt.outcome is Outcome.ANSWERED
        assert receipt.record == record


def test_a_reported_error_is_cut_to_a_line_s_length() -> None:
    receipt = parse_receipt(7, 1, message(records.encode({"error": "x" * 5000})))
    assert receipt.outcome is Outcome.FAILED
    assert receipt.error == "x" * 500


@pytest.mark.parametrize(
    "content",
    [
        RecordDict({}),
        RecordDict({"other": ConfigRecord({"a": 1})}),
        RecordDict({"record": ConfigRecord({"a": 1}), "more": ConfigRecord({"a": 1})}),
        RecordDict({"record": MetricRecord({"a": 1})}),
        RecordDict({"record": ArrayRecord({})}),
        RecordDict({"record": ConfigRecord({"a": bytes(records.MAX_BYTES)})}),
        RecordDict({"record": ConfigRecord({"error": 1})}),
    ],
)
def test_a_reply_that_breaks_the_protocol_is_a_rejected_receipt(content: RecordDict) -> None:
    receipt = parse_receipt(7, 1, message(content))
    assert receipt.outcome is Outcome.REJECTED
    assert receipt.record == {}
    assert receipt.error


def test_an_error_of_flower_means_that_the_node_is_lost() -> None:
    request = message(records.encode({"a": 1}))
    reply = Message(Error(code=3, reason="node unavailable"), reply_to=request)
    receipt = parse_receipt(7, 1, reply)
    assert (receipt.outcome, receipt.error) == (Outcome.LOST, "node unavailable")
