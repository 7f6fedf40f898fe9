// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Entries of arrays, without a check of their length
/// @notice For the loops over a round, all of whose arrays have one entry a trainer.
library Entries {
    function get(uint256[] memory array, uint256 i) internal pure returns (uint256 entry) {
        assembly ("memory-safe") {
            entry := mload(add(add(array, 0x20), shl(5, i)))
        }
    }

    function get(int256[] memory array, uint256 i) internal pure returns (int256 entry) {
        assembly ("memory-safe") {
            entry := mload(add(add(array, 0x20), shl(5, i)))
        }
    }

    function put(uint256[] memory array, uint256 i, uint256 entry) internal pure {
        assembly ("memory-safe") {
            mstore(add(add(array, 0x20), shl(5, i)), entry)
        }
    }

    function put(int256[] memory array, uint256 i, int256 entry) internal pure {
        assembly ("memory-safe") {
            mstore(add(add(array, 0x20), shl(5, i)), entry)
        }
    }
}
