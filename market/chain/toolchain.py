"""Where set-up put the programs that are not Python."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from market.errors import ChainError, InputError

ROOT = Path(__file__).resolve().parents[2]
"""The repository, in which set-up makes `node_modules`."""

_ANVIL = ROOT / "node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil"
_SOLC = ROOT / "scripts/solc"


def find_anvil() -> Path:
    """The native anvil binary, from `MARKET_ANVIL`, set-up or `PATH`, in this order.

    Raises:
        ChainError: there is none.
    """
    found = _find("MARKET_ANVIL", _ANVIL, "anvil")
    if found is None:
        raise ChainError("there is no anvil here", "run scripts/setup, or set MARKET_ANVIL to one")
    return found


def find_solc() -> Path:
    """The Solidity compiler, from `MARKET_SOLC`, set-up or `PATH`, in this order.

    Raises:
        InputError: there is none.
    """
    found = _find("MARKET_SOLC", _SOLC, "solc")
    if found is None:
        raise InputError("there is no solc here", "run scripts/setup, or set MARKET_SOLC to one")
    return found


def _find(variable: str, installed: Path, name: str) -> Path | None:
    named = os.environ.get(variable)
    if named is not None:
        # A variable that names nothing is a mistake to show, not one to step over.
        return Path(named) if os.access(named, os.X_OK) and Path(named).is_file() else None
    if os.access(installed, os.X_OK):
        return installed
    on_path = shutil.which(name)
    return Path(on_path) if on_path else None
