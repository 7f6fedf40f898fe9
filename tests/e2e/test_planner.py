"""The planner's forecasts against keys and verifiers that were made."""

from __future__ import annotations

import pytest

from circuits.shape import FoldedShape, Shape
from market.chain.verifier import verifier_artifact
from zk.keys import circuit_logrows, derive_keys
from zk.plan import SPARE_ROWS
from zk.planner import choose
from zk.srs import development_srs

pytestmark = [pytest.mark.e2e, pytest.mark.proof]


@pytest.mark.parametrize("shape", [Shape(3, 4, 2), Shape(5, 31, 2), FoldedShape(4, 4, 2)], ids=str)
def test_keys_are_as_high_and_verifiers_as_large_as_forecast(shape: Shape) -> None:
    expected = choose(shape)
    keys = derive_keys(shape, development_srs(circuit_logrows(shape)))
    assert keys.logrows == expected.logrows
    # Freivalds' check has columns of its own, of which the engine's count of rows knows nothing.
    assert keys.rows <= expected.rows + SPARE_ROWS
    assert expected.proof_bytes == pytest.approx(keys.proof_bytes, rel=0.1)
    code = len(verifier_artifact(keys).deployed_bytecode)
    assert expected.code_bytes == pytest.approx(code, rel=0.06)


def test_a_folded_circuit_filled_to_its_forecast_can_be_set_up() -> None:
    """Were fewer rows counted than the engine fills, setting up would fail here."""
    shape = FoldedShape(slots=16, features=65, classes=10)
    expected = choose(shape)
    assert 2**expected.logrows - expected.rows < 1_200
    keys = derive_keys(shape, development_srs(circuit_logrows(shape)))
    assert keys.logrows == expected.logrows
