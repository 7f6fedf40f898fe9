"""The compiler behind py-solc-x: reproducible, closed to foreign sources, clear in failure."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from market.chain.compile import Settings, compile_contracts, compile_sources
from market.chain.toolchain import ROOT
from market.errors import InputError

LICENCE = "// SPDX-License-Identifier: Apache-2.0\npragma solidity ^0.8.28;\n"
CLOCK = (
    LICENCE
    + """
import {Context} from "@openzeppelin/contracts/utils/Context.sol";

contract Clock is Context {
    uint256 public immutable start = block.timestamp;

    function caller() external view returns (address) {
        return _msgSender();
    }
}
"""
)


def tree(root: Path, source: str) -> Path:
    """A folder as the project's `contracts`, with one source; the path of its `src`."""
    (root / "src").mkdir(parents=True)
    (root / "src/Clock.sol").write_text(source)
    shutil.copy(ROOT / "contracts/foundry.toml", root)
    return root / "src"


def test_code_does_not_depend_on_where_it_stands_nor_on_comments(tmp_path: Path) -> None:
    here = compile_contracts(tree(tmp_path / "here", CLOCK))
    there = compile_contracts(tree(tmp_path / "elsewhere/there", CLOCK + "// a comment\n"))
    assert here == there
    assert here.keys() == {"Clock"}, "imported contracts are not the project's"
    clock = here["Clock"]
    assert [entry["name"] for entry in clock.abi] == ["caller", "start"]
    assert clock.deployed_bytecode in clock.bytecode


def test_a_warning_is_an_error(tmp_path: Path) -> None:
    unused = CLOCK.replace("return _msgSender();", "uint256 unused; return _msgSender();")
    with pytest.raises(InputError, match="Unused local variable"):
        compile_contracts(tree(tmp_path, unused))


@pytest.mark.parametrize(
    "path", ["/etc/hostname", "../../../../etc/hostname", "scripts/setup", "market/errors.py"]
)
def test_a_foreign_source_cannot_read_files(path: str) -> None:
    source = LICENCE + f'import "{path}"; contract A {{}}'
    with pytest.raises(InputError, match="not found"):
        compile_sources({"A.sol": source})


def test_an_external_library_is_refused() -> None:
    source = (
        LICENCE
        + "library L { function f() external pure returns (uint256) { return 1; } }"
        + "contract A { function g() external pure returns (uint256) { return L.f(); } }"
    )
    with pytest.raises(InputError, match="external library"):
        compile_sources({"A.sol": source})


def test_settings_decide_the_code() -> None:
    source = {"A.sol": LICENCE + "contract A { function f(uint256 x) external {} }"}
    # Shanghai is the first version with the opcode PUSH0.
    old = compile_sources(source, Settings(evm_version="paris"))["A"]
    new = compile_sources(source)["A"]
    assert old.bytecode != new.bytecode
    assert old.settings["evmVersion"] == "paris"
    with pytest.raises(InputError, match="EVM version"):
        compile_sources(source, Settings(evm_version="none"))


def test_another_compiler_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "solc"
    monkeypatch.setenv("MARKET_SOLC", str(other))
    with pytest.raises(InputError, match="no solc"):
        compile_sources({"A.sol": "contract A {}"})
    other.write_text("#!/bin/sh\necho Version: 0.8.20+commit.a1b79de6.Linux.g++\n")
    other.chmod(0o755)
    with pytest.raises(InputError, match=r"0\.8\.20"):
        compile_sources({"A.sol": "contract A {}"})
    other.write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(InputError, match="does not run"):
        compile_sources({"A.sol": "contract A {}"})
