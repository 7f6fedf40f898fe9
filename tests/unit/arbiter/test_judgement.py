"""What an arbiter's checks say of honest rows, and of each way to bend them."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from eth_utils.crypto import keccak

from market.arbiter import judgement
from market.arbiter.judgement import Outcome, check_rows, unreadable
from market.arbiter.sealed import fetch_rows
from market.contribution.statistics import validation_statistics
from market.datasets.catalogue import load
from market.datasets.preprocessing import standardise
from market.errors import NotFoundError, StorageError
from market.storage.encryption import new_private_key, public_key_of
from market.storage.envelope import enclose
from market.storage.memory import MemoryNetwork
from market.vectors import salted, triangle
from market.yardstick.package import RowsPackage, pack_rows, unpack_rows
from market.yardstick.rows import new_salts
from tests.documents import document

ROWS = 120
_TABLE = load("digits").table
TABLE = _TABLE.rows(np.random.default_rng(0).permutation(len(_TABLE))[:ROWS])
DOCUMENT = document(standardise(TABLE.X))
KEYS: Any = SimpleNamespace()


@pytest.fixture(autouse=True)
def _no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A commitment that binds as well, without minutes of keys."""
    monkeypatch.setattr(judgement, "commit", lambda vector, _keys: keccak(repr(vector).encode()))


def package_of(X: np.ndarray, y: np.ndarray, **changes: Any) -> RowsPackage:
    own = validation_statistics(DOCUMENT.scaling.design(X), y, 10, DOCUMENT.grid)
    vector = [*triangle(own.H), *own.c.reshape(-1).tolist()]
    committed = salted(vector, DOCUMENT.shape.statistics_length)
    package = RowsPackage(X, y, tuple(new_salts(len(y))), tuple(committed))
    return dataclasses.replace(package, **changes)


def terms_of(package: RowsPackage, **changes: Any) -> Any:
    named = {
        "rows_root": package.root,
        "rows": len(package.y),
        "outputs": 10,
        "energy": DOCUMENT.grid.utility_unit,
        "statistics": keccak(repr(list(package.statistics)).encode()),
    }
    return SimpleNamespace(**{**named, **changes})


def failed(found: Any) -> list[str]:
    return [check.text for check in found.checks if not check.holds]


HONEST = package_of(TABLE.X, TABLE.y)


def test_honest_rows_hold_and_look_it() -> None:
    found = check_rows(HONEST, terms_of(HONEST), DOCUMENT, KEYS)
    assert found.outcome is Outcome.HOLDS, (failed(found), found.plausibility)


def test_sums_in_another_order_are_no_lie() -> None:
    """Another machine adds the rows in another order: the statistics may differ by roundings."""
    order = np.random.default_rng(1).permutation(ROWS)
    other = package_of(TABLE.X[order], TABLE.y[order])
    mixed = dataclasses.replace(HONEST, statistics=other.statistics)
    found = check_rows(mixed, terms_of(mixed), DOCUMENT, KEYS)
    assert found.outcome is Outcome.HOLDS


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"rows_root": bytes(32)}, "rowsRoot"),
        ({"rows": ROWS + 1}, "number is that of the terms"),
        ({"outputs": 9}, "as many outputs"),
        ({"energy": 7}, "energy"),
        ({"statistics": b""}, "statistics are those that the terms commit to"),
    ],
)
def test_terms_that_name_something_else(changes: dict[str, Any], text: str) -> None:
    found = check_rows(HONEST, terms_of(HONEST, **changes), DOCUMENT, KEYS)
    assert found.outcome is Outcome.REFUTED
    assert [text in each for each in failed(found)] == [True]


def test_a_yardstick_bent_toward_an_accomplice_is_refuted() -> None:
    """c gets a direction that no row has: whoever knows it is paid for it."""
    bent = list(HONEST.statistics)
    bent[DOCUMENT.shape.triangle_length + 17] += DOCUMENT.grid.model_unit << 3
    package = dataclasses.replace(HONEST, statistics=tuple(bent))
    found = check_rows(package, terms_of(package), DOCUMENT, KEYS)
    assert found.outcome is Outcome.REFUTED
    assert failed(found) == ["H and c are those of the rows, to what rounding explains"]


def test_a_bent_curvature_is_refuted() -> None:
    bent = list(HONEST.statistics)
    bent[3] += 40
    package = dataclasses.replace(HONEST, statistics=tuple(bent))
    assert check_rows(package, terms_of(package), DOCUMENT, KEYS).outcome is Outcome.REFUTED


def test_random_labels_pass_the_checks_and_a_person_has_to_look() -> None:
    lots = np.random.default_rng(5).permutation(TABLE.y)
    package = package_of(TABLE.X, lots)
    found = check_rows(package, terms_of(package), DOCUMENT, KEYS)
    assert failed(found) == []
    assert found.outcome is Outcome.DOUBTFUL


def test_other_rows_than_the_committed_ones_are_refuted() -> None:
    shown = package_of(TABLE.X[::-1], TABLE.y)
    found = check_rows(shown, terms_of(HONEST), DOCUMENT, KEYS)
    assert found.outcome is Outcome.REFUTED


@pytest.mark.parametrize(
    "package",
    [
        RowsPackage(TABLE.X[:, :5], TABLE.y, HONEST.salts, HONEST.statistics),
        RowsPackage(TABLE.X, TABLE.y + 5, HONEST.salts, HONEST.statistics),
        RowsPackage(TABLE.X, TABLE.y, HONEST.salts, HONEST.statistics[:-1]),
    ],
)
def test_rows_that_fit_no_model_are_refuted(package: RowsPackage) -> None:
    found = check_rows(package, terms_of(package), DOCUMENT, KEYS)
    assert found.outcome is Outcome.REFUTED
    assert found.plausibility is None


def test_absurdly_long_rows_are_other_rows() -> None:
    package = dataclasses.replace(HONEST, X=np.full_like(TABLE.X, 1e100))
    assert check_rows(package, terms_of(package), DOCUMENT, KEYS).outcome is Outcome.REFUTED


def test_what_cannot_be_read_is_refuted() -> None:
    assert unreadable(StorageError("no package")).outcome is Outcome.REFUTED


def test_sealed_rows_come_back_to_an_arbiter_and_to_nobody_else() -> None:
    keys = [new_private_key() for _ in range(3)]
    node = MemoryNetwork().node()
    packed = pack_rows(HONEST.X, HONEST.y, HONEST.salts, HONEST.statistics)
    cid = node.add(enclose(packed, [public_key_of(key) for key in keys[:2]]))
    sealed = dataclasses.replace(DOCUMENT, rows_cid=cid)
    for key in keys[:2]:
        found = fetch_rows(node, sealed, ROWS, key)
        assert isinstance(found, RowsPackage)
        assert found.root == HONEST.root
        assert found.statistics == unpack_rows(packed).statistics
    with pytest.raises(StorageError, match="sealed rows"):
        fetch_rows(node, sealed, ROWS, keys[2])
    with pytest.raises(NotFoundError, match="sealed to nobody"):
        fetch_rows(node, DOCUMENT, ROWS, keys[0])
    with pytest.raises(StorageError, match="at most"):
        fetch_rows(node, sealed, ROWS // 2, keys[0])
    garbage = dataclasses.replace(
        DOCUMENT, rows_cid=node.add(enclose(b"rows?", [public_key_of(keys[0])]))
    )
    assert isinstance(fetch_rows(node, garbage, ROWS, keys[0]), StorageError)
