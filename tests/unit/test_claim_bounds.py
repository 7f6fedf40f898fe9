"""The largest claims that checked statistics and vectors can make, against the contract."""

from __future__ import annotations

import re

import pytest

from circuits.shape import DELTA_BOUND, FoldedShape
from market.aggregator.proving import CURVATURE_BOUND, TARGET_BOUND, check_statistics
from market.chain.toolchain import ROOT
from market.errors import StorageError
from market.project import MODEL_BOUND

SOURCE = (ROOT / "contracts/src/libraries/RoundGame.sol").read_text()


def bound(name: str) -> int:
    found = re.search(rf"constant {name} = 2 \*\* (\d+);", SOURCE)
    assert found is not None
    return 2 ** int(found[1])


def test_no_vectors_in_range_make_claims_that_the_contract_refuses() -> None:
    """|<a, H b>| <= C sum |H| max |a| max |b|, and |<a, c>| <= sum |c| max |a|."""
    assert bound("BOUND") > CURVATURE_BOUND * DELTA_BOUND**2
    assert bound("MODEL_BOUND") > CURVATURE_BOUND * DELTA_BOUND * MODEL_BOUND
    assert bound("MODEL_BOUND") > TARGET_BOUND * DELTA_BOUND
    assert bound("UTILITY_BOUND") >= CURVATURE_BOUND * MODEL_BOUND**2
    assert bound("UTILITY_BOUND") > TARGET_BOUND * MODEL_BOUND


def test_statistics_beyond_them_are_refused() -> None:
    shape = FoldedShape(3, 2, 2)
    honest = [4, 1, 3, 5, -6, 7, 8, *[0] * (shape.statistics_length - 7)]
    check_statistics(honest, shape)
    quarter = CURVATURE_BOUND // 4  # two classes, and twice in H
    check_statistics([0, quarter - 1, 0, *honest[3:]], shape)
    for huge in ([0, quarter, 0, *honest[3:]], [*honest[:3], -TARGET_BOUND, *honest[4:]]):
        with pytest.raises(StorageError, match="refuse true claims"):
            check_statistics(huge, shape)
    salts = [*honest[:7], *[TARGET_BOUND] * (shape.statistics_length - 7)]
    check_statistics(salts, shape)
