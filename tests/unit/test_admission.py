"""The queue for memory, within one process; tests/e2e/test_proving_together.py has several."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.errors import InputError, ProofError
from zk.admission import (
    SHARE,
    VARIABLE,
    Budget,
    admitted,
    budget,
    budget_for,
    machine_bytes,
    parse_bytes,
)

SOON = 0.3
LONG = 60.0


@pytest.fixture(autouse=True)
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The queue of a machine with ten bytes for proofs."""
    monkeypatch.setenv("MARKET_CACHE", str(tmp_path))
    monkeypatch.setenv(VARIABLE, "10")
    return tmp_path / "proofs"


class Waiter:
    """A thread that waits for memory, holds it until told, and says when it has it."""

    def __init__(self, need: int) -> None:
        self.inside, self.release = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, args=(need,))
        self._thread.start()

    def _run(self, need: int) -> None:
        with admitted(need, LONG):
            self.inside.set()
            self.release.wait(LONG)

    def end(self) -> None:
        self.release.set()
        self._thread.join(LONG)
        assert not self._thread.is_alive()


def queued(queue: Path, count: int) -> None:
    while len(list(queue.glob("*"))) < count:
        time.sleep(0.01)


def test_what_fits_together_is_admitted_together(queue: Path) -> None:
    with admitted(4, SOON), admitted(3, SOON), admitted(3, SOON):
        assert len(list(queue.iterdir())) == 3
        with pytest.raises(ProofError, match=r"waited \d+ s for"), admitted(1, SOON):
            pass
    assert list(queue.iterdir()) == []


def test_what_does_not_fit_waits_until_it_does() -> None:
    with admitted(6, LONG):
        large = Waiter(8)
        assert not large.inside.wait(SOON)
    assert large.inside.wait(LONG)
    large.end()


def test_nobody_overtakes_a_large_proof(queue: Path) -> None:
    with admitted(6, LONG):
        large = Waiter(8)
        queued(queue, 2)
        # Two bytes are free and would do, but the large one would wait for ever.
        with pytest.raises(ProofError, match="waited"), admitted(2, SOON):
            pass
    assert large.inside.wait(LONG)
    with admitted(2, LONG):
        pass
    large.end()


def test_many_never_hold_more_than_the_budget() -> None:
    guard, held, most, done = threading.Lock(), [0], [0], []

    def hold(need: int) -> None:
        for _ in range(3):
            with admitted(need, LONG):
                with guard:
                    held[0] += need
                    most[0] = max(most[0], held[0])
                with guard:
                    held[0] -= need
        done.append(need)

    threads = [threading.Thread(target=hold, args=(need,)) for need in (1, 3, 5, 7, 9, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)
    assert sorted(done) == [1, 3, 5, 7, 9, 10]
    assert most == [10]


def test_an_error_inside_frees_the_memory(queue: Path) -> None:
    with pytest.raises(ZeroDivisionError), admitted(10, SOON):
        raise ZeroDivisionError
    assert list(queue.iterdir()) == []


def test_what_is_left_of_the_time_is_handed_on() -> None:
    with admitted(1, 50.0) as left:
        assert 0 < left <= 50


@pytest.mark.parametrize("name", ["000000000001-10", "000000000001", "notes.txt"])
def test_what_nobody_holds_is_removed_from_the_queue(queue: Path, name: str) -> None:
    queue.mkdir(parents=True)
    (queue / name).touch()
    with admitted(10, SOON):
        assert name == "000000000001-10" or not (queue / name).exists()
    assert list(queue.iterdir()) == []


def test_more_than_the_budget_is_refused_at_once(queue: Path) -> None:
    assert budget_for(10) == Budget(10, 10)
    match = r"takes .* GiB of memory, and there is"
    with pytest.raises(ProofError, match=match) as caught:
        budget_for(11)
    assert VARIABLE in caught.value.hint
    with pytest.raises(ProofError, match=match), admitted(11, LONG):
        pass
    assert not queue.exists()


def test_without_a_variable_one_proof_may_take_all_and_then_runs_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(VARIABLE)
    total = machine_bytes()
    assert budget() == Budget(int(SHARE * total), total)
    with admitted(total, SOON), pytest.raises(ProofError, match="waited"), admitted(1, SOON):
        pass
    with admitted(1, SOON), pytest.raises(ProofError, match="waited"), admitted(total, SOON):
        pass
    with pytest.raises(ProofError, match="takes"), admitted(total + 1, SOON):
        pass


def test_a_machine_has_no_more_memory_than_is_built_in() -> None:
    built_in = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert 0 < machine_bytes() <= built_in


@given(st.integers(1, 2**60))
def test_plain_numbers_are_bytes(amount: int) -> None:
    assert parse_bytes(str(amount)) == parse_bytes(f" {amount} B ") == amount


@pytest.mark.parametrize(
    ("text", "amount"),
    [("16GiB", 16 << 30), ("1.5 GB", 1_500_000_000), ("500MB", 500_000_000), ("1TiB", 1 << 40)],
)
def test_units_are_decimal_or_binary(text: str, amount: int) -> None:
    assert parse_bytes(text) == amount


@pytest.mark.parametrize("text", ["", "0", "0GiB", "-1", "16 gib", "GiB", "1e9", "16GiBs", "nan"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=VARIABLE):
        parse_bytes(text)
