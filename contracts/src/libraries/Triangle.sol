// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Symmetric matrices, as their upper triangles row after row
/// @dev Nothing here is checked: of entries below 2^120 and factors below 2^48, 32 a row, no sum
/// reaches 2^173.
library Triangle {
    /// @notice M_ii of an n x n matrix.
    function diagonal(int256[] memory triangle, uint256 n)
        internal
        pure
        returns (int256[] memory entries)
    {
        entries = new int256[](n);
        unchecked {
            uint256 place;
            for (uint256 i; i < n; ++i) {
                entries[i] = triangle[place];
                place += n - i;
            }
        }
    }

    /// @notice The matrix times a vector: y_i = sum_j M_ij x_j.
    /// @dev Places are those in x; those in y, and those of row i in the triangle, are each at one
    /// distance from them.
    function times(int256[] memory triangle, uint256[] memory x)
        internal
        pure
        returns (int256[] memory y)
    {
        y = new int256[](x.length);
        assembly ("memory-safe") {
            let shift := sub(y, x)
            let row := sub(triangle, x)
            let i := add(x, 0x20)
            for { let end := add(i, shl(5, mload(x))) } lt(i, end) {} {
                let own := mload(i)
                let sum := add(mload(add(i, shift)), mul(own, mload(add(i, row))))
                let place := add(i, shift)
                for { let j := add(i, 0x20) } lt(j, end) { j := add(j, 0x20) } {
                    let entry := mload(add(j, row))
                    sum := add(sum, mul(entry, mload(j)))
                    let other := add(j, shift)
                    mstore(other, add(mload(other), mul(entry, own)))
                }
                mstore(place, sum)
                i := add(i, 0x20)
                row := add(row, sub(end, i))
            }
        }
    }

    /// @notice Takes `factor` times row i from y.
    /// @dev Above the diagonal the row is a column, whose entries are ever closer.
    function subtract(int256[] memory triangle, uint256 i, uint256 factor, int256[] memory y)
        internal
        pure
    {
        assembly ("memory-safe") {
            let entry := add(triangle, shl(5, add(i, 1)))
            let place := add(y, 0x20)
            let own := add(place, shl(5, i))
            let end := add(place, shl(5, mload(y)))
            for { let gap := sub(sub(end, place), 0x20) } lt(place, own) {
                gap := sub(gap, 0x20)
            } {
                mstore(place, sub(mload(place), mul(factor, mload(entry))))
                entry := add(entry, gap)
                place := add(place, 0x20)
            }
            for {} lt(place, end) {} {
                mstore(place, sub(mload(place), mul(factor, mload(entry))))
                entry := add(entry, 0x20)
                place := add(place, 0x20)
            }
        }
    }
}
