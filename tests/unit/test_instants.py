"""Moments as people read them, absurd ones too."""

from __future__ import annotations

import pytest

from market.instants import instant, moment


def test_moments_are_in_utc() -> None:
    assert instant(1_772_366_400) == "2026-03-01 12:00:00 UTC"
    assert moment(1_772_366_400) == "2026-03-01 12:00 UTC"


@pytest.mark.parametrize("far", [2**40, 2**64 - 1, 2**255])
def test_what_no_calendar_has_is_a_number(far: int) -> None:
    assert str(far) in instant(far)
    assert str(far) in moment(far)
