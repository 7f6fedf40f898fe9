"""Whoever is named must have said what to seal to."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from market.errors import NotFoundError
from market.owner.preparation import announced_keys


def test_who_announced_no_key_is_named_whatever_its_role() -> None:
    known = {"0xA": SimpleNamespace(encryption_key=b"key")}
    market: Any = SimpleNamespace(announcement=known.get)
    assert announced_keys(market, ["0xA"]) == [b"key"]
    with pytest.raises(NotFoundError, match="by 0xB, 0xC") as caught:
        announced_keys(market, ["0xA", "0xB", "0xC"])
    assert "each named account's operator" in caught.value.hint
