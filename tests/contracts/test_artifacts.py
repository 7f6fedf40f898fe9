"""The committed artifacts are what the committed sources compile to."""

from __future__ import annotations

import pytest

from market.chain.artifact import CONTRACTS, Artifact, load_artifact
from market.chain.compile import compile_contracts
from market.chain.toolchain import ROOT

CODE_LIMIT = 24_576  # bytes, EIP-170


@pytest.fixture(scope="module")
def compiled() -> dict[str, Artifact]:
    return compile_contracts(ROOT / "contracts/src")


@pytest.mark.parametrize("contract", CONTRACTS)
def test_artifact_is_the_present_source_compiled(
    contract: str, compiled: dict[str, Artifact]
) -> None:
    committed = load_artifact(contract)
    # Field by field: a bytecode is too long for a readable difference.
    changed = [
        field
        for field, value in compiled[contract].to_json().items()
        if committed.to_json()[field] != value
    ]
    assert not changed, f"run scripts/compile: {changed} of {contract} have changed"


def test_code_fits_on_chain() -> None:
    assert 0 < len(load_artifact("Market").deployed_bytecode) <= CODE_LIMIT
