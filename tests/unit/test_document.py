from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from circuits.shape import FoldedShape
from market.contribution.grid import Grid, Step
from market.datasets.preprocessing import Scaling
from market.errors import StorageError
from market.specification.document import Document, decode_document
from market.training.plan import TrainingPlan

DOCUMENT = Document(
    name="cells",
    features=2,
    classes=3,
    scaling=Scaling((0.5, -1.25), (1.0, 3.0)),
    training=TrainingPlan(learning_rate=0.1, epochs=2),
    columns=("a", "b"),
    slots=5,
    step="exact",
    scale_bits=13,
    stats_bits=13,
    statistics_cid="QmT5NvUtoM5nWFfrQdVrFtvGfKFmG7AHE8P34isapyhCxX",
    rows_cid="",
    srs_sha256="ab" * 32,
    srs_cid="",
)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    features = draw(st.integers(1, 5))
    offsets = st.floats(-1e12, 1e12)
    scales = st.floats(1e-12, 1e12)
    return Document(
        name=draw(st.text(min_size=1)),
        features=features,
        classes=draw(st.integers(2, 1024)),
        scaling=Scaling(
            tuple(draw(st.lists(offsets, min_size=features, max_size=features))),
            tuple(draw(st.lists(scales, min_size=features, max_size=features))),
        ),
        training=TrainingPlan(
            learning_rate=draw(st.floats(1e-9, 100)),
            epochs=draw(st.integers(1, 100_000)),
            batch_size=draw(st.integers(1, 2**20)),
            momentum=draw(st.floats(0, 0.99)),
            weight_decay=draw(st.floats(0, 100)),
        ),
        columns=draw(st.just(()) | st.tuples(*[st.text(max_size=9) for _ in range(features)])),
        slots=draw(st.integers(3, 32)),
        step=draw(st.sampled_from([step.method for step in Step])),
        scale_bits=draw(st.integers(1, 32)),
        stats_bits=draw(st.integers(1, 32)),
        statistics_cid=draw(st.text()),
        rows_cid=draw(st.text()),
        srs_sha256=draw(st.text()),
        srs_cid=draw(st.text()),
    )


@given(documents())
def test_a_published_document_is_read_back(document: Document) -> None:
    back = decode_document(document.encode(), document.digest())
    assert back == document
    assert back.encode() == document.encode()
    assert back.shape == FoldedShape(document.slots, document.features + 1, document.classes)
    assert back.grid == Grid(
        document.slots, document.scale_bits, document.stats_bits, Step.of(document.step)
    )


@given(st.binary(max_size=200))
def test_any_bytes_that_a_project_names_are_refused(data: bytes) -> None:
    with pytest.raises(StorageError, match="malformed"):
        decode_document(data, keccak(data))


def test_other_content_than_the_terms_name_is_refused() -> None:
    data = DOCUMENT.encode()
    with pytest.raises(StorageError, match="not the one that the terms name"):
        decode_document(data + b" ", DOCUMENT.digest())
    with pytest.raises(StorageError, match="not the one that the terms name"):
        decode_document(data, bytes(32))


def altered(path: str, value: Any) -> bytes:
    document = json.loads(DOCUMENT.encode())
    *tables, name = path.split(".")
    place = document
    for table in tables:
        place = place[table]
    place[name] = value
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("version", 1),
        ("version", "1"),
        ("surprise", 1),
        ("name", None),
        ("features", 3),
        ("features", "2"),
        ("features", 2.0),
        ("classes", 1),
        ("classes", True),
        ("slots", 2),
        ("slots", 33),
        ("scale_bits", 0),
        ("stats_bits", 33),
        ("srs_cid", None),
        ("rows_cid", None),
        ("step", "giant"),
        ("step", 1),
        ("columns", "ab"),
        ("columns", ["a"]),
        ("columns", ["a", 1]),
        ("scaling", []),
        ("scaling.offset", [0.0]),
        ("scaling.scale", [0.0, 1.0]),
        ("scaling.scale", [float("nan"), 1.0]),
        ("training", None),
        ("training.surprise", 1),
        ("training.learning_rate", float("nan")),
        ("training.learning_rate", "0.1"),
        ("training.momentum", True),
        ("training.epochs", 1.5),
        ("training.epochs", 10**9),
        ("training.batch_size", 2.5),
    ],
)
def test_an_unsound_entry_is_refused(path: str, value: Any) -> None:
    data = altered(path, value)
    with pytest.raises(StorageError, match="malformed"):
        decode_document(data, keccak(data))


@pytest.mark.parametrize("name", [f.name for f in dataclasses.fields(Document)] + ["version"])
def test_a_missing_entry_is_refused(name: str) -> None:
    document = json.loads(DOCUMENT.encode())
    del document[name]
    data = json.dumps(document).encode()
    with pytest.raises(StorageError, match=name):
        decode_document(data, keccak(data))


def test_absurd_nesting_is_refused() -> None:
    data = b"[" * 100_000
    with pytest.raises(StorageError, match="malformed"):
        decode_document(data, keccak(data))
