"""The planner against what was measured of real keys and proofs (docs/proofs.md)."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circuits.shape import FoldedShape, Shape
from market.errors import InputError
from zk.planner import GIBIBYTE, Bounds, candidates, choose, forecast


@dataclass(frozen=True)
class Measured:
    """One proof; `rows` where the engine's own count is known."""

    shape: Shape
    logrows: int
    peak_bytes: float
    proof_bytes: int
    code_bytes: int
    verify_gas: int
    rows: int | None = None
    inner_columns: int = 1


MEASURED = [
    Measured(Shape(3, 4, 2), 15, 0.47e9, 4448, 20_782, 746_409, 254),
    Measured(Shape(5, 65, 10), 15, 0.45e9, 4384, 20_262, 776_646, 27_833),
    Measured(Shape(8, 65, 10), 16, 0.94e9, 4928, 21_125, 934_789, 39_623),
    Measured(FoldedShape(3, 4, 2), 15, 0.28e9, 2656, 11_408, 484_036),
    Measured(FoldedShape(8, 65, 10), 15, 0.29e9, 2656, 11_407, 484_072),
    # Its gas is the difference that the second column makes to a transaction that checks claims.
    Measured(FoldedShape(4, 4, 2), 15, 0.375e9, 3520, 13_889, 587_586, inner_columns=2),
    Measured(FoldedShape(4, 4, 2), 15, 0.448e9, 4352, 16_357, 684_830, inner_columns=3),
    Measured(FoldedShape(32, 65, 10), 16, 0.55e9, 2656, 11_407, 484_281),
]


@pytest.mark.parametrize("found", MEASURED, ids=lambda each: f"{each.shape}, {each.inner_columns}")
def test_forecasts_are_what_was_measured(found: Measured) -> None:
    (plan,) = (p for p in candidates(found.shape) if p.inner_columns == found.inner_columns)
    expected = forecast(found.shape, plan)
    assert expected.logrows == found.logrows
    assert expected.proof_bytes == pytest.approx(found.proof_bytes, rel=0.1)
    assert expected.code_bytes == pytest.approx(found.code_bytes, rel=0.06)
    assert expected.verify_gas == pytest.approx(found.verify_gas, rel=0.06)
    assert expected.memory_bytes == pytest.approx(found.peak_bytes, rel=0.15)
    if found.rows is not None:
        assert expected.rows == max(found.rows, 254)


shapes = st.builds(
    Shape, slots=st.integers(3, 32), features=st.integers(2, 900), classes=st.integers(2, 100)
)


@given(shapes, st.integers(1, 64), st.integers(1000, 60_000), st.integers(15, 26))
def test_what_is_chosen_fits_and_what_is_refused_does_not(
    shape: Shape, gibibytes: int, code: int, logrows: int
) -> None:
    bounds = Bounds(gibibytes * GIBIBYTE, code, 16_000_000, logrows)
    for each in (shape, FoldedShape(shape.slots, shape.features, shape.classes)):
        forecasts = [forecast(each, plan) for plan in candidates(each)]
        fits = [not f.excess(bounds) for f in forecasts]
        if any(fits):
            assert choose(each, bounds) in [f for f, ok in zip(forecasts, fits, strict=True) if ok]
        else:
            with pytest.raises(InputError, match="no circuit of") as refusal:
                choose(each, bounds)
            assert "above" in refusal.value.message
            assert refusal.value.hint


@given(shapes)
def test_more_slots_never_cost_less(shape: Shape) -> None:
    if shape.slots == 32:
        return
    for kind in (Shape, FoldedShape):
        less, more = (
            forecast(wide, candidates(wide)[0])
            for wide in (kind(s, shape.features, shape.classes) for s in (shape.slots, 32))
        )
        assert less.rows < more.rows
        assert less.logrows <= more.logrows
        assert less.code_bytes <= more.code_bytes
        assert less.verify_gas <= more.verify_gas


def test_a_second_inner_column_is_taken_where_it_halves_the_height() -> None:
    assert choose(FoldedShape(16, 65, 10)).plan.inner_columns == 1
    wide = choose(FoldedShape(32, 65, 10))
    assert (wide.plan.inner_columns, wide.logrows) == (2, 15)


def test_each_bound_is_named() -> None:
    shape = Shape(30, 769, 100)
    with pytest.raises(InputError) as refusal:
        choose(shape, Bounds(GIBIBYTE, 20_000, 500_000, 16))
    for part in ("rows", "GiB to prove", "bytes of verifier", "gas to verify", "30 slots"):
        assert part in refusal.value.message


def test_an_unknown_configuration_is_refused() -> None:
    shape = Shape(5, 65, 10)
    other = candidates(FoldedShape(5, 65, 10))[0]
    with pytest.raises(InputError, match="no configuration"):
        forecast(shape, other)
