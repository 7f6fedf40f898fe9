"""An SRS under which nothing can be proven is noticed before a stake is at risk."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from circuits.shape import FoldedShape
from market.aggregator.basis import LinearBasis
from market.aggregator.rehearsal import rehearse
from market.chain.market import Market
from market.errors import ProofError
from market.trainer.rehearsal import rehearse as rehearse_opening
from market.vectors import salted
from tests.aggregator import STATE
from tests.contracts.chain import Chain
from zk.commit import commit, zero_point
from zk.keys import Keys, circuit_logrows, derive_keys
from zk.opening import tau
from zk.srs import add_srs, development_srs

pytestmark = [pytest.mark.e2e, pytest.mark.proof]

SHAPE = FoldedShape(slots=3, features=4, classes=2)
STATISTICS = salted((), SHAPE.statistics_length)
MODEL = salted((), SHAPE.vector_length)
_HEADER, _POINT = 4, 64
"""Bytes: of the number that begins an SRS, and of each point after it."""


def project(keys: Keys, statistics: list[int], settle_seconds: int = 3600) -> Any:
    terms = SimpleNamespace(
        zero=zero_point(keys),
        tau=tau(keys.srs),
        logrows=keys.logrows,
        entries=SHAPE.vector_length,
        statistics=commit(statistics, keys),
        settle_seconds=settle_seconds,
    )
    document = SimpleNamespace(shape=SHAPE)
    return SimpleNamespace(terms=terms, keys=keys, document=document, shape=SHAPE)


def basis(asked: Any) -> LinearBasis:
    """With the statistics and the model above, which nobody has to send."""
    nobody: Any = None
    found = LinearBasis(nobody, nobody, asked, bytes(32))
    vars(found).update(statistics=lambda _state: STATISTICS, model=lambda _state: MODEL)
    return found


@pytest.fixture(scope="module")
def market() -> Market:
    return Chain().market()


def test_an_honest_srs_passes(market: Market) -> None:
    keys = derive_keys(SHAPE, development_srs(circuit_logrows(SHAPE)))
    rehearse_opening(market, project(keys, STATISTICS))
    assert rehearse(basis(project(keys, STATISTICS)), STATE) > 0
    with pytest.raises(ProofError):
        rehearse(basis(project(keys, STATISTICS, settle_seconds=1)), STATE)


@pytest.mark.parametrize("changed", ["powers", "Lagrange"])
def test_a_useless_srs_does_not(market: Market, tmp_path: Path, changed: str) -> None:
    """Two points of the powers of tau, or of the Lagrange basis, change places."""
    logrows = circuit_logrows(SHAPE)
    data = bytearray(development_srs(logrows).path.read_bytes())
    start = _HEADER + _POINT * (1 if changed == "powers" else 1 << logrows)
    middle, end = start + _POINT, start + 2 * _POINT
    data[start:end] = data[middle:end] + data[start:middle]
    useless = add_srs(bytes(data), hashlib.sha256(data).hexdigest())
    try:
        keys = derive_keys(SHAPE, useless, fresh_in=tmp_path)
        with pytest.raises(ProofError):
            rehearse(basis(project(keys, STATISTICS)), STATE)
        if changed == "Lagrange":  # in which commitments and openings are made
            with pytest.raises(ProofError, match="does not open"):
                rehearse_opening(market, project(keys, STATISTICS))
    finally:
        useless.path.unlink()
