"""The largest claims that checked statistics and vectors can make, against the contract."""

from __future__ import annotations

import math
import re
from types import SimpleNamespace
from typing import Any

import pytest

from circuits.shape import DELTA_BOUND, FoldedShape
from market.aggregator.statistics import CURVATURE_BOUND, TARGET_BOUND, check_statistics
from market.chain.toolchain import ROOT
from market.contribution import lowrank
from market.errors import StorageError
from market.project import INITIAL_MODEL_BOUND, MODEL_BOUND, Project
from market.storage.memory import MemoryNetwork
from market.vectors import encode
from zk.field import Point
from zk.planner import Bounds

SOURCE = (ROOT / "contracts/src/libraries/RoundGame.sol").read_text()


def bound(name: str) -> int:
    found = re.search(rf"constant {name.replace('BOUND', 'BITS')} = (\d+);", SOURCE)
    assert found is not None
    return 1 << int(found[1])


def test_no_vectors_in_range_make_claims_that_the_contract_refuses() -> None:
    """|<a, H b>| <= C sum |H| max |a| max |b|, and |<a, c>| <= sum |c| max |a|."""
    assert bound("BOUND") > CURVATURE_BOUND * DELTA_BOUND**2
    assert bound("MODEL_BOUND") > CURVATURE_BOUND * DELTA_BOUND * MODEL_BOUND
    assert bound("MODEL_BOUND") > TARGET_BOUND * DELTA_BOUND
    assert bound("UTILITY_BOUND") >= CURVATURE_BOUND * MODEL_BOUND**2
    assert bound("UTILITY_BOUND") > TARGET_BOUND * MODEL_BOUND


def test_no_root_in_its_bounds_makes_claims_that_the_contract_refuses() -> None:
    """An entry of a proven delta is below the circuit's height; the model is zero."""
    highest = 1 << Bounds().logrows
    assert bound("BOUND") > lowrank.CURVATURE_BOUND * highest**2
    assert bound("MODEL_BOUND") > lowrank.TARGET_BOUND * highest


def test_statistics_beyond_them_are_refused() -> None:
    shape = FoldedShape(3, 2, 2)
    honest = [4, 1, 3, 5, -6, 7, 8, *[0] * (shape.statistics_length - 7)]
    check_statistics(honest, shape)
    quarter = CURVATURE_BOUND // 4  # two classes, and twice in H
    check_statistics([quarter - 1, 0, 0, *honest[3:]], shape)
    for huge in ([quarter, 0, 0, *honest[3:]], [*honest[:3], -TARGET_BOUND, *honest[4:]]):
        with pytest.raises(StorageError, match="refuse true claims"):
            check_statistics(huge, shape)
    # <x, H x> < 0 for x = (1, -1): of no rows, and its sender's rounds could not be settled.
    with pytest.raises(StorageError, match="no squares of any rows"):
        check_statistics([0, 9, 0, *honest[3:]], shape)
    salts = [*honest[:7], *[TARGET_BOUND] * (shape.statistics_length - 7)]
    check_statistics(salts, shape)


def test_no_initial_model_grows_out_of_its_bound() -> None:
    """An entry of a proven delta is below the circuit's height, whatever trainers may commit to."""
    highest = 1 << Bounds().logrows
    step = math.lcm(*range(1, 33)) * highest
    assert INITIAL_MODEL_BOUND + 255 * step <= MODEL_BOUND


def test_an_initial_model_near_the_bound_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would pass at first, and leave the bound with the first round's step."""
    initial, later = Point(1, 2), Point(3, 4)
    document: Any = None
    created: Any = SimpleNamespace(terms=SimpleNamespace(model=initial))
    shape = FoldedShape(3, 2, 2)
    keys: Any = SimpleNamespace(shape=shape)
    rest = [0] * (shape.vector_length - 1)
    project = Project(created, keys, document)
    storage = MemoryNetwork().node()
    cid = storage.add(encode([INITIAL_MODEL_BOUND, *rest]))
    monkeypatch.setattr("market.project.commit", lambda *_: later)
    assert project.fetch_model(storage, cid, later) == [INITIAL_MODEL_BOUND, *rest]
    with pytest.raises(StorageError, match="beyond the bound"):
        project.fetch_model(storage, cid, initial)
