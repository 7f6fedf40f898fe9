from __future__ import annotations

import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circuits.shape import FoldedShape
from market.errors import InputError, ProofError
from zk.keys import Keys
from zk.parallel import Job, LocalProvers, Statement, prove_all
from zk.plan import Plan
from zk.prove import Proof
from zk.srs import Srs

KEYS = Keys(
    FoldedShape(3, 4, 2),
    Plan(freivalds=False),
    Srs(Path("srs"), "00" * 32),
    Path("keys"),
    logrows=15,
    rows=1,
    identity=b"",
    setup_seconds=0.0,
)
LONG = 60.0


def yields(data: bytes) -> Statement:
    return lambda _keys, _left: Proof(data, [])


def fails(text: str) -> Statement:
    def statement(_keys: Keys, _left: float) -> Proof:
        raise ProofError(text)

    return statement


@settings(max_examples=30)
@given(st.lists(st.booleans(), max_size=12), st.integers(1, 5))
def test_outcomes_are_in_the_order_of_the_jobs(kinds: list[bool], most: int) -> None:
    jobs = [
        Job(yields(bytes([index])) if good else fails(f"job {index}"), KEYS)
        for index, good in enumerate(kinds)
    ]
    outcomes = prove_all(jobs, provers=LocalProvers(most))
    assert len(outcomes) == len(jobs)
    for index, (good, outcome) in enumerate(zip(kinds, outcomes, strict=True)):
        if good:
            assert outcome == Proof(bytes([index]), [])
        else:
            assert isinstance(outcome, ProofError)
            assert outcome.message == f"job {index}"


def test_as_many_as_allowed_run_at_the_same_time_and_no_more() -> None:
    pairs, guard, running, most = threading.Barrier(2), threading.Lock(), [0], [0]

    def statement(_keys: Keys, _left: float) -> Proof:
        with guard:
            running[0] += 1
            most[0] = max(most[0], running[0])
        pairs.wait(LONG)  # passes only in twos
        with guard:
            running[0] -= 1
        return Proof(b"", [])

    outcomes = prove_all([Job(statement, KEYS)] * 6, provers=LocalProvers(2))
    assert outcomes == [Proof(b"", [])] * 6
    assert most == [2]


def test_each_job_gets_its_keys_and_the_whole_time() -> None:
    seen = []

    def statement(keys: Keys, left: float) -> Proof:
        seen.append((keys, left))
        return Proof(b"", [])

    prove_all([Job(statement, KEYS)] * 2, timeout=12.0)
    assert seen == [(KEYS, 12.0)] * 2


def test_a_mistake_of_the_program_is_no_outcome() -> None:
    def statement(_keys: Keys, _left: float) -> Proof:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        prove_all([Job(yields(b""), KEYS), Job(statement, KEYS)])


def test_none_at_the_same_time_is_refused() -> None:
    with pytest.raises(InputError, match="prove nothing"):
        LocalProvers(0)
