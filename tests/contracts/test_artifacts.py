"""The committed artifacts are what the committed sources compile to."""

from __future__ import annotations

import pytest

from market.chain.artifact import CONTRACTS, Artifact, load_artifact
from market.chain.compile import compile_package

CODE_LIMIT = 24_576  # bytes, EIP-170
INIT_CODE_LIMIT = 49_152  # bytes, EIP-3860


@pytest.fixture(scope="module")
def compiled() -> dict[str, Artifact]:
    return compile_package()


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


@pytest.mark.parametrize("contract", ["Market", "Rounds", "Referee", "VerifierRegistry"])
def test_code_fits_on_chain(contract: str) -> None:
    artifact = load_artifact(contract)
    assert 0 < len(artifact.deployed_bytecode) <= CODE_LIMIT
    assert 0 < len(artifact.bytecode) <= INIT_CODE_LIMIT
