"""Gas of the contract's own sum of points, by how many deltas count with a weight of their own."""

from __future__ import annotations

from typing import Any

from web3 import Web3

from benchmarks.tables import Row
from market.chain.compile import Settings, compile_sources
from market.chain.connection import Connection
from market.chain.deploy import deploy
from market.chain.devnet import Devnet
from market.chain.refusal import Refusals
from market.chain.toolchain import ROOT
from market.errors import MarketError
from zk.curve import linear_combination
from zk.field import Point, R

_METER = """
// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Point} from "./src/libraries/Bn254.sol";
import {Lattice} from "./src/libraries/Lattice.sol";

contract Meter {
    function move(
        Point calldata zero,
        Point calldata model,
        Point[] calldata deltas,
        uint256[] calldata weights
    ) external view returns (uint256 used, Point memory moved) {
        used = gasleft();
        moved = Lattice.move(zero, model, deltas, weights);
        used -= gasleft();
    }
}
"""
_UNCLIPPED = 1 << 20
"""A weight of about one delta of several in a lattice of 2**20; its size costs nothing."""


def measure(slots: int, chain: Devnet) -> Row:
    """Gas of moving the model by deltas that fill the slots."""
    settings = Settings.from_foundry(ROOT / "contracts" / "foundry.toml")
    artifact = compile_sources({"contracts/Meter.sol": _METER}, settings, base=ROOT)["Meter"]
    connection = Connection(chain.url, chain.account(0), Refusals(artifact))
    address = Web3.to_checksum_address(deploy(connection, artifact))
    meter: Any = connection.web3.eth.contract(address, abi=artifact.abi)
    return {
        "slots": slots,
        "nobody clipped (gas)": _gas(meter, slots, 0),
        "half of them clipped (gas)": _gas(meter, slots, slots // 2),
        "each with its own weight (gas)": _gas(meter, slots, slots - 1),
    }


def _gas(meter: Any, slots: int, clipped: int) -> int:
    """Of a round in which so many have weights of their own; others have the largest."""
    weights = [_UNCLIPPED - 1 - i if i < clipped else _UNCLIPPED for i in range(slots)]
    scalars = [3, 5, *(7 + 2 * i for i in range(slots))]
    zero, model, *deltas = (linear_combination([Point(1, 2)], [scalar]) for scalar in scalars)
    moved = linear_combination([model, *deltas, zero], [1, *weights, R - sum(weights)])
    pairs = [(point.x, point.y) for point in deltas]
    used, found = meter.functions.move((zero.x, zero.y), (model.x, model.y), pairs, weights).call()
    if tuple(found) != (moved.x, moved.y):
        raise MarketError("the contract moves the model elsewhere")
    return int(used)
