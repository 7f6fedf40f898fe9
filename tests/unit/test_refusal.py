from __future__ import annotations

from typing import Any

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from market.chain.artifact import load_artifact
from market.chain.first_version import _FirstRefusals
from market.chain.refusal import CONTRACTS, Refusals, sentences
from market.chain.state import Phase

REFUSALS = Refusals()
ERRORS = {
    entry["name"]: entry["inputs"]
    for contract in CONTRACTS
    for entry in load_artifact(contract).abi
    if entry["type"] == "error"
}

ADDRESS = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
SAMPLES: dict[str, Any] = {
    "address": ADDRESS,
    "bytes32": bytes(range(32)),
    "string": "because",
    "uint8": 3,
    "uint64": 1_700_000_000,
    "uint256": 2**255 + 1,
    "int256": -5,
}


def selector(name: str) -> bytes:
    kinds = ",".join(argument["type"] for argument in ERRORS[name])
    return bytes(keccak(text=f"{name}({kinds})")[:4])


def revert(name: str, *values: Any) -> bytes:
    return selector(name) + encode([argument["type"] for argument in ERRORS[name]], values)


def test_every_error_of_the_contract_has_a_sentence_and_no_sentence_is_idle() -> None:
    assert REFUSALS.names == set(ERRORS)
    assert sentences() == set(ERRORS)


@pytest.mark.parametrize("name", sorted(ERRORS))
def test_every_sentence_takes_its_errors_arguments(name: str) -> None:
    values = [SAMPLES[argument["type"]] for argument in ERRORS[name]]
    error = REFUSALS.translate(revert(name, *values))
    assert "refused the call" not in error.message
    assert error.hint
    assert not set("{}") & set(str(error))
    assert "\n" not in str(error)


def test_arguments_are_shown_as_people_write_them() -> None:
    assert REFUSALS.translate(revert("NotATrainer", ADDRESS)).message.startswith(ADDRESS)
    phases = REFUSALS.translate(revert("WrongPhase", Phase.JOINING, Phase.SETTLE)).message
    assert phases == "the project is in phase joining, the call needs settle"
    over = REFUSALS.translate(revert("WrongPhase", Phase.DONE, Phase.SETTLE))
    assert (over.message, "withdraw" in over.hint) == ("the project is over: done", True)
    value = REFUSALS.translate(revert("WrongValue", 1, 2)).message
    assert value == "1 wei were sent along, 2 are due"
    assert "0x" + bytes(range(32)).hex() in str(
        REFUSALS.translate(revert("NoSuchProject", bytes(range(32))))
    )
    assert "too many slots" in REFUSALS.translate(revert("BadTerms", "too many slots")).message


@given(st.binary(max_size=100))
def test_unknown_data_is_shown(data: bytes) -> None:
    if data[:4] in {selector(name) for name in ERRORS}:
        return
    error = REFUSALS.translate(data)
    assert error.message == "the contract refused the call"
    assert data.hex() in error.hint


@given(st.sampled_from(sorted(ERRORS)), st.binary(max_size=100))
def test_damaged_arguments_leave_the_name_or_are_read(name: str, data: bytes) -> None:
    error = REFUSALS.translate(selector(name) + data)
    assert error.message


def test_a_phase_that_does_not_exist_leaves_the_name() -> None:
    error = REFUSALS.translate(revert("WrongPhase", 200, 1))
    assert error.message == "the contract refused the call: WrongPhase"


@pytest.mark.parametrize("name", ["DeadlinePassed", "DeadlineNotReached"])
def test_a_deadline_that_no_calendar_has_is_shown_as_a_number(name: str) -> None:
    assert "second 18446744073709551615" in REFUSALS.translate(revert(name, 2**64 - 1)).message


@pytest.mark.parametrize("phases", [(200, 1), (1, 200), (0, 11)])
def test_a_phase_that_never_existed_is_no_phase_of_the_first_version(
    phases: tuple[int, int],
) -> None:
    error = _FirstRefusals().translate(revert("WrongPhase", *phases))
    assert error.message == "the contract refused the call: WrongPhase"


def test_phases_of_the_first_version_have_the_names_of_today() -> None:
    error = _FirstRefusals().translate(revert("WrongPhase", 3, 6))
    assert error.message.endswith("the call needs done")
