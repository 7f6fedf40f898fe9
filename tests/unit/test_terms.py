from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from eth_utils.crypto import keccak
from web3 import Web3

from market.chain.artifact import load_artifact
from market.chain.terms import NEVER, Terms, camel_case
from market.specification.amounts import MAX_AMOUNT, NOBODY
from zk.field import Point, TwistPoint

ABI = load_artifact("Market").abi
COMPONENTS = next(e for e in ABI if e.get("name") == "create")["inputs"][0]["components"]

SAMPLES: dict[str, Any] = {
    "str": "0x" + "11" * 20,
    "tuple[str, ...]": ("0x" + "55" * 20, "0x" + "66" * 20),
    "bytes": b"\x22" * 32,
    "Point": Point(3, 4),
    "TwistPoint": TwistPoint(5, 6, 7, 8),
}
OTHERS: dict[str, Any] = {
    "str": "0x" + "33" * 20,
    "tuple[str, ...]": ("0x" + "55" * 20,),
    "bytes": b"\x44" * 32,
    "Point": Point(5, 6),
    "TwistPoint": TwistPoint(5, 6, 7, 9),
    "int": 77,
}


def sample() -> Terms:
    """Terms in which every field has a value of its own where its type allows."""
    values: dict[str, Any] = {}
    for number, field in enumerate(dataclasses.fields(Terms)):
        values[field.name] = number if field.type == "int" else SAMPLES[str(field.type)]
    return Terms(**values)


def test_fields_are_the_components_of_the_contracts_terms_in_order() -> None:
    assert [camel_case(field.name) for field in dataclasses.fields(Terms)] == [
        component["name"] for component in COMPONENTS
    ]


def test_types_are_those_of_the_components() -> None:
    kinds = {
        "address": "str",
        "contract IERC20": "str",
        "address[]": "tuple[str, ...]",
        "bytes32": "bytes",
        "struct Point": "Point",
        "struct TwistPoint": "TwistPoint",
    }
    for field, component in zip(dataclasses.fields(Terms), COMPONENTS, strict=True):
        assert field.type == kinds.get(component["internalType"], "int"), field.name


def test_amounts_that_can_be_written_fit_the_contract() -> None:
    kinds = {c["name"]: c["type"] for c in COMPONENTS}
    for name in (
        "aggregatorFee",
        "trainerStake",
        "aggregatorStake",
        "challengeBond",
        "ownerBond",
        "disputeBond",
        "bounty",
    ):
        assert 2 ** int(kinds[name].removeprefix("uint")) > MAX_AMOUNT


def test_terms_survive_their_encoding() -> None:
    terms = dataclasses.replace(sample(), target_utility=NEVER, minimum_gain=-(2**200))
    contract = Web3().eth.contract(abi=ABI)
    data = contract.encode_abi("idOf", [terms.to_abi()])
    _, arguments = contract.decode_function_input(data)
    decoded = arguments["terms"]
    assert isinstance(decoded, Mapping)
    assert Terms.from_abi(decoded) == terms


def test_every_field_is_encoded() -> None:
    contract = Web3().eth.contract(abi=ABI)
    terms, seen = sample(), set()
    for field in dataclasses.fields(Terms):
        other: dict[str, Any] = {field.name: OTHERS[str(field.type)]}
        changed = dataclasses.replace(terms, **other)
        seen.add(keccak(hexstr=contract.encode_abi("idOf", [changed.to_abi()])))
    assert len(seen) == len(dataclasses.fields(Terms))


def test_native_coin_has_no_token() -> None:
    assert not sample().is_native
    assert dataclasses.replace(sample(), token=NOBODY).is_native
