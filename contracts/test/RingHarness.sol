// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Draw} from "../src/interfaces/IMarket.sol";
import {Ring} from "../src/libraries/Ring.sol";

/// @notice Draws as the market would, from any state; the tests in Python compare with their own.
/// @dev Meant to be called, not sent to: what it writes only serves the answer.
contract RingHarness {
    using Ring for Draw;

    Draw private _draw;

    function next(Draw calldata given, uint256 active, uint256 slots, uint256 committed, bool again)
        external
        returns (Draw memory, uint256 blockNumber)
    {
        _draw = given;
        _draw.next(active, slots, committed, again);
        return (_draw, block.number);
    }

    function seedOf(uint64 seedBlock, bytes32 id)
        external
        returns (bytes32 seed, uint256 blockNumber)
    {
        _draw.seedBlock = seedBlock;
        return (_draw.seedOf(id), block.number);
    }

    function places(Draw calldata given, address[] calldata accounts, uint256 epoch)
        external
        returns (bool[] memory covered, uint64[] memory ranks)
    {
        _draw = given;
        covered = new bool[](accounts.length);
        ranks = new uint64[](accounts.length);
        for (uint256 i; i < accounts.length; ++i) {
            covered[i] = _draw.covers(given.seed, accounts[i]);
            ranks[i] = _draw.rank(epoch, accounts[i]);
        }
    }
}
