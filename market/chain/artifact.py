"""Compiled contracts: what is needed to deploy one, call it, and recognise its code."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, TypeVar

from market.errors import InputError

CONTRACTS = (
    "IERC20Errors",
    "IERC20Metadata",
    "IERC20Permit",
    "IMarket",
    "IVerifier",
    "Market",
    "Measurements",
    "Referee",
    "Rounds",
    "VerifierRegistry",
)
"""The contracts whose artifacts come with the package."""

_T = TypeVar("_T")
_HEX = re.compile(r"(?:[0-9a-f]{2})*")


@dataclass(frozen=True)
class Artifact:
    """One compiled contract.

    Attributes:
        contract: its name in the source.
        abi: the entries of its JSON ABI.
        bytecode: what a deployment sends, before the constructor's arguments; empty for an
            interface or an abstract contract.
        deployed_bytecode: what stands on chain afterwards, with zeros at `immutables`.
        immutables: (start, length) in bytes of each place that the constructor fills in.
        compiler: version and commit of the compiler.
        settings: the compiler settings that decide the bytecode.
    """

    contract: str
    abi: list[dict[str, Any]]
    bytecode: bytes
    deployed_bytecode: bytes
    immutables: tuple[tuple[int, int], ...]
    compiler: str
    settings: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """The content of an artifact file."""
        return {
            "contract": self.contract,
            "abi": self.abi,
            "bytecode": "0x" + self.bytecode.hex(),
            "deployedBytecode": "0x" + self.deployed_bytecode.hex(),
            "immutables": [list(place) for place in self.immutables],
            "compiler": self.compiler,
            "settings": dict(self.settings),
        }

    @classmethod
    def from_json(cls, value: Any) -> Artifact:
        """The inverse of `to_json`.

        Raises:
            InputError: `value` is not the content of an artifact file.
        """
        try:
            return cls(
                contract=_typed(value["contract"], str),
                abi=_typed(value["abi"], list),
                bytecode=_parse_hex(value["bytecode"]),
                deployed_bytecode=_parse_hex(value["deployedBytecode"]),
                immutables=tuple(
                    (_typed(start, int), _typed(length, int))
                    for start, length in value["immutables"]
                ),
                compiler=_typed(value["compiler"], str),
                settings=_typed(value["settings"], dict),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"not a contract artifact: {error!r}", "run scripts/compile"
            ) from error

    def matches(self, code: bytes) -> bool:
        """Whether `code`, read from the chain, is this contract, whatever its immutables hold."""
        blank = bytearray(code)
        for start, length in self.immutables:
            blank[start : start + length] = bytes(length)
        return len(code) > 0 and bytes(blank) == self.deployed_bytecode


def load_artifact(contract: str) -> Artifact:
    """The artifact of one of `CONTRACTS`, from the package.

    Raises:
        InputError: it is missing or malformed.
    """
    file = resources.files("market.chain") / "artifacts" / f"{contract}.json"
    try:
        value = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"no artifact of {contract}: {error}", "run scripts/compile") from error
    return Artifact.from_json(value)


def _typed(value: Any, kind: type[_T]) -> _T:
    if not isinstance(value, kind):
        raise TypeError(f"{value!r:.40} is not of type {kind.__name__}")
    return value


def _parse_hex(text: Any) -> bytes:
    digits = _typed(text, str).removeprefix("0x")
    if not _HEX.fullmatch(digits):
        raise ValueError(f"not hexadecimal: {digits:.40}")
    return bytes.fromhex(digits)
