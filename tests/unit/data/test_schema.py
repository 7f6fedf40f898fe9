from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.data import (
    DROP,
    REFUSE,
    Array,
    Classes,
    Column,
    Columns,
    Image,
    Labels,
    Numbers,
    Schema,
    from_dict,
    to_dict,
)
from market.errors import InputError

letters = st.characters(categories=("L", "N", "P", "S"))
words = st.text(letters, min_size=1, max_size=12)
constants = st.floats(-1e30, 1e30) | st.integers(-1000, 1000)


@st.composite
def schemas(draw: st.DrawFn) -> Schema:
    names = draw(st.lists(words, min_size=5, max_size=9, unique=True))
    columns = tuple(
        Column(name, draw(st.sampled_from([REFUSE, DROP]) | constants)) for name in names[:2]
    )
    inputs = draw(
        st.sampled_from(
            [
                Columns(columns),
                Array((3, 2), "int64", low=0),
                Array((7,), high=0.5),
                Image(3, 8, 9, resize=True),
            ]
        )
    )
    rest = tuple(names[2:])
    target = draw(st.sampled_from([Classes(rest[1:], rest[0]), Labels(rest), Numbers(rest)]))
    return Schema(inputs, target)


@given(schemas())
def test_what_was_written_is_read_back(schema: Schema) -> None:
    assert from_dict(json.loads(json.dumps(to_dict(schema)))) == schema


@given(schemas())
def test_a_description_is_one_line_that_names_what_is_asked_for(schema: Schema) -> None:
    said = schema.describe()
    assert "\n" not in said
    assert repr(schema.target.names[0])[1:-1] in said


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["inputs", "target", "kind", "names", "shape", "columns", "dtype"]),
            inner | st.sampled_from(["columns", "classes", "array", "image", "labels"]),
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_any_json_is_a_schema_or_refused(value: object) -> None:
    with pytest.raises(InputError):
        from_dict(value)


@given(schemas(), st.data())
def test_one_wrong_entry_is_refused_or_still_a_schema(schema: Schema, data: st.DataObject) -> None:
    value = to_dict(schema)
    part = value[data.draw(st.sampled_from(["inputs", "target"]))]
    entry = data.draw(st.sampled_from(sorted(part)))
    part[entry] = data.draw(json_values)
    try:
        read = from_dict(value)
    except InputError:
        return
    assert from_dict(to_dict(read)) == read


TARGET = Classes(("cat", "dog"))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Column(""), "a column must have 1 to 100 characters"),
        (lambda: Column("a\nb"), "that print"),
        (lambda: Column("a\u202eb"), "that print"),
        (lambda: Column(" a"), "begins or ends with a blank"),
        (lambda: Column("a", "mean"), "no rule 'mean'"),
        (lambda: Column("a", float("nan")), "cannot take"),
        (lambda: Column("a", True), "cannot take"),
        (lambda: Columns(()), "0 columns are named"),
        (lambda: Columns((Column("a"), Column("a"))), "'a' named more than once"),
        (lambda: Columns((Column("a", 0.5),), "int64"), "0.5 is no whole number"),
        (lambda: Columns((Column("a"),), "float16"), "dtype 'float16'"),
        (lambda: Array(()), "cannot have the shape"),
        (lambda: Array((3, 0)), "cannot have the shape"),
        (lambda: Array((2**13, 2**13)), "more than 16777216 entries"),
        (lambda: Array((3,), low=1, high=0), "no entry lies from 1 to 0"),
        (lambda: Array((3,), low=float("inf")), "cannot bound"),
        (lambda: Image(2, 4, 4), "1 or 3 channels"),
        (lambda: Image(3, 0, 4), "cannot have the shape"),
        (lambda: Classes(("cat",)), "1 classes are named"),
        (lambda: Classes(("cat", "cat")), "more than once"),
        (lambda: Schema(Columns((Column("label"),)), TARGET), "'label' cannot be given"),
    ],
)
def test_a_schema_that_makes_no_sense_is_refused(make: object, says: str) -> None:
    with pytest.raises(InputError) as caught:
        make()  # type: ignore[operator]
    assert says in caught.value.message


def test_known_words() -> None:
    columns = Columns((Column("age"), Column("height", DROP), Column("income", 0)))
    assert Schema(columns, TARGET).describe() == (
        "3 columns ('age', 'height', 'income') as float32; a row without 'height' is left out; a "
        "missing 'income' counts as 0; one of 2 classes ('cat', 'dog'), in column 'label' of a "
        "table"
    )
    assert Schema(Image(1, 28, 20), Labels(("a", "b"))).describe() == (
        "grey images 20 wide and 28 high, others refused; any of 2 labels ('a', 'b'), each a "
        "column of 0 and 1"
    )
    assert Schema(Array((128,), "int64", 0, 999), Numbers(("price",))).describe() == (
        "arrays of 128 as int64 from 0 up to 999; 1 numbers ('price'), each a column"
    )
