"""Patterns of tensor names."""

from __future__ import annotations

import pytest

from market.coordinates.scope import in_scope
from market.errors import InputError

NAMES = ["body.0.weight", "body.0.bias", "head.weight", "head.bias", "Head"]


def test_names_keep_their_order_and_come_once() -> None:
    assert in_scope(NAMES, ["*"]) == NAMES
    assert in_scope(NAMES, ["head.*", "*.bias"]) == ["body.0.bias", "head.weight", "head.bias"]
    assert in_scope(NAMES, ["body.?.weight"]) == ["body.0.weight"]


def test_case_counts() -> None:
    assert in_scope(NAMES, ["Head*"]) == ["Head"]


def test_a_pattern_for_nothing_is_answered_by_what_there_is() -> None:
    with pytest.raises(InputError, match=r"no tensor is called 'tail\.\*'") as refused:
        in_scope(NAMES, ["head.*", "tail.*"])
    assert refused.value.hint == f"there are {', '.join(NAMES)}"


def test_a_long_answer_is_cut() -> None:
    with pytest.raises(InputError, match="and 80 more"):
        in_scope([f"layer.{number}" for number in range(100)], ["head"])


@pytest.mark.parametrize("patterns", [[], "head.*"])
def test_a_scope_is_a_list_of_patterns(patterns: list[str]) -> None:
    with pytest.raises(InputError, match="list of one or more"):
        in_scope(NAMES, patterns)
