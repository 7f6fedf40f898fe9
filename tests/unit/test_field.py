from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.errors import ProofError
from zk.field import P, Point, R, from_felt, signed, to_felt, to_felts

coordinates = st.integers(0, 2**256 - 1)


@given(st.integers(-(R // 2), R // 2))
def test_every_integer_below_half_the_field_survives(value: int) -> None:
    text = to_felt(value)
    assert len(text) == 64
    assert 0 <= from_felt(text) < R
    assert signed(from_felt(text)) == value
    assert to_felts([value, value]) == [text, text]


def test_the_engines_form_is_little_endian() -> None:
    assert to_felt(1) == "01" + "00" * 31
    assert to_felt(256) == "0001" + "00" * 30
    assert from_felt(to_felt(-1)) == R - 1


@given(st.integers(-(2**300), 2**300))
def test_larger_integers_wrap_around(value: int) -> None:
    assert from_felt(to_felt(value)) == value % R


@pytest.mark.parametrize(
    "text",
    [
        "",
        "00" * 31,
        "00" * 33,
        "zz" * 32,
        " " + "00" * 31 + " ",
        "00 " * 21 + "0",
        R.to_bytes(32, "little").hex(),
        "ff" * 32,
    ],
)
def test_what_is_no_element_is_refused(text: str) -> None:
    with pytest.raises(ProofError, match="not a field element"):
        from_felt(text)


@given(st.builds(Point, coordinates, coordinates))
def test_points_stand_in_calldata_as_two_words(point: Point) -> None:
    data = point.to_bytes()
    assert data == point.x.to_bytes(32, "big") + point.y.to_bytes(32, "big")
    assert Point.from_bytes(data) == point
    assert Point.from_bytes(data + b"what follows") == point


def test_points_on_the_curve() -> None:
    assert Point(1, 2).on_curve
    assert Point(1, P - 2).on_curve
    assert not Point(1, 3).on_curve
    # The same point written with coordinates outside the field.
    assert not Point(1 + P, 2).on_curve
    assert not Point(1, 2 + P).on_curve
    assert not Point(0, 0).on_curve
