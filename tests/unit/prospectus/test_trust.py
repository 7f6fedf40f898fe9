"""Who judges a project, said to who may know some of them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from market.prospectus.disputes import consequences
from market.prospectus.trust import trust, trusted_arbiters
from market.specification.amounts import NATIVE

A, B, C, OWNER = (f"0x{letter * 40}" for letter in "ABCD")


def terms(*arbiters: str, quorum: int = 0) -> Any:
    return SimpleNamespace(
        owner=OWNER,
        aggregators=(C,),
        arbiters=arbiters,
        arbiter_quorum=quorum or len(arbiters) // 2 + 1,
        dispute_bond=10**16,
        owner_bond=10**17,
        audit_seconds=3600,
        is_measured=False,
    )


@pytest.mark.parametrize(
    ("named", "judges", "said"),
    [
        ((), [A], "the owner's word"),
        ((A,), [A.lower()], "judged by 1 arbiter, whom you trust"),
        ((A, B), [A, B], "judged by 2 arbiters, all of whom you trust"),
        ((A, B), [B], "judged by 2 arbiters, 1 of whom you trust; 2 votes decide"),
        (
            (A, B),
            [],
            "judged by 2 arbiters, none of whom you list as trusted: the owner's word to you",
        ),
        (
            (OWNER,),
            [],
            "judged by 1 arbiter, whom you do not list as trusted: the owner's word to you; "
            "1 is the owner or an aggregator",
        ),
    ],
)
def test_the_sentence(named: tuple[str, ...], judges: list[str], said: str) -> None:
    assert trust(terms(*named), judges) == said


def test_trusted_arbiters_keep_their_order() -> None:
    assert trusted_arbiters(terms(B, A), [A, B, C]) == (B, A)


def test_a_dispute_says_what_it_costs_and_what_it_may_bring() -> None:
    said = " ".join(consequences(terms(A, B), NATIVE))
    assert "0.010000 ether" in said
    assert "half of the owner's, 0.050000 ether" in said
    assert "2 of 2 arbiters decide within 1 hour" in said


def test_a_dispute_of_a_measurement_says_what_else_it_brings() -> None:
    measured = terms(A, B)
    measured.is_measured = True
    said = " ".join(consequences(measured, NATIVE))
    assert "They measure the model again, within 1 hour" in said
    assert "for each model that is still to be measured" in said
    assert "an even share at least" in said
    assert "until its first settlement" not in said
